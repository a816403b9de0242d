import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';

export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Every place on PATH where a program of one of these names could be. */
export function placesOnPath(names) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return names.flatMap((name) => folders.map((folder) => join(folder, name + suffix)));
}

/** Installs a package of Debian; false if this is no Debian, it may not, or it failed. */
export function installFromDebian(name) {
  const silent = { stdio: 'ignore' };
  if (!succeeds('apt-get', ['--version'], silent)) return false;
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && !succeeds('sudo', ['-n', 'true'], silent)) return false;
  const apt = (...args) => {
    const [command, ...rest] = [...(isRoot ? [] : ['sudo', '-n']), 'apt-get', '-y', ...args];
    return succeeds(command, rest, { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
  };
  return apt('update') && apt('install', '--no-install-recommends', name);
}

/** Unpacks packages of Debian into `cache`, and installs nothing: an installed one may start a service. Concurrent calls are harmless. */
export function unpackFromDebian(names, cache) {
  if (!succeeds('dpkg-deb', ['--version'], { stdio: 'ignore' })) return;
  mkdirSync(join(cache, '..'), { recursive: true });
  const stage = mkdtempSync(`${cache}-`);
  try {
    const download = () => succeeds('apt-get', ['-q', 'download', ...names], { cwd: stage });
    // A fresh machine has no package lists; only root can fetch them.
    if (!download() && !(succeeds('apt-get', ['-q', 'update']) && download())) return;
    const files = readdirSync(stage).filter((name) => name.endsWith('.deb'));
    if (files.length < names.length) return;
    if (!files.every((file) => succeeds('dpkg-deb', ['-x', file, 'unpacked'], { cwd: stage }))) return;
    try {
      renameSync(join(stage, 'unpacked'), cache);
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST'].includes(error.code)) throw error;
    }
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

/** Messages go to standard error: standard output is for the paths. */
export function succeeds(command, args, options = {}) {
  return spawnSync(command, args, { stdio: ['ignore', 2, 2], ...options }).status === 0;
}

/** If `url` is the program that was started, prints what it finds, one path per line; with `--find` it installs nothing. */
export function printPaths(url, { find, ensure }) {
  if (url !== pathToFileURL(process.argv[1] ?? '').href) return;
  try {
    const found = process.argv.includes('--find') ? find() : ensure();
    for (const path of [found].flat()) if (path) console.log(path);
    if (!found) process.exitCode = 1;
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
