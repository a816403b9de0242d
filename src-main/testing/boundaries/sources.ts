import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'vite';
import { findImports, type Import } from './find-imports';
import { findUses, type Use } from './find-uses';
import { type Place, walk } from './syntax';

const ROOT = join(import.meta.dirname, '../../..');
const CODE = /\.[cm]?[jt]sx?$/;

/** One file of code, as far as the rules look at it. */
export interface Source {
  /** From the project's root. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
  readonly uses: readonly Use[];
}

/** Paths of all code in `folder` and beneath, whichever way its name ends. */
export function listCode(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : listCode(path);
    return CODE.test(entry.name) ? [path] : [];
  });
}

export function readCode(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** @throws if `text` cannot be parsed: a rule must not pass because it saw nothing. */
export function parseSource(path: string, text: string): Source {
  const { program, errors } = parseSync(path, text, { preserveParens: false });
  if (errors[0]) throw new Error(`${path}: ${errors[0].message}`);
  const places: Place[] = [];
  walk(program, (place) => places.push(place));
  return { path, text, imports: places.flatMap((place) => findImports(path, place)), uses: findUses(places) };
}

/** Tests, and what is only for them, may reach further. */
export function isForTests(path: string): boolean {
  return /\.test(\.[cm]?[jt]sx?)?$|\/testing(\/|$)|-for-tests(\.[cm]?[jt]sx?)?$/.test(path);
}

export function withoutEnding(path: string): string {
  return path.replace(CODE, '');
}

/** Whether `path` is `folder`, or lies in it; files without their ending, and packages alike. */
export function liesIn(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

export function liesInOne(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => liesIn(path, folder));
}

export function lineAt(text: string, at: number): number {
  return text.slice(0, at).split('\n').length;
}
