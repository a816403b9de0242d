import { randomBytes } from 'node:crypto';
import { lstat, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { IngotError } from '../../../src-shared/errors';
import { writeSynced } from '../../database/durable-files';

/**
 * Writes a whole file or none: beside its place first, which is taken when all is on the disk.
 * @throws IngotError `disk_full`; `invalid_input` if the place cannot be written.
 */
export function writeWhole(
  path: string,
  pieces: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): Promise<void> {
  return takePlace(path, (draft) =>
    writeSynced(draft, { flags: 'wx' }, (file) => writeFile(file, pieces, { signal })),
  );
}

export interface NamedFile {
  readonly name: string;
  readonly content: Buffer;
}

/** They are written at a time, as long as they are small. */
const FILES_AT_ONCE = 16;
const BYTES_AT_ONCE = 8 * 1024 * 1024;

/**
 * The same with a folder of files.
 * @param onBytes called after each file.
 * @throws IngotError as `writeWhole`; `invalid_input` if something is there already: it may hold more than an export.
 */
export async function writeWholeFolder(
  path: string,
  files: AsyncIterable<NamedFile>,
  onBytes: (bytes: number) => void = () => {},
): Promise<void> {
  const isTaken = await lstat(path).then(
    () => true,
    () => false,
  );
  if (isTaken) {
    throw new IngotError('invalid_input', `${path} is there already: it is not overwritten.`, {
      hint: 'Choose another name.',
    });
  }
  await takePlace(path, async (draft) => {
    await mkdir(draft);
    const write = async ({ name, content }: NamedFile) => {
      await writeSynced(join(draft, name), { flags: 'wx' }, (file) => file.writeFile(content));
      onBytes(content.length);
    };
    let waiting: NamedFile[] = [];
    let bytes = 0;
    const writeWaiting = async () => {
      // All have ended before the draft is removed.
      const ended = await Promise.allSettled(waiting.map(write));
      for (const one of ended) if (one.status === 'rejected') throw one.reason;
      waiting = [];
      bytes = 0;
    };
    for await (const file of files) {
      waiting.push(file);
      bytes += file.content.length;
      if (waiting.length >= FILES_AT_ONCE || bytes >= BYTES_AT_ONCE) await writeWaiting();
    }
    await writeWaiting();
  });
}

async function takePlace(path: string, write: (draft: string) => Promise<unknown>): Promise<void> {
  const draft = `${path}.${randomBytes(4).toString('hex')}.partial`;
  try {
    await write(draft);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC') {
      throw new IngotError('disk_full', `No room is left on the disk for ${basename(path)}.`, {}, error);
    }
    if (error instanceof IngotError || syscall === undefined) throw error;
    throw new IngotError('invalid_input', `${path} cannot be written: ${code}.`, {}, error);
  }
}
