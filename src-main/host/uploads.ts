import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm, statfs } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { IngotError } from '../../src-shared/errors';
import type { FileSpec } from './source-access';

export interface Uploads {
  /**
   * Stores a stream of bytes; memory is bounded by a chunk.
   * @throws IngotError `disk_full` if it does not fit, `source_unreadable` if it breaks off.
   */
  store(name: string, bytes: Readable): Promise<{ readonly uploadId: string; readonly sizeBytes: number }>;
  /** @throws IngotError `not_found`. */
  specOf(uploadId: string): FileSpec;
  /** Whether it is still there. */
  has(uploadId: string): boolean;
  /** Removes one that is not needed any more. */
  discard(uploadId: string): Promise<void>;
  /** Removes all of them. */
  close(): Promise<void>;
}

export interface UploadsOptions {
  /** Its own directory is made in here, at the first upload. */
  readonly parent: string;
  /** The largest upload, in bytes; free space may allow less. */
  readonly maxBytes: number;
}

/** Left free on the disk whatever is uploaded: the database lives there as well. */
const FREE_RESERVE_BYTES = 256 * 1024 * 1024;
/** Uploads that wait for a run. The oldest makes room. */
const KEPT_UPLOADS = 8;

export function createUploads({ parent, maxBytes }: UploadsOptions): Uploads {
  const stored = new Map<string, { readonly path: string; readonly name: string }>();
  let directory: Promise<string> | null = null;

  const openDirectory = async () => {
    await mkdir(parent, { recursive: true });
    return mkdtemp(join(parent, 'ingot-uploads-'));
  };
  const discard = async (uploadId: string) => {
    const upload = stored.get(uploadId);
    stored.delete(uploadId);
    if (upload) await rm(upload.path, { force: true });
  };

  return {
    async store(name, bytes) {
      directory ??= openDirectory();
      const uploadId = randomBytes(16).toString('hex');
      // Never under the name that it came with: that is for people only.
      const path = join(await directory, uploadId);
      const room = await roomIn(await directory, maxBytes);
      let sizeBytes = 0;
      try {
        await pipeline(
          bytes,
          async function* limit(chunks: AsyncIterable<Buffer>) {
            for await (const chunk of chunks) {
              sizeBytes += chunk.length;
              if (sizeBytes > room) throw tooLarge(name, room);
              yield chunk;
            }
          },
          createWriteStream(path, { flags: 'wx', mode: 0o600 }),
        );
      } catch (error) {
        await rm(path, { force: true });
        throw toUploadError(name, error);
      }
      stored.set(uploadId, { path, name: printableName(name) });
      const oldest = stored.keys().next();
      if (stored.size > KEPT_UPLOADS && !oldest.done) await discard(oldest.value);
      return { uploadId, sizeBytes };
    },
    specOf(uploadId) {
      const upload = stored.get(uploadId);
      if (!upload) {
        throw new IngotError('not_found', 'This upload is gone.', { hint: 'Choose the file again.' });
      }
      return { kind: 'file', path: upload.path, name: upload.name };
    },
    has: (uploadId) => stored.has(uploadId),
    discard,
    async close() {
      stored.clear();
      if (directory) await rm(await directory, { recursive: true, force: true });
    },
  };
}

async function roomIn(directory: string, maxBytes: number): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return Math.min(maxBytes, Math.max(bavail * bsize - FREE_RESERVE_BYTES, 0));
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

/** The last part of the name that it came with, without control characters, at most 255 long. */
function printableName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not reach a terminal or log.
  const clean = basename(name.replaceAll('\\', '/')).replace(/[\u0000-\u001f\u007f-\u009f]/g, '');
  return clean.slice(0, 255) || 'upload';
}
