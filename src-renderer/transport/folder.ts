import { countOf } from '../../src-shared/amounts';

/** Several files as one source. */
interface Joined {
  readonly file: File;
  readonly leftOut: number;
}

/** The first part of its path in a dropped or chosen folder; null: it was dropped or chosen by itself. */
export function folderOf(file: File & { readonly path?: string }): string | null {
  const [first, ...rest] = (file.path ?? file.webkitRelativePath)
    .split('/')
    .filter((part) => !IS_HERE.test(part));
  return first === undefined || rest.length === 0 ? null : first;
}
const IS_HERE = /^\.?$/;

/**
 * One document after the other, in the order of their names. A file that does not begin with an object is not read further: it may be a
 * key pair.
 */
export async function joinFolder(folder: string, files: readonly File[]): Promise<Joined> {
  const sorted = files
    .map((file) => ({ file, path: file.webkitRelativePath || file.name }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  const taken: File[] = [];
  for (const { file } of sorted) if (await beginsWithObject(file)) taken.push(file);
  const parts = taken.flatMap((file) => [file, '\n']);
  const name = `${folder}, ${countOf(taken.length, 'file')}`;
  return { file: new File(parts, name), leftOut: files.length - taken.length };
}

/** More white space than this is before no document. */
const BEGINNING_BYTES = 256;

async function beginsWithObject(file: File): Promise<boolean> {
  const text = await file.slice(0, BEGINNING_BYTES).text();
  return text.trimStart().startsWith('{');
}
