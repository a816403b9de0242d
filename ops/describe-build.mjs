// The commit, its date and the version of the embedded Postgres, for `ingot --version` and About.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './ensure-built.mjs';

/** Null without git, or if the sources have no repository of their own: git would report an outer one. */
function askGit(root, ...args) {
  if (!existsSync(join(root, '.git'))) return null;
  try {
    return execFileSync('git', args, {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return null;
  }
}

/** PGlite reports it only from an open database; its program contains the answer to `SELECT version()`. */
function findPostgresVersion() {
  const program = readFileSync(join(ROOT, 'node_modules/@electric-sql/pglite/dist/pglite.wasm'));
  const at = program.indexOf('PostgreSQL 1');
  const version = /^PostgreSQL (\d+\.\d+)/.exec(program.toString('latin1', at, at + 40))?.[1];
  if (version === undefined) throw new Error('pglite.wasm does not name its version of Postgres');
  return version;
}

export function describeBuild(root = ROOT) {
  return {
    commit: askGit(root, 'describe', '--always', '--dirty', '--abbrev=12', '--exclude=*'),
    date: askGit(root, 'log', '-1', '--format=%cI'),
    postgres: findPostgresVersion(),
  };
}
