// Makes sure that the build in out/ is that of the sources as they stand. Used by every launcher and by
// the tests; cheap when there is nothing to do (one stat for each source file, about 5 ms).
//
//   node ops/ensure-built.mjs [main] [window] [--if-possible]
//
// --if-possible: as for ops/build.mjs.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import nodeModule from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Each part: the directories of out/ that it fills, and the sources that it is made from. */
export const PARTS = {
  main: {
    outputs: ['main'],
    sources: [
      'src-main',
      'src-shared',
      'migrations',
      'electron.vite.config.ts',
      'ops/prebuilt-directory.mjs',
      'ops/describe-build.mjs',
      'ops/licences.mjs',
      'package.json',
      'package-lock.json',
    ],
  },
  window: {
    outputs: ['preload', 'renderer'],
    sources: [
      'src-renderer',
      'src-shared',
      'src-main/shells/electron/preload.ts',
      'electron.vite.config.ts',
      'ops/licences.mjs',
      'package.json',
      'package-lock.json',
    ],
  },
};

const STAMP = '.sources';

/** Where a part's fingerprint is kept: inside its first output, so that both are swapped in as one. */
export function stampFile(part, out = join(ROOT, 'out')) {
  return join(out, PARTS[part].outputs[0], STAMP);
}

/** One text for the names, sizes and times of all the files that a part is built from. */
export function fingerprintSources(part) {
  const hash = createHash('sha1');
  const add = (path) => {
    const stat = statSync(join(ROOT, path), { throwIfNoEntry: false });
    if (!stat) return;
    if (!stat.isDirectory()) return hash.update(`${path}\0${stat.size}\0${stat.mtimeMs}\n`);
    for (const name of readdirSync(join(ROOT, path)).sort()) {
      if (!/\.test\.tsx?$/.test(name)) add(join(path, name));
    }
  };
  for (const source of PARTS[part].sources) add(source);
  return hash.digest('hex');
}

export function isCurrent(part) {
  // An installed copy without sources has what it was packed with.
  if (!existsSync(join(ROOT, PARTS[part].sources[0]))) return true;
  try {
    return readFileSync(stampFile(part), 'utf8') === fingerprintSources(part);
  } catch {
    return false;
  }
}

/**
 * Builds the parts that are not current. Says nothing unless it fails; then the build's own words go to
 * standard error, since standard output belongs to the program that is about to start.
 */
export function ensureBuilt(parts, flags = []) {
  const stale = parts.filter((part) => !isCurrent(part));
  if (stale.length === 0) return;
  const build = spawnSync(process.execPath, [join(ROOT, 'ops/build.mjs'), ...stale, ...flags], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
  if (build.error) throw build.error;
  if (build.status === 0) return;
  process.stderr.write(`${build.stdout}${build.stderr}`);
  process.stderr.write('Ingot could not be built. The lines above say why.\n');
  process.exit(build.signal ? 130 : 1);
}

/** Runs a built program in this process, so that signals, standard input and the exit code are its own. */
export function runProgram(name) {
  // Node 22.1 keeps compiled code. Beside the program: who can write there can change the program as well.
  nodeModule.enableCompileCache?.(join(ROOT, 'node_modules/.cache/ingot/compiled'));
  return import(pathToFileURL(join(ROOT, 'out/main', `${name}.js`)).href);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const isFlag = (word) => word.startsWith('--');
  const asked = process.argv.slice(2).filter((word) => !isFlag(word));
  ensureBuilt(asked.length > 0 ? asked : Object.keys(PARTS), process.argv.filter(isFlag));
}
