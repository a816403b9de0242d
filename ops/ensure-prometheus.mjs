// Finds Prometheus and its promtool, or fetches them, or says what to do.
//
//   node ops/ensure-prometheus.mjs [--find]     prints both paths; --find fetches nothing
//
// Only tests need them. Debian's package is unpacked, not installed: installing it would start a service on
// port 9090 of whoever only wanted to run tests.

import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isExecutable, printPaths, unpackFromDebian } from './find-program.mjs';

/** A directory with both programs. */
const VARIABLE = 'PROMETHEUS_DIRECTORY';
const CACHE = fileURLToPath(new URL('../node_modules/.cache/ingot-prometheus', import.meta.url));
const SUFFIX = process.platform === 'win32' ? '.exe' : '';

function lookIn(folder) {
  const programs = {
    prometheus: join(folder, `prometheus${SUFFIX}`),
    promtool: join(folder, `promtool${SUFFIX}`),
  };
  return Object.values(programs).every(isExecutable) ? programs : undefined;
}

/** Undefined if there are none. */
export function findPrometheus({ variables = process.env, cache = CACHE } = {}) {
  const named = variables[VARIABLE];
  if (named) {
    const found = lookIn(named);
    if (found) return found;
    throw new Error(`${VARIABLE} names ${named}, which does not hold prometheus and promtool.`);
  }
  const folders = [...(variables.PATH ?? '').split(delimiter), join(cache, 'usr/bin')];
  for (const folder of folders.filter(Boolean)) {
    const found = lookIn(folder);
    if (found) return found;
  }
  return undefined;
}

/**
 * Fetches them if missing.
 * @throws Error that says what to do.
 */
export function ensurePrometheus(options = {}) {
  const found = findPrometheus(options);
  if (found) return found;
  process.stderr.write('No Prometheus found: fetching one.\n');
  unpackFromDebian(['prometheus'], options.cache ?? CACHE);
  const fetched = findPrometheus(options);
  if (fetched) return fetched;
  throw new Error(
    'No Prometheus was found and none could be fetched. Install the package "prometheus", or set ' +
      `${VARIABLE} to a directory with prometheus and promtool.`,
  );
}

const pathsOf = (programs) => programs && [programs.prometheus, programs.promtool];
printPaths(import.meta.url, {
  find: () => pathsOf(findPrometheus()),
  ensure: () => pathsOf(ensurePrometheus()),
});
