import { realpath } from 'node:fs/promises';
import { basename, isAbsolute, relative, resolve, sep } from 'node:path';
import type { SourceChoice, SourceRef } from '../../src-shared/contract';
import { IngotError } from '../../src-shared/errors';
import type { FileSpec } from '../ingestion/open-source';
import type { Uploads } from './uploads';

/** Which files a client may read. A page names sources by path; only a person's choice and the allowed directories are opened. */
export interface SourceAccess {
  /** @throws IngotError `forbidden`, `not_found` or `source_unreadable`. */
  specOf(source: SourceRef): Promise<FileSpec>;
  /** Allows this file, which a person chose. Returns its real path. */
  grant(path: string): Promise<string>;
}

export interface SourceAccessDeps {
  /** May be read, with everything below. */
  readonly directories: readonly string[];
  /** Chosen by a person earlier. */
  readonly granted: readonly string[];
  readonly samplePath: string;
  readonly uploads: Uploads;
}

export function createSourceAccess({
  directories,
  granted,
  samplePath,
  uploads,
}: SourceAccessDeps): SourceAccess {
  const files = new Set(granted.map((path) => resolve(path)));

  const checkedPath = async (path: string): Promise<string> => {
    // Resolved before comparing, because of `..` and symbolic links.
    const real = await realPathOf(path);
    if (files.has(real)) return real;
    for (const directory of directories) {
      const root = await realpath(directory).catch(() => null);
      if (root !== null && isInside(root, real)) return real;
    }
    throw new IngotError('forbidden', `${basename(path)} is not in a directory that Ingot may read.`, {
      hint: 'Open it by the open dialog or by dropping it onto the window.',
    });
  };

  return {
    async specOf(source) {
      switch (source.kind) {
        case 'sample':
          return { kind: 'file', path: samplePath };
        case 'upload':
          return uploads.specOf(source.uploadId);
        case 'path':
          return { kind: 'file', path: await checkedPath(source.path) };
      }
    },
    async grant(path) {
      const real = await realPathOf(path);
      files.add(real);
      return real;
    },
  };
}

async function realPathOf(path: string): Promise<string> {
  if (!isAbsolute(path) || path.includes('\0')) {
    throw new IngotError('forbidden', 'A file is named by its whole path.');
  }
  try {
    return await realpath(path);
  } catch (error) {
    // One answer for "missing" and "forbidden" would hide a typing error from its owner, and reveals nothing that the directory's
    // permissions do not.
    throw new IngotError('source_unreadable', `${basename(path)} cannot be found or read.`, {}, error);
  }
}

function isInside(directory: string, path: string): boolean {
  const way = relative(directory, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** A file that a person chose, as a source that clients may name from now on. */
export async function grantFile(access: SourceAccess, path: string): Promise<SourceChoice> {
  const real = await access.grant(path);
  return { source: { kind: 'path', path: real }, name: basename(real) };
}

/** Removes an upload that is not a source: it may be a key. */
export async function discardingRefused<T>(
  uploads: Uploads,
  source: SourceRef,
  open: () => Promise<T>,
): Promise<T> {
  try {
    return await open();
  } catch (error) {
    const isRefused = error instanceof IngotError && error.code === 'source_unreadable';
    if (isRefused && source.kind === 'upload') await uploads.discard(source.uploadId);
    throw error;
  }
}
