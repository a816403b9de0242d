import { type FileHandle, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** libuv has four threads for files; more calls at once only keep others waiting. */
const AT_ONCE = 4;

/**
 * Syncs a directory with everything below it and its own name to the disk, so that it survives a power cut. A thousand new files
 * of 40 MB in all: 0.1 to 0.2 s; unchanged: 0.1 s.
 *
 * @throws the file system's error.
 */
export async function syncDirectory(directory: string): Promise<void> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() || (entry.isDirectory() && process.platform !== 'win32'))
    .map((entry) => join(entry.parentPath, entry.name));
  let next = 0;
  const syncSome = async () => {
    for (let path = paths[next++]; path !== undefined; path = paths[next++]) await syncPath(path);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, syncSome));
  await syncNames(directory);
  await syncNames(dirname(directory));
}

/**
 * Syncs the names in one directory to the disk: what was created, renamed or removed there. Where that is impossible the file
 * system is trusted, as Postgres does: Windows opens no directories, some file systems sync none, and not every parent is
 * readable.
 */
export async function syncNames(directory: string): Promise<void> {
  if (process.platform === 'win32') return;
  await syncPath(directory).catch((error: NodeJS.ErrnoException) => {
    if (!['EACCES', 'EPERM', 'EBADF', 'EINVAL'].includes(error.code ?? '')) throw error;
  });
}

/**
 * The old text or the new one, never half of it, also after a power cut. One writer at a time for each `draft`.
 * Our own, because `write-file-atomic` does not sync the directory, so a power cut can undo its rename.
 */
export async function replaceFile(path: string, text: string, draft = `${path}.partial`): Promise<void> {
  try {
    await writeSynced(draft, { flags: 'w', mode: 0o600 }, (file) => file.writeFile(text));
    await moveIntoPlace(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/**
 * Opens a file, has it written, and syncs it to the disk. It is closed once this returns or throws, so that it can be removed then:
 * a stream made from its path may still be about to create it when its pipeline has failed already.
 *
 * @param options as of `open`: `wx` only creates.
 * @throws the file system's error, and what `write` throws.
 */
export async function writeSynced(
  path: string,
  options: { readonly flags: 'w' | 'wx'; readonly mode?: number },
  write: (file: FileHandle) => Promise<unknown>,
): Promise<void> {
  const file = await open(path, options.flags, options.mode);
  try {
    await write(file);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** `draft` lies in the same directory, written and synced. */
export async function moveIntoPlace(draft: string, path: string): Promise<void> {
  await rename(draft, path);
  await syncNames(dirname(path));
}

async function syncPath(path: string): Promise<void> {
  // Windows flushes only files open for writing.
  const file = await open(path, process.platform === 'win32' ? 'r+' : 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
