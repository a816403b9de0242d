// Which unit tests are quick: those that open no database, no program and no connection. Found by what each file imports,
// directly or through others, so no list has to be kept.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';

const FOLDERS = ['src-shared', 'src-main', 'src-renderer', 'ops'];
const TEST = /\.test\.tsx?$/;
/** Types alone do not run: `import type` is passed over. */
const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s(?!type\s)[^'"`;]*?from\s*['"]([^'"]+)['"]|\bimport\s*\(\s*['"]([^'"]+)['"]|(?:^|\n)import\s*['"]([^'"]+)['"]/g;
const OPENS_SOMETHING =
  /^(node:)?(child_process|cluster|http|https|net|tls|worker_threads)$|^(ws|pg|electron|fastify|@electric-sql\/pglite|@grpc\/grpc-js|@redis\/client)(\/|$)|^@?playwright/;

/** Paths of the test files, from `root`. */
export function findTests(root) {
  return FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true })
      .filter((name) => TEST.test(name))
      .map((name) => `${folder}/${name.split(sep).join('/')}`),
  ).sort();
}

/** Those of them that are quick. */
export function findQuickTests(root) {
  const imports = new Map();
  const isFile = (path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  const resolveImport = (from, name) => {
    const path = resolve(dirname(from), name.replace(/\?.*$/, ''));
    return [path, `${path}.ts`, `${path}.tsx`, `${path}.mjs`].find(isFile);
  };
  const read = (file) => {
    let found = imports.get(file);
    if (found === undefined) {
      const names = [...readFileSync(file, 'utf8').matchAll(IMPORT)].map(
        (match) => match[1] ?? match[2] ?? match[3],
      );
      const files = names.filter((name) => name.startsWith('.')).map((name) => resolveImport(file, name));
      found = {
        opens: names.some((name) => OPENS_SOMETHING.test(name)),
        files: files.filter((path) => path !== undefined && /\.(tsx?|mjs)$/.test(path)),
      };
      imports.set(file, found);
    }
    return found;
  };
  const isQuick = (test) => {
    const seen = new Set([join(root, test)]);
    // A set gives what is added to it on the way, too.
    for (const file of seen) {
      const { opens, files } = read(file);
      if (opens) return false;
      for (const next of files) seen.add(next);
    }
    return true;
  };
  return findTests(root).filter(isQuick);
}
