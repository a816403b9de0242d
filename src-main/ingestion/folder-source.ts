import { createHash } from 'node:crypto';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { IngotError } from '../../src-shared/errors';
import { type ByteSource, PIECE_BYTES, type Pieces } from './byte-source';
import { isKeyPair, KEY_PAIR_BYTES } from './foreign-records';
import { skipSpace } from './json-scan';

const LINE_END = Buffer.from('\n');

/**
 * The JSON files of a directory, one after the other by their names, as `solana account --output-file` leaves them. A key pair is
 * told by its beginning, and nothing else of it is read.
 *
 * @throws IngotError `source_unreadable` if it has none.
 */
export async function openFolder(path: string, name = basename(path)): Promise<ByteSource> {
  const entries = await readdir(path, { withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile() && /\.json$/i.test(entry.name))
    .map((entry) => entry.name);
  if (names.length === 0) {
    throw new IngotError('source_unreadable', `${path} is a directory, not a file, and has no JSON files.`, {
      hint: 'Give the path of one file, or of a directory of accounts.',
    });
  }
  names.sort();
  const files: { readonly name: string; readonly sizeBytes: number; readonly changedMs: number }[] = [];
  for (const file of names) {
    const { size, mtimeMs } = await stat(join(path, file));
    files.push({ name: file, sizeBytes: size, changedMs: mtimeMs });
  }
  const bytesTotal = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let bytesRead = 0;
  let keyPairs = 0;
  let isClosed = false;

  async function* pieces(): Pieces {
    for (const { name: file, sizeBytes } of files) {
      if (isClosed) return;
      let opened: FileHandle | undefined;
      try {
        opened = await open(join(path, file), 'r');
        const head = Buffer.alloc(Math.min(KEY_PAIR_BYTES, sizeBytes));
        const { bytesRead: length } = await opened.read(head, 0, head.length, 0);
        const begun = head.subarray(0, length);
        if (isKeyPair(begun.subarray(skipSpaceIn(begun)))) {
          keyPairs += 1;
          bytesRead += sizeBytes;
          continue;
        }
        const buffer = Buffer.allocUnsafe(PIECE_BYTES);
        for (let at = 0; !isClosed; ) {
          const { bytesRead: got } = await opened.read(buffer, 0, PIECE_BYTES, at);
          if (got === 0) break;
          at += got;
          bytesRead += got;
          yield buffer.subarray(0, got);
        }
        yield LINE_END;
      } catch (cause) {
        yield { failure: 'unreadable', cause };
        return;
      } finally {
        await opened?.close();
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
      if (keyPairs === 0) return [];
      const are = keyPairs === 1 ? '1 key pair, which was' : `${keyPairs} key pairs, which were`;
      return [`${name} holds ${are} not read.`];
    },
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

const skipSpaceIn = (bytes: Buffer) => skipSpace(Buffer.concat([bytes, Buffer.alloc(1)]), 0);
