import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { IngotError } from '../../src-shared/errors';
import { makeDirectory } from '../database/make-directory';
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
  /** Removes all others: `needed` are those that a run can still be taken up from. */
  keepOnly(needed: ReadonlySet<string>): Promise<void>;
  /** Removes all of them, unless they are kept over the end of the program. */
  close(): Promise<void>;
}

export interface UploadsOptions {
  /** Where they lie, or a directory of their own in it; made at the first upload. */
  readonly parent: string;
  /** Whether they outlive the program, so that a run can be taken up from them after its end. */
  readonly kept: boolean;
  /** The largest upload, in bytes; free space may allow less. */
  readonly maxBytes: number;
}

/** Left free on the disk whatever is uploaded: the database lives there as well. */
const FREE_RESERVE_BYTES = 256 * 1024 * 1024;
/** Uploads that wait for a run. The oldest makes room. */
const KEPT_UPLOADS = 8;

/** Beside each upload's bytes, once they are all there: what it is called. */
const NAME_SUFFIX = '.name';
const ID = /^[0-9a-f]{32}$/;

interface Upload {
  readonly path: string;
  readonly name: string;
}

/** Opens what an earlier start kept; what was cut off on its way is cleared away. */
export async function openUploads({ parent, kept, maxBytes }: UploadsOptions): Promise<Uploads> {
  const stored = kept ? await findStored(parent) : new Map<string, Upload>();
  let directory: Promise<string> | null = null;

  const openDirectory = async () => {
    makeDirectory(parent);
    return kept ? parent : mkdtemp(join(parent, 'ingot-uploads-'));
  };
  const discard = async (uploadId: string) => {
    const upload = stored.get(uploadId);
    stored.delete(uploadId);
    if (!upload) return;
    await rm(`${upload.path}${NAME_SUFFIX}`, { force: true });
    await rm(upload.path, { force: true });
  };
  const keepOnly = async (needed: ReadonlySet<string>) => {
    for (const uploadId of [...stored.keys()]) if (!needed.has(uploadId)) await discard(uploadId);
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
        if (kept) await writeFile(`${path}${NAME_SUFFIX}`, printableName(name), { mode: 0o600 });
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
    keepOnly,
    async close() {
      if (kept) return;
      stored.clear();
      if (directory) await rm(await directory, { recursive: true, force: true });
    },
  };
}

/** The oldest first. */
async function findStored(directory: string): Promise<Map<string, Upload>> {
  const found: (Upload & { readonly uploadId: string; readonly atMs: number })[] = [];
  for (const uploadId of await readdir(directory).catch(() => [])) {
    const path = join(directory, uploadId);
    if (!ID.test(uploadId)) continue;
    try {
      const name = printableName(await readFile(`${path}${NAME_SUFFIX}`, 'utf8'));
      found.push({ uploadId, path, name, atMs: (await stat(path)).mtimeMs });
    } catch {
      // Its name is written last: this one never came to its end.
      await rm(path, { force: true });
    }
  }
  found.sort((a, b) => a.atMs - b.atMs);
  return new Map(found.map(({ uploadId, path, name }) => [uploadId, { path, name }]));
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
