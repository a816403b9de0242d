// Finds a Chromium, or installs one, or says what to do.
//
//   node ops/ensure-chromium.mjs [--find]     prints its path; --find installs nothing

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installFromDebian, isExecutable, placesOnPath, printPaths, succeeds } from './find-program.mjs';

/** Set by the user. The first is ours, the others are those of other tools. */
const VARIABLES = ['CHROMIUM_PATH', 'CHROME_PATH', 'CHROME_BIN'];
const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome'];
const PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ...[process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)'], process.env.LOCALAPPDATA]
    .filter(Boolean)
    .map((folder) => join(folder, 'Google/Chrome/Application/chrome.exe')),
];

/** Playwright's own browser, if installed. */
function playwrightsOwn() {
  try {
    return createRequire(import.meta.url)('playwright').chromium.executablePath();
  } catch {
    return undefined;
  }
}

/** Undefined if there is none. */
export function findChromium() {
  for (const name of VARIABLES) {
    const path = process.env[name];
    if (!path) continue;
    if (isExecutable(path)) return path;
    throw new Error(`${name} names ${path}, which is not there or cannot be run.`);
  }
  return [...placesOnPath(NAMES), ...PLACES, playwrightsOwn()].find((path) => path && isExecutable(path));
}

function install() {
  if (installFromDebian('chromium')) return;
  const playwright = fileURLToPath(new URL('../node_modules/playwright/cli.js', import.meta.url));
  succeeds(process.execPath, [playwright, 'install', 'chromium']);
}

/**
 * Installs one if there is none.
 * @throws Error that says what to do.
 */
export function ensureChromium() {
  const found = findChromium();
  if (found) return found;
  process.stderr.write('No Chromium found: installing one.\n');
  install();
  const installed = findChromium();
  if (installed) return installed;
  throw new Error(
    `No Chromium was found and none could be installed. Install the package "chromium" or Google Chrome, ` +
      `or set ${VARIABLES[0]} to one.`,
  );
}

printPaths(import.meta.url, { find: findChromium, ensure: ensureChromium });
