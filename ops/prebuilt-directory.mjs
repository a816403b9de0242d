// The data directory of a new database as PGlite's initdb makes it, in one file: made once for each version
// of PGlite, kept beside other caches, and laid into the build by the plugin below.
//
//   node ops/prebuilt-directory.mjs     makes it, if it is not there, and prints where it is

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const SELF = fileURLToPath(import.meta.url);
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CACHE = join(ROOT, 'node_modules/.cache/ingot');

/** Part of the file's name: increase it when the content changes. */
const MAKE = 2;

/**
 * An embedded database needs no templates: without them it has 371 files instead of 971. They cannot be dropped while marked as
 * templates.
 */
const DROP_TEMPLATES = [
  'UPDATE pg_database SET datistemplate = false',
  'DROP DATABASE template0',
  'DROP DATABASE template1',
];

/** The name in `import path from 'ingot:prebuilt-directory'`. */
export const PREBUILT_DIRECTORY = 'ingot:prebuilt-directory';

function cacheFile() {
  const manifest = join(ROOT, 'node_modules/@electric-sql/pglite/package.json');
  const { version } = JSON.parse(readFileSync(manifest, 'utf8'));
  return join(CACHE, `new-database-${MAKE}-pglite-${version}.tar.gz`);
}

/** Created now if missing, in a new process, because initdb takes 800 MB of memory. */
export function providePrebuiltDirectory() {
  const file = cacheFile();
  if (existsSync(file)) return file;
  const made = spawnSync(process.execPath, [SELF], { encoding: 'utf8' });
  if (made.error) throw made.error;
  if (made.status !== 0) throw new Error(`The new database could not be prepared: ${made.stderr}`);
  return file;
}

/**
 * Resolves the import to the file's path. With `emit`, electron-vite adds a copy to the build; without it, as in tests, the path
 * is that of the cache.
 */
export function prebuiltDirectoryPlugin({ emit }) {
  const inPlace = `\0${PREBUILT_DIRECTORY}`;
  return {
    name: 'ingot:prebuilt-directory',
    resolveId(id) {
      if (id !== PREBUILT_DIRECTORY) return null;
      return emit ? `${providePrebuiltDirectory()}?asset` : inPlace;
    },
    load: (id) => (id === inPlace ? `export default ${JSON.stringify(providePrebuiltDirectory())};` : null),
  };
}

async function make() {
  const file = cacheFile();
  if (existsSync(file)) return file;
  const { PGlite } = await import('@electric-sql/pglite');
  const dataDir = mkdtempSync(join(tmpdir(), 'ingot-new-database-'));
  try {
    const made = await PGlite.create({ dataDir });
    for (const statement of DROP_TEMPLATES) await made.exec(statement);
    // Closed before packing: a copy of an open database would need recovery.
    await made.close();
    const packed = await (await PGlite.create({ dataDir, noInitDb: true })).dumpDataDir('none');
    mkdirSync(CACHE, { recursive: true });
    const staged = `${file}.${process.pid}`;
    writeFileSync(staged, gzipSync(Buffer.from(await packed.arrayBuffer()), { level: 9 }));
    renameSync(staged, file);
    return file;
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

if (process.argv[1] === SELF) process.stdout.write(`${await make()}\n`);
