import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { pathToFileURL } from 'node:url';

export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
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
