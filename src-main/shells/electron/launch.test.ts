import { chmodSync, existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chooseShell, composeElectronArguments, composeEnvironment } from '../../../ops/choose-shell.mjs';
import { fetchElectron, findElectron, hasFailedLately } from '../../../ops/electron-runtime.mjs';
import { createTestFolder } from '../../database/testing/each-database';

const onDisplay = {
  args: ['data/a.json'],
  platform: 'linux',
  variables: { DISPLAY: ':0' },
  hasRuntime: true,
  failedLately: false,
} as const;

describe('npm start opens', () => {
  it('the desktop app where its runtime is there', () => {
    expect(chooseShell(onDisplay)).toBe('electron');
    expect(chooseShell({ ...onDisplay, variables: { WAYLAND_DISPLAY: 'wayland-0' } })).toBe('electron');
    expect(chooseShell({ ...onDisplay, platform: 'darwin', variables: {} })).toBe('electron');
    expect(chooseShell({ ...onDisplay, platform: 'win32', variables: {} })).toBe('electron');
  });

  it('the desktop app where its runtime is there, also where nothing may be downloaded', () => {
    expect(chooseShell({ ...onDisplay, variables: { DISPLAY: ':0', CI: 'true' } })).toBe('electron');
  });

  it('the web shell where there is no display', () => {
    expect(chooseShell({ ...onDisplay, variables: {} })).toBe('web');
    expect(chooseShell({ ...onDisplay, variables: {}, hasRuntime: false })).toBe('web');
  });

  it.each([['--port=8080'], ['--port'], ['--no-open'], ['--allow-dir'], ['--help'], ['-h']])(
    'the web shell for %s, which only that knows',
    (flag) => {
      expect(chooseShell({ ...onDisplay, args: ['a.json', flag] })).toBe('web');
    },
  );

  it('what it opened before for flags that both know', () => {
    expect(chooseShell({ ...onDisplay, args: ['--data-dir', 'x', '--speed=20', '--portable'] })).toBe(
      'electron',
    );
  });

  it('the desktop app after a try to get its runtime', () => {
    expect(chooseShell({ ...onDisplay, hasRuntime: false })).toBe('fetch');
  });

  it.each(['CI', 'INGOT_NO_DOWNLOAD', 'ELECTRON_SKIP_BINARY_DOWNLOAD'])(
    'the web shell without a try where %s is set',
    (name) => {
      const variables = { DISPLAY: ':0', [name]: '1' };
      expect(chooseShell({ ...onDisplay, hasRuntime: false, variables })).toBe('web');
    },
  );

  it('the web shell without a try where the last one failed', () => {
    expect(chooseShell({ ...onDisplay, hasRuntime: false, failedLately: true })).toBe('web');
  });

  it("the desktop app with Chromium's sandbox, but for root", () => {
    const args = ['a.json', '--speed', '2'];
    expect(composeElectronArguments({ root: '/ingot/', args, isRoot: false })).toEqual(['/ingot/', ...args]);
    expect(composeElectronArguments({ root: '/ingot/', args, isRoot: true })).toEqual([
      '--no-sandbox',
      '/ingot/',
      ...args,
    ]);
  });

  it('either without what was meant for the launcher alone', () => {
    const variables = { INGOT_NO_DOWNLOAD: '1', ELECTRON_RUN_AS_NODE: '1', INGOT_SPEED: '2', HOME: '/me' };
    expect(composeEnvironment(variables)).toEqual({ INGOT_SPEED: '2', HOME: '/me' });
  });
});

/** A package as npm installs it, with an installer that the test supplies. */
function createPackage(installer: string) {
  const directory = createTestFolder();
  writeFileSync(join(directory, 'install.js'), installer);
  return { packageDirectory: directory, failed: join(directory, 'cache/failed') };
}

function putRuntime(directory: string, name: string) {
  mkdirSync(join(directory, 'dist'), { recursive: true });
  writeFileSync(join(directory, 'dist', name), '');
  chmodSync(join(directory, 'dist', name), 0o755);
}

describe("Electron's runtime", () => {
  it('is where the package says', () => {
    const { packageDirectory } = createPackage('');
    putRuntime(packageDirectory, 'electron');
    expect(findElectron({}, packageDirectory)).toBeUndefined();
    writeFileSync(join(packageDirectory, 'path.txt'), 'electron');
    expect(findElectron({}, packageDirectory)).toBe(join(packageDirectory, 'dist/electron'));
  });

  it('is not there if the package says so but has none', () => {
    const { packageDirectory } = createPackage('');
    writeFileSync(join(packageDirectory, 'path.txt'), 'electron');
    expect(findElectron({}, packageDirectory)).toBeUndefined();
  });

  it('is where ELECTRON_OVERRIDE_DIST_PATH says, whatever the package has', () => {
    const { packageDirectory } = createPackage('');
    const own = createTestFolder();
    expect(findElectron({ ELECTRON_OVERRIDE_DIST_PATH: own }, packageDirectory)).toBeUndefined();
    writeFileSync(join(own, 'electron'), '');
    expect(findElectron({ ELECTRON_OVERRIDE_DIST_PATH: own }, packageDirectory)).toBe(join(own, 'electron'));
  });

  it('is fetched by the installer of the package', async () => {
    const options = createPackage(`
      const { mkdirSync, writeFileSync } = require('node:fs');
      const { join } = require('node:path');
      mkdirSync(join(__dirname, 'dist'));
      writeFileSync(join(__dirname, 'dist/electron'), '');
      writeFileSync(join(__dirname, 'path.txt'), 'electron');
    `);
    expect(await fetchElectron(options)).toBe(join(options.packageDirectory, 'dist/electron'));
    expect(hasFailedLately(options.failed)).toBe(false);
  });

  it.each([
    ['fails', 'process.exit(1)'],
    ['says it is done and brought nothing', 'process.exit(0)'],
  ])('is not there if the installer %s, and that is remembered for a day', async (_how, installer) => {
    const options = createPackage(installer);
    expect(await fetchElectron(options)).toBeUndefined();
    expect(hasFailedLately(options.failed)).toBe(true);
    const dayAgo = Date.now() / 1000 - 86_401;
    utimesSync(options.failed, dayAgo, dayAgo);
    expect(hasFailedLately(options.failed)).toBe(false);
  });

  it('is given up when nothing comes in', async () => {
    const options = createPackage('setInterval(() => {}, 1000)');
    expect(await fetchElectron({ ...options, longestSilenceMs: 50 })).toBeUndefined();
    expect(existsSync(options.failed)).toBe(true);
  });
});
