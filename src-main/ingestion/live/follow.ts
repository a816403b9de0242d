import { createHash } from 'node:crypto';
import { watch } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { z } from 'zod';
import { IngotError } from '../../../src-shared/errors';
import type { Clock } from '../../time/clock';
import { PIECE_BYTES } from '../byte-source';
import { describeCause } from '../source-faults';
import type { LiveReading } from '../to-update';
import { createLineReader } from './line-reader';
import type { LiveMessage, LivePosition, LiveSource } from './live-source';
import { type OpenFile, openIfThere, openNext, openRotated } from './rotated-files';

const positionSchema = z.object({
  file: z.string(),
  offset: z.int().min(0),
  /** Of the first bytes before `offset`: another file may get the same identity from the system. */
  headBytes: z.int().min(0).max(1024),
  headSha256: z.string(),
});
type Position = z.infer<typeof positionSchema>;

const HEAD_BYTES = 1024;
/** How often it looks by itself: not every file system says when a file changes. */
const LOOK_EVERY_MS = 1_000;

/**
 * A file of lines that grows. When it is rotated (renamed, with a new file under its name), the old one is read to its end first. When
 * it is truncated, what was not read is lost, and said to be.
 *
 * A program that writes may write on to the renamed file until it opens the new one: so the old file has ended when the new one has
 * its first byte. With several writers, what the last one writes to the old file after that is not read.
 */
export function createFollowSource(path: string, reading: LiveReading, clock: Clock): LiveSource {
  const name = basename(path);

  async function* connect(from: LivePosition | null, signal: AbortSignal) {
    const wake = watchFolder(path, clock, signal);
    try {
      const start = await begin(from);
      let { file, offset } = start;
      try {
        // Said at once: from here on it is known what is lost.
        if (start.lost !== null) yield [gap(start.lost), positionAt(file, 0, NO_HEAD)];
        else yield from === null ? [positionAt(file, 0, NO_HEAD)] : [];
        while (!signal.aborted) {
          const ended = yield* readFile(file, offset, signal, wake);
          if (ended === null) return;
          offset = 0;
          if ('next' in ended) {
            await file.handle.close();
            file = ended.next;
            yield [positionAt(file, 0, NO_HEAD)];
          } else {
            yield [gap(ended.lost), positionAt(file, 0, NO_HEAD)];
          }
        }
      } finally {
        await file.handle.close();
      }
    } catch (error) {
      if (error instanceof IngotError) throw error;
      const code = describeCause(error);
      // Others pass: a network drive that is away, a table of open files that is full.
      const cannotHelp = code === 'EACCES' || code === 'EPERM';
      throw new IngotError(
        cannotHelp ? 'source_unreadable' : 'source_broken',
        `${name} could not be read (${code}).`,
        {},
        error,
      );
    } finally {
      wake.close();
    }
  }

  /** Where to begin, and what was lost since the last time. */
  async function begin(from: LivePosition | null): Promise<Start> {
    const was = from === null ? null : positionSchema.parse(JSON.parse(from));
    const old = was && (await openRotated(path, was.file));
    if (was && old) {
      if (await standsAt(old.handle, was)) return { file: old, offset: was.offset, lost: null };
      const lost = `${name} was truncated or replaced: what was written to it after byte ${was.offset} is lost.`;
      return { file: old, offset: 0, lost };
    }
    const file = await openIfThere(path);
    if (!file && was) throw new IngotError('source_broken', `${name} is not there.`);
    if (!file) {
      const hint = 'Check the path. It must be there when it is first followed.';
      throw new IngotError('source_unreadable', `${path} was not found.`, { hint });
    }
    if (!was) return { file, offset: 0, lost: null };
    const lost = `The file that was followed as ${name} is gone: what was written to it after byte ${was.offset} is lost.`;
    return { file, offset: 0, lost };
  }

  /** @returns Why it is not read any further; null: the connection has ended. */
  async function* readFile(
    file: OpenFile,
    from: number,
    signal: AbortSignal,
    wake: Wake,
  ): AsyncGenerator<readonly LiveMessage[], Ended | null> {
    const { handle } = file;
    const lines = createLineReader(from, reading);
    const piece = Buffer.allocUnsafe(PIECE_BYTES);
    let offset = from;
    let head = await readHead(handle, offset);
    /** It has ended after the next read that finds nothing. */
    let next: OpenFile | null = null;
    try {
      while (!signal.aborted) {
        wake.reset();
        const { bytesRead } = await handle.read(piece, 0, PIECE_BYTES, offset);
        const { size } = await handle.stat();
        // Looked at after the read: it was truncated before it, or not at all.
        if (size < offset || !head.equals(await readHead(handle, offset))) {
          const { waitingBytes } = lines;
          const half = waitingBytes > 0 ? ` The ${waitingBytes} bytes before it were half a line.` : '';
          const lost = `${name} was truncated: what was written to it after byte ${offset} is lost.${half}`;
          return { lost };
        }
        if (bytesRead > 0) {
          if (head.length < HEAD_BYTES) head = await readHead(handle, offset + bytesRead);
          offset += bytesRead;
          const messages = lines.read(piece.subarray(0, bytesRead));
          if (messages.length > 0) yield [...messages, positionAt(file, lines.offset, head)];
        } else if (next) {
          const messages = lines.finish();
          if (messages.length > 0) yield [...messages, positionAt(file, lines.offset, head)];
          const ended = { next };
          next = null;
          return ended;
        } else {
          next = await openNext(path, file.id);
          if (next && (await next.handle.stat()).size > 0) continue;
          await next?.handle.close();
          next = null;
          await wake.changed();
        }
      }
      return null;
    } finally {
      await next?.handle.close();
    }
  }

  return { name, connect, committed: async () => undefined };
}

interface Start {
  readonly file: OpenFile;
  readonly offset: number;
  readonly lost: string | null;
}

type Ended = { readonly lost: string } | { readonly next: OpenFile };

const gap = (reason: string): LiveMessage => ({ kind: 'gap', fromSlot: null, toSlot: null, reason });

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

const NO_HEAD = Buffer.alloc(0);

function positionAt(file: OpenFile, offset: number, head: Buffer): LiveMessage {
  const first = head.subarray(0, offset);
  const position: Position = {
    file: file.id,
    offset,
    headBytes: first.length,
    headSha256: sha256(first),
  };
  return { kind: 'position', position: JSON.stringify(position) };
}

async function readHead(handle: FileHandle, before: number): Promise<Buffer> {
  const head = Buffer.alloc(Math.min(HEAD_BYTES, before));
  const { bytesRead } = await handle.read(head, 0, head.length, 0);
  return head.subarray(0, bytesRead);
}

async function standsAt(handle: FileHandle, was: Position): Promise<boolean> {
  const { size } = await handle.stat();
  return size >= was.offset && sha256(await readHead(handle, was.headBytes)) === was.headSha256;
}

type Wake = ReturnType<typeof watchFolder>;

/** Tells of changes in the folder, and from time to time if there are none. */
function watchFolder(path: string, clock: Clock, signal: AbortSignal) {
  let rung = new AbortController();
  const watcher = (() => {
    try {
      return watch(dirname(path), () => rung.abort());
    } catch {
      // A system has only so many watchers.
      return null;
    }
  })();
  watcher?.on('error', () => watcher.close());
  const stop = () => rung.abort();
  signal.addEventListener('abort', stop);
  return {
    reset() {
      if (rung.signal.aborted && !signal.aborted) rung = new AbortController();
    },
    /** Ends at the next change since `reset`. */
    changed: () => clock.waitUntil(clock.now() + LOOK_EVERY_MS, rung.signal),
    close() {
      signal.removeEventListener('abort', stop);
      watcher?.close();
    },
  };
}
