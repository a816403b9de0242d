// A display for the desktop app on a Linux without one: Xvfb, found or installed, on a free number.

import { spawn } from 'node:child_process';
import { installFromDebian, isExecutable, placesOnPath } from './find-program.mjs';

/** Larger than the window: Xvfb has no window manager that would fit it in. */
const SCREEN = '1600x1100x24';

const findXvfb = () => placesOnPath(['Xvfb']).find(isExecutable);

/**
 * The environment of a program that needs a display: empty where there is one.
 * @throws Error that says what to do.
 */
export async function openDisplay() {
  const isThere = process.platform !== 'linux' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY;
  if (isThere) return { env: {}, close() {} };
  const path = findXvfb() ?? (installFromDebian('xvfb') ? findXvfb() : undefined);
  if (!path) throw new Error('There is no display, and no Xvfb. Install the package "xvfb".');
  // It writes the number that it chose to this descriptor, once it is ready.
  const server = spawn(path, ['-displayfd', '3', '-screen', '0', SCREEN, '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  });
  const number = await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('exit', (code) => reject(new Error(`Xvfb ended with ${code}.`)));
    server.stdio[3].once('data', (text) => resolve(String(text).trim()));
  });
  return { env: { DISPLAY: `:${number}` }, close: () => server.kill() };
}
