// Where Electron's own program is, and one try to get it. Its package comes without it; asking the package
// (`require('electron')`) would start the download, so the files are looked at instead.

import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from './ensure-built.mjs';

export const PACKAGE = join(ROOT, 'node_modules/electron');
/** Says that the last try failed, and by its time when. */
export const FAILED = join(ROOT, 'node_modules/.cache/ingot/electron-out-of-reach');

/** A download that brings nothing for so long is given up. One that goes on may take its time. */
const LONGEST_SILENCE_MS = 20_000;
const TRY_AGAIN_AFTER_MS = 24 * 3_600_000;

/** Path of Electron's program; undefined if it is not there. */
export function findElectron(variables = process.env, packageDirectory = PACKAGE) {
  const directory = variables.ELECTRON_OVERRIDE_DIST_PATH;
  let name;
  try {
    name = readFileSync(join(packageDirectory, 'path.txt'), 'utf8').trim();
  } catch {
    // Its package takes the plain name where it was never told another.
    name = directory ? 'electron' : undefined;
  }
  const path = name && join(directory || join(packageDirectory, 'dist'), name);
  return path && existsSync(path) ? path : undefined;
}

/** A machine without a way out should not wait at each start. */
export function hasFailedLately(failed = FAILED) {
  const stat = statSync(failed, { throwIfNoEntry: false });
  return stat !== undefined && Date.now() - stat.mtimeMs < TRY_AGAIN_AFTER_MS;
}

/** Bytes of all files below, as far as they can be seen. */
function sizeOf(directory) {
  try {
    return readdirSync(directory, { recursive: true })
      .map((name) => statSync(join(directory, name), { throwIfNoEntry: false }))
      .reduce((sum, stat) => sum + (stat?.isFile() ? stat.size : 0), 0);
  } catch {
    return 0;
  }
}

/**
 * Runs the package's own installer; gives the path of the program, or undefined. A failure is remembered.
 * Nothing goes to standard output: that belongs to the program that is about to start.
 */
export async function fetchElectron({
  packageDirectory = PACKAGE,
  failed = FAILED,
  longestSilenceMs = LONGEST_SILENCE_MS,
} = {}) {
  // A directory of its own for what comes in shows whether anything does.
  const incoming = mkdtempSync(join(tmpdir(), 'ingot-electron-'));
  const temporary = { TMPDIR: incoming, TEMP: incoming, TMP: incoming };
  const installer = spawn(process.execPath, [join(packageDirectory, 'install.js')], {
    stdio: 'ignore',
    env: { ...process.env, ...temporary },
  });
  let size = 0;
  let heardAtMs = Date.now();
  const watch = setInterval(
    () => {
      const now = sizeOf(incoming) + sizeOf(join(packageDirectory, 'dist'));
      if (now !== size) heardAtMs = Date.now();
      size = now;
      if (Date.now() - heardAtMs > longestSilenceMs) installer.kill('SIGKILL');
    },
    Math.min(500, longestSilenceMs),
  );
  const ok = await new Promise((resolve) => {
    installer.once('error', () => resolve(false));
    installer.once('exit', (code) => resolve(code === 0));
  });
  clearInterval(watch);
  rmSync(incoming, { recursive: true, force: true });
  const path = ok ? findElectron({}, packageDirectory) : undefined;
  if (path) {
    rmSync(failed, { force: true });
    return path;
  }
  mkdirSync(dirname(failed), { recursive: true });
  writeFileSync(failed, '');
  return undefined;
}
