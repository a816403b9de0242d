import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { IngotError } from '../../../src-shared/errors';

/** A file whatever its name is. */
export interface OpenFile {
  readonly handle: FileHandle;
  /** Of its device and its place there. */
  readonly id: string;
}

/**
 * @returns Null if there is no such file.
 * @throws IngotError `source_unreadable` if it is no file: a pipe cannot be read again.
 */
export async function openIfThere(path: string): Promise<OpenFile | null> {
  const there = await stat(path).catch(() => null);
  if (there && !there.isFile()) {
    const hint = 'Updates from a pipe can come by standard input.';
    throw new IngotError('source_unreadable', `${path} is not a file.`, { hint });
  }
  const handle = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  return handle && { handle, id: idOf(await handle.stat({ bigint: true })) };
}

const idOf = ({ dev, ino }: { readonly dev: bigint; readonly ino: bigint }) => `${dev}:${ino}`;

/**
 * The file and those that were rotated away from it, oldest first: `log.2`, `log.1`, `log`, or `log-20261129`, `log-20261130`, `log`.
 * Compressed ones are left out.
 */
async function listRotated(path: string): Promise<{ readonly path: string; readonly id: string }[]> {
  const name = basename(path);
  const extension = extname(name);
  const stem = name.slice(0, name.length - extension.length);
  const suffixOf = (other: string): string | null => {
    const middle = other.startsWith(name)
      ? other.slice(name.length)
      : extension && other.startsWith(stem) && other.endsWith(extension)
        ? other.slice(stem.length, -extension.length)
        : '';
    return /^[.-]\d[\d.:T_-]*$/.test(middle) ? middle.slice(1) : null;
  };
  const others = (await readdir(dirname(path)))
    .map((other) => ({ path: join(dirname(path), other), suffix: suffixOf(other) }))
    .filter((other): other is { path: string; suffix: string } => other.suffix !== null)
    .sort((a, b) => compareSuffixes(a.suffix, b.suffix));
  const found = await Promise.all(
    [...others.map((other) => other.path), path].map(async (each) => {
      const is = await stat(each, { bigint: true }).catch(() => null);
      return is?.isFile() ? [{ path: each, id: idOf(is) }] : [];
    }),
  );
  return found.flat();
}

/** A counter grows with the age of a file, a date does not. */
function compareSuffixes(a: string, b: string): number {
  const isCounter = (suffix: string) => /^\d{1,5}$/.test(suffix);
  if (isCounter(a) && isCounter(b)) return Number(b) - Number(a);
  return a < b ? -1 : 1;
}

/** Opens the file with this identity, under its own name or the one that it was rotated to. */
export async function openRotated(path: string, id: string): Promise<OpenFile | null> {
  for (;;) {
    const found = (await listRotated(path)).find((each) => each.id === id);
    if (!found) return null;
    const file = await openIfThere(found.path);
    if (file?.id === id) return file;
    // It was rotated meanwhile.
    await file?.handle.close();
  }
}

/**
 * Opens the file that was begun after this one: the next in the order of rotation, or the one at `path` if this one is gone.
 * @returns Null if there is none yet.
 */
export async function openNext(path: string, id: string): Promise<OpenFile | null> {
  const findNext = async () => {
    const files = await listRotated(path);
    return files[files.findIndex((each) => each.id === id) + 1 || files.length - 1] ?? null;
  };
  for (;;) {
    const next = await findNext();
    if (next === null || next.id === id) return null;
    const file = await openIfThere(next.path);
    // Rotated between the two looks, it may be another one.
    if (file?.id === next.id && (await findNext())?.id === next.id) return file;
    await file?.handle.close();
  }
}
