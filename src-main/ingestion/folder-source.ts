import { createHash } from 'node:crypto';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { IngotError } from '../../src-shared/errors';
import { type ByteSource, isFailure, PIECE_BYTES, type Pieces } from './byte-source';
import { isKeyPair, KEY_PAIR_BYTES } from './foreign-records';
import { skipSpace } from './json-scan';
import { createValuePasser } from './mapped/pass-value';
import { describeCause } from './source-faults';

const LINE_END = Buffer.from('\n');
/** So many files are opened ahead, because most are small: one after the other takes eight times as long. */
const AHEAD = 32;
const BEGINNING_BYTES = 16 * 1024;
const STATS_AT_ONCE = 64;

interface StoredFile {
  readonly name: string;
  readonly sizeBytes: number;
  readonly changedMs: number;
}

/** A file whose beginning was read. `rest`: there may be more. */
interface BegunFile {
  readonly beginning: Buffer;
  readonly rest: FileHandle | null;
}

/**
 * The JSON files of a directory, one after the other by their names, as `solana account --output-file` leaves them. A key pair is
 * told by its beginning, and nothing else of it is read.
 *
 * @param allowsCut Whether a file that breaks off is left to the reader, which takes it together with the next one.
 * @throws IngotError `source_unreadable` if it has none.
 */
export async function openFolder(
  path: string,
  name = basename(path),
  allowsCut = false,
): Promise<ByteSource> {
  const entries = (await readdir(path, { withFileTypes: true })).filter((entry) =>
    /\.json$/i.test(entry.name),
  );
  const names = entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
  if (names.length === 0) {
    throw new IngotError('source_unreadable', `${path} is a directory, not a file, and has no JSON files.`, {
      hint: 'Give the path of one file, or of a directory of accounts.',
    });
  }
  names.sort();
  const files: StoredFile[] = [];
  for (let from = 0; from < names.length; from += STATS_AT_ONCE) {
    const some = names.slice(from, from + STATS_AT_ONCE);
    for (const one of await Promise.all(some.map((file) => describeFile(path, file)))) files.push(one);
  }
  const bytesTotal = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  /** Where in the text each file begins that was read so far. */
  const parts: { readonly name: string; readonly from: number }[] = [];
  let bytesRead = 0;
  let keyPairs = 0;
  let isClosed = false;

  async function* contentOf({ beginning, rest }: BegunFile): Pieces {
    if (isKeyPair(beginning.subarray(skipSpaceIn(beginning)))) {
      keyPairs += 1;
      return;
    }
    const passer = createValuePasser();
    const pass = (bytes: Uint8Array) => {
      for (let at = 0; at >= 0 && at < bytes.length; ) {
        const end = passer.pass(bytes, at, bytes.length);
        at = end < 0 ? end : Math.max(end, at + 1);
      }
      return bytes;
    };
    yield pass(beginning);
    if (rest !== null) {
      const buffer = Buffer.allocUnsafe(PIECE_BYTES);
      for (let at = beginning.length; !isClosed; ) {
        const { bytesRead: got } = await rest.read(buffer, 0, PIECE_BYTES, at);
        if (got === 0) break;
        at += got;
        yield pass(buffer.subarray(0, got));
      }
    }
    if (passer.isOpen() && !allowsCut) yield { failure: 'cut', cause: undefined };
    else yield LINE_END;
  }

  async function* pieces(): Pieces {
    const gathered = Buffer.allocUnsafe(PIECE_BYTES);
    let length = 0;
    let textBytes = 0;
    const ahead: Promise<BegunFile>[] = [];
    try {
      for (const [place, file] of files.entries()) {
        if (isClosed) return;
        for (let next = place + ahead.length; ahead.length < AHEAD && next < files.length; next += 1) {
          const begun = beginFile(join(path, (files[next] as StoredFile).name));
          // It is told when it is its turn.
          begun.catch(() => undefined);
          ahead.push(begun);
        }
        parts.push({ name: file.name, from: textBytes });
        let rest: FileHandle | null = null;
        try {
          const begun = (await ahead.shift()) as BegunFile;
          rest = begun.rest;
          for await (const piece of contentOf(begun)) {
            if (isFailure(piece)) {
              yield gathered.subarray(0, length);
              yield piece;
              return;
            }
            textBytes += piece.length;
            for (let left = piece; left.length > 0; ) {
              const part = left.subarray(0, PIECE_BYTES - length);
              gathered.set(part, length);
              length += part.length;
              left = left.subarray(part.length);
              if (length < PIECE_BYTES) continue;
              yield gathered;
              length = 0;
            }
          }
        } catch (cause) {
          yield gathered.subarray(0, length);
          yield { failure: 'unreadable', cause: new Error(`${file.name}: ${describeCause(cause)}`) };
          return;
        } finally {
          bytesRead += file.sizeBytes;
          await rest?.close();
        }
      }
      yield gathered.subarray(0, length);
    } finally {
      for (const begun of await Promise.allSettled(ahead)) {
        if (begun.status === 'fulfilled') await begun.value.rest?.close();
      }
    }
  }

  return {
    name,
    bytesTotal,
    get bytesRead() {
      return bytesRead;
    },
    get notes() {
      const others = entries.length - names.length;
      return [
        ...noteOf(keyPairs, 'key pair', 'key pairs'),
        ...noteOf(others, 'link, pipe or directory named .json', 'links, pipes or directories named .json'),
      ].map((note) => `${name} holds ${note}`);
    },
    partAt: (byteOffset) => parts.findLast(({ from }) => from <= byteOffset),
    pieces,
    async identify() {
      const sum = createHash('sha256').update(JSON.stringify(files)).digest('hex');
      return { kind: 'file', sizeBytes: bytesTotal, headSha256: sum, tailSha256: sum };
    },
    async close() {
      isClosed = true;
    },
  };
}

function noteOf(count: number, one: string, many: string): readonly string[] {
  if (count === 0) return [];
  return [count === 1 ? `1 ${one}, which was not read.` : `${count} ${many}, which were not read.`];
}

async function describeFile(path: string, name: string): Promise<StoredFile> {
  const { size, mtimeMs } = await stat(join(path, name));
  return { name, sizeBytes: size, changedMs: mtimeMs };
}

async function beginFile(path: string): Promise<BegunFile> {
  const handle = await open(path, 'r');
  const beginning = Buffer.alloc(Math.max(BEGINNING_BYTES, KEY_PAIR_BYTES));
  let isWhole = true;
  try {
    const { bytesRead } = await handle.read(beginning, 0, beginning.length, 0);
    isWhole = bytesRead < beginning.length;
    return { beginning: beginning.subarray(0, bytesRead), rest: isWhole ? null : handle };
  } finally {
    if (isWhole) await handle.close();
  }
}

const skipSpaceIn = (bytes: Buffer) => skipSpace(Buffer.concat([bytes, Buffer.alloc(1)]), 0);
