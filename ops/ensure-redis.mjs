// Finds a Redis server, or fetches one, or says what to do.
//
//   node ops/ensure-redis.mjs [--find]     prints its path; --find fetches nothing
//
// Only tests need it. Debian's packages are unpacked, not installed: installing them would start a service on port 6379.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isExecutable, placesOnPath, printPaths, unpackFromDebian } from './find-program.mjs';

/** The path of the program, set by the user. */
const VARIABLE = 'REDIS_SERVER_PATH';
const CACHE = fileURLToPath(new URL('../node_modules/.cache/ingot-redis', import.meta.url));
/** The server, its program, and the libraries that it needs and few systems have. */
const PACKAGES = ['redis-server', 'redis-tools', 'liblzf1', 'libjemalloc2'];

/** The program and where its libraries are; undefined if there is none. */
export function findRedis() {
  const named = process.env[VARIABLE];
  if (named && !isExecutable(named)) {
    throw new Error(`${VARIABLE} names ${named}, which is not there or cannot be run.`);
  }
  const found = named || placesOnPath(['redis-server']).find(isExecutable);
  if (found) return { program: found, libraries: '' };
  const unpacked = join(CACHE, 'usr/bin/redis-server');
  if (!isExecutable(unpacked)) return undefined;
  const folder = join(CACHE, 'usr/lib');
  const libraries = readdirSync(folder).map((name) => join(folder, name));
  return { program: unpacked, libraries: libraries.join(':') };
}

/**
 * Fetches it if there is none.
 * @throws Error that says what to do.
 */
export function ensureRedis() {
  const found = findRedis();
  if (found) return found;
  process.stderr.write('No Redis found: fetching one.\n');
  unpackFromDebian(PACKAGES, CACHE);
  const fetched = findRedis();
  if (fetched) return fetched;
  throw new Error(
    `No Redis was found and none could be fetched. Install the package "redis-server", or set ${VARIABLE} to its program.`,
  );
}

printPaths(import.meta.url, { find: () => findRedis()?.program, ensure: () => ensureRedis().program });
