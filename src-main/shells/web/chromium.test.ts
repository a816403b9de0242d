import { describe, expect, it } from 'vitest';
import { findChromium, hasDisplay } from './chromium';

describe('a browser for the window', () => {
  it.each([
    ['linux', {}, false],
    ['linux', { DISPLAY: '' }, false],
    ['linux', { DISPLAY: ':0' }, true],
    ['linux', { WAYLAND_DISPLAY: 'wayland-0' }, true],
    ['darwin', {}, true],
    ['win32', {}, true],
  ] as const)('on %s with %j has a display: %s', (platform, variables, expected) => {
    expect(hasDisplay(platform, variables)).toBe(expected);
  });

  it('is looked for in every directory of PATH, in the order of its names', () => {
    const there = new Set(['/b/google-chrome', '/c/chromium', '/a/google-chrome']);
    const isRunnable = (path: string) => there.has(path);
    expect(findChromium('linux', { PATH: '/a:/b:/c' }, isRunnable)).toBe('/c/chromium');
    there.delete('/c/chromium');
    expect(findChromium('linux', { PATH: '/a:/b:/c' }, isRunnable)).toBe('/a/google-chrome');
    expect(findChromium('linux', { PATH: '' }, isRunnable)).toBeUndefined();
  });

  it('is looked for where it is installed on other systems', () => {
    const edge = 'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe';
    const variables = { 'PROGRAMFILES(X86)': 'C:\\Program Files (x86)' };
    expect(findChromium('win32', variables, (path) => path === edge)).toBe(edge);
    expect(findChromium('darwin', {}, (path) => path.includes('Chromium.app'))).toBe(
      '/Applications/Chromium.app/Contents/MacOS/Chromium',
    );
  });
});
