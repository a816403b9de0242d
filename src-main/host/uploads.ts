import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rename, rm, stat, statfs, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { IngotError } from '../../src-shared/errors';
import { replaceFile, writeSynced } from '../database/durable-files';
import { makeDirectory } from '../database/make-directory';
import type { FileSpec } from '../ingestion/open-source';
import type { Logger } from '../observability/logger';
import type { Clock } from '../time/clock';

/**
 * Uploaded files, stored by the SHA-256 of their content, so that their run can be repeated and resumed. The same content is
 * stored once, under its latest name.
 *
 * Together they may take `KEPT_BYTES`, and less on a nearly full disk. Beyond that the least recently used goes first, but never
 * one that is being read, that a run can still be resumed from, or that was sent or used within `RECENT_MS`.
 */
export interface Uploads {
  /**
   * Stores a stream of bytes; memory is bounded by a chunk.
   * @throws IngotError `disk_full` if it does not fit, `source_unreadable` if it breaks off.
   */
  store(name: string, bytes: Readable): Promise<{ readonly uploadId: string; readonly sizeBytes: number }>;
  /**
   * Counts as a use.
   * @throws IngotError `not_found`.
   */
  specOf(uploadId: string): FileSpec;
  /** In bytes; null if it is gone. */
  sizeOf(uploadId: string): number | null;
  /** Keeps it until `ended` settles. */
  keepUntil(uploadId: string, ended: Promise<unknown>): void;
  /** Removes one, unless it is being read. */
  discard(uploadId: string): Promise<void>;
  /** Removes what exceeds the limits, and what an earlier program left incomplete. */
  tidy(): Promise<void>;
  /** Removes all of them, unless they are kept across starts. */
  close(): Promise<void>;
}

export interface UploadsOptions {
  /** Their directory, or the parent of a new one; created with the first upload. */
  readonly parent: string;
  /** Kept across starts. */
  readonly kept: boolean;
  /** Per upload, in bytes; free space may allow less. */
  readonly maxBytes: number;
  /** For all together, in bytes; default `KEPT_BYTES`. */
  readonly keptBytes?: number;
  /** Those that a run can still be resumed from; null without a database: then nothing is removed. */
  readonly needed: () => Promise<ReadonlySet<string> | null>;
  readonly clock: Clock;
  readonly logger: Logger;
}

const KEPT_BYTES = 4 * 1024 ** 3;
/** A person looks at a source before starting its run. */
const RECENT_MS = 3_600_000;
/** Space left free for the database, which is on the same disk. */
const FREE_RESERVE_BYTES = 256 * 1024 * 1024;

/** A file beside each complete upload with its name. Its mtime is the last use. */
const NAME_SUFFIX = '.name';
/** A SHA-256 in hex. Earlier versions used a random number of half the length. */
const ID = /^[0-9a-f]{32}([0-9a-f]{32})?$/;
const DRAFT = /^[0-9a-f]{16,64}(\.name)?\.partial$/;

interface Upload {
  readonly path: string;
  readonly name: string;
  readonly sizeBytes: number;
  readonly usedAtMs: number;
}

export const uploadsIn = (dataDir: string) => join(dataDir, 'uploads');

/** Opens the uploads of earlier starts. Changes nothing yet: another program may have the directory. */
export async function openUploads(options: UploadsOptions): Promise<Uploads> {
  const { parent, kept, maxBytes, keptBytes = KEPT_BYTES, needed, clock } = options;
  const logger = options.logger.child({ component: 'uploads' });
  const stored = new Map<string, Upload>();
  let incomplete: readonly string[] = kept ? await findStored(parent, stored, logger) : [];
  /** Current readers by upload. */
  const readers = new Map<string, number>();
  let directory: Promise<string> | null = null;
  let last: Promise<unknown> = Promise.resolve();

  /** Two at once could remove what was stored again meanwhile. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };
  const openDirectory = async () => {
    makeDirectory(parent);
    return kept ? parent : mkdtemp(join(parent, 'ingot-uploads-'));
  };

  const nameIt = async (uploadId: string, upload: Omit<Upload, 'usedAtMs'>) => {
    const usedAtMs = clock.now();
    stored.set(uploadId, { ...upload, usedAtMs });
    if (!kept) return;
    const file = `${upload.path}${NAME_SUFFIX}`;
    await replaceFile(file, upload.name);
    await noteUse(upload.path, usedAtMs);
  };
  const noteUse = async (path: string, usedAtMs: number) => {
    if (kept) await utimes(`${path}${NAME_SUFFIX}`, usedAtMs / 1000, usedAtMs / 1000);
  };

  /** Returns whether it is gone. Windows cannot remove an open file: that one goes later. */
  const remove = async (uploadId: string): Promise<boolean> => {
    const upload = stored.get(uploadId);
    if (!upload || readers.has(uploadId)) return false;
    try {
      // The name first: the next start removes bytes without one.
      await rm(`${upload.path}${NAME_SUFFIX}`, { force: true });
      await rm(upload.path, { force: true });
      stored.delete(uploadId);
      return true;
    } catch (error) {
      logger.warn({ err: error, uploadId }, 'an upload could not be removed');
      return false;
    }
  };

  /** Removable ones, least recently used first. */
  const findRemovable = async (): Promise<readonly (readonly [string, Upload])[]> => {
    const spared = await needed();
    if (spared === null) return [];
    const recentMs = clock.now() - RECENT_MS;
    return [...stored]
      .filter(([id, { usedAtMs }]) => !spared.has(id) && !readers.has(id) && usedAtMs < recentMs)
      .sort(([, a], [, b]) => a.usedAtMs - b.usedAtMs);
  };
  /** Unless it was used since it was found. */
  const removeUnused = async ([id, found]: readonly [string, Upload]) =>
    stored.get(id) === found && (await remove(id));
  const removeIncomplete = async () => {
    if (incomplete.length === 0 || (await needed()) === null) return;
    const paths = incomplete;
    incomplete = [];
    // The same content may have been uploaded whole since.
    for (const path of paths) if (!stored.has(basename(path))) await rm(path, { force: true });
  };
  const tidy = () =>
    inTurn(async () => {
      await removeIncomplete();
      let total = 0;
      for (const { sizeBytes } of stored.values()) total += sizeBytes;
      if (total <= keptBytes) return;
      for (const upload of await findRemovable()) {
        if (total <= keptBytes) return;
        if (await removeUnused(upload)) total -= upload[1].sizeBytes;
      }
    }).catch((error: unknown) => logger.warn({ err: error }, 'uploads were not tidied'));
  /** Returns the size of what was removed; 0 if nothing could be. */
  const makeRoom = () =>
    inTurn(async () => {
      for (const upload of await findRemovable()) if (await removeUnused(upload)) return upload[1].sizeBytes;
      return 0;
    });

  const receive = async (name: string, bytes: Readable, draft: string) => {
    const hash = createHash('sha256');
    let sizeBytes = 0;
    let room = await freeIn(parent);
    async function* limit(chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        sizeBytes += chunk.length;
        if (sizeBytes > maxBytes) throw tooLarge(name, maxBytes);
        while (sizeBytes > room) {
          const freed = await makeRoom();
          if (freed === 0) throw tooLarge(name, room);
          room += freed;
        }
        hash.update(chunk);
        yield chunk;
      }
    }
    await writeSynced(draft, { flags: 'wx', mode: 0o600 }, (file) =>
      pipeline(bytes, limit, (limited) => writeFile(file, limited)),
    );
    return { uploadId: hash.digest('hex'), sizeBytes };
  };

  return {
    async store(name, bytes) {
      directory ??= openDirectory();
      const draft = join(await directory, `${randomBytes(8).toString('hex')}.partial`);
      try {
        const { uploadId, sizeBytes } = await receive(name, bytes, draft);
        // Never under its original name, which is for people only.
        const path = join(await directory, uploadId);
        await inTurn(async () => {
          if (stored.has(uploadId)) await rm(draft, { force: true });
          else await rename(draft, path);
          await nameIt(uploadId, { path, name: printableName(name), sizeBytes });
        });
        await tidy();
        return { uploadId, sizeBytes };
      } catch (error) {
        await rm(draft, { force: true }).catch(() => undefined);
        throw toUploadError(name, error);
      }
    },
    specOf(uploadId) {
      const upload = stored.get(uploadId);
      if (!upload) throw new IngotError('not_found', UPLOAD_GONE, { hint: 'Open the file again.' });
      const usedAtMs = clock.now();
      stored.set(uploadId, { ...upload, usedAtMs });
      void inTurn(async () => {
        if (stored.has(uploadId)) await noteUse(upload.path, usedAtMs);
      }).catch((error: unknown) =>
        logger.warn({ err: error, uploadId }, 'the use of an upload was not noted'),
      );
      return { kind: 'file', path: upload.path, name: upload.name };
    },
    sizeOf: (uploadId) => stored.get(uploadId)?.sizeBytes ?? null,
    keepUntil(uploadId, ended) {
      readers.set(uploadId, (readers.get(uploadId) ?? 0) + 1);
      const letGo = () => {
        const left = (readers.get(uploadId) ?? 1) - 1;
        if (left > 0) readers.set(uploadId, left);
        else readers.delete(uploadId);
        void tidy();
      };
      ended.then(letGo, letGo);
    },
    async discard(uploadId) {
      await inTurn(() => remove(uploadId));
    },
    tidy,
    async close() {
      await last;
      if (kept) return;
      stored.clear();
      if (directory) await rm(await directory, { recursive: true, force: true });
    },
  };
}

/** A sentence for a person. */
export const UPLOAD_GONE = 'Its upload is no longer kept.';

/**
 * An upload that an earlier program stored in this data directory; null if it is gone.
 * @throws IngotError `source_unreadable` if that is unknown.
 */
export async function findUpload(parent: string, uploadId: string): Promise<FileSpec | null> {
  const found = await readStored(parent, uploadId);
  return found && { kind: 'file', path: found.path, name: found.name };
}

async function readStored(parent: string, uploadId: string): Promise<Upload | null> {
  const path = join(parent, uploadId);
  try {
    const name = printableName(await readFile(`${path}${NAME_SUFFIX}`, 'utf8'));
    const [{ size }, { mtimeMs }] = await Promise.all([stat(path), stat(`${path}${NAME_SUFFIX}`)]);
    return { path, name, sizeBytes: size, usedAtMs: mtimeMs };
  } catch (error) {
    if (isMissing(error)) return null;
    throw new IngotError(
      'source_unreadable',
      `A kept upload cannot be read: ${(error as Error).message}.`,
      {},
      error,
    );
  }
}

/** Returns the paths of what is incomplete. */
async function findStored(
  parent: string,
  stored: Map<string, Upload>,
  logger: Logger,
): Promise<readonly string[]> {
  const incomplete: string[] = [];
  const entries = await readdir(parent).catch((error: unknown) => {
    if (!isMissing(error)) logger.warn({ err: error }, 'the kept uploads could not be listed');
    return [];
  });
  for (const entry of entries.filter((name) => ID.test(name) || DRAFT.test(name))) {
    try {
      const upload = ID.test(entry) ? await readStored(parent, entry) : null;
      if (upload) stored.set(entry, upload);
      // The name is written last: without one it is incomplete.
      else incomplete.push(join(parent, entry));
    } catch (error) {
      // It may be complete, and readable later.
      logger.warn({ err: error, uploadId: entry }, 'a kept upload cannot be read');
    }
  }
  return incomplete;
}

/** Any other read failure does not tell whether it exists. */
const isMissing = (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOENT';

/** Free space there, in bytes. */
async function freeIn(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return Math.max(bavail * bsize - FREE_RESERVE_BYTES, 0);
}

function tooLarge(name: string, room: number): IngotError {
  return new IngotError(
    'disk_full',
    `${printableName(name)} is too large to upload: there is room for ${Math.floor(room / 1024 / 1024)} MB.`,
    { hint: 'Start Ingot with the file instead: it is then read where it is.' },
  );
}

function toUploadError(name: string, error: unknown): IngotError {
  if (error instanceof IngotError) return error;
  if ((error as NodeJS.ErrnoException).code === 'ENOSPC') {
    return new IngotError('disk_full', 'No room is left on the disk for the upload.', {}, error);
  }
  return new IngotError('source_unreadable', `The upload of ${printableName(name)} broke off.`, {}, error);
}

/** The last part of its original name, without control characters, at most 255 long. */
function printableName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not reach a terminal or log.
  const clean = basename(name.replaceAll('\\', '/')).replace(/[\u0000-\u001f\u007f-\u009f]/g, '');
  return clean.slice(0, 255) || 'upload';
}
