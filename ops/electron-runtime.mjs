// Finds Electron's program, and tries once to fetch it. Its package comes without it; `require('electron')` would start the
// download, so the files are checked instead.

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

const PACKAGE = join(ROOT, 'node_modules/electron');
/** Marks a failed try; its time says when. */
export const FAILED = join(ROOT, 'node_modules/.cache/ingot/electron-out-of-reach');

/** A download without progress for this long is aborted. A slow one may continue. */
const LONGEST_SILENCE_MS = 20_000;
const TRY_AGAIN_AFTER_MS = 24 * 3_600_000;

/** Undefined if it is not there. */
export function findElectron(variables = process.env, packageDirectory = PACKAGE) {
  const directory = variables.ELECTRON_OVERRIDE_DIST_PATH;
  let name;
  try {
    name = readFileSync(join(packageDirectory, 'path.txt'), 'utf8').trim();
  } catch {
    // If no other name was given, its package uses the plain one.
    name = directory ? 'electron' : undefined;
  }
  const path = name && join(directory || join(packageDirectory, 'dist'), name);
  return path && existsSync(path) ? path : undefined;
}

/** A machine without internet should not wait at each start. */
export function hasFailedLately(failed = FAILED) {
  const stat = statSync(failed, { throwIfNoEntry: false });
  return stat !== undefined && Date.now() - stat.mtimeMs < TRY_AGAIN_AFTER_MS;
}

/** Bytes of all readable files below. */
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
 * Runs the package's installer; returns the program's path, or undefined. A failure is remembered. Writes nothing to standard
 * output, which belongs to the program about to start.
 */
export async function fetchElectron({
  packageDirectory = PACKAGE,
  failed = FAILED,
  longestSilenceMs = LONGEST_SILENCE_MS,
} = {}) {
  // A separate directory for the download shows its progress.
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
