import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pressKeys, test } from '../fixtures/desktop';
import type { ElectronWindow } from '../fixtures/electron-window';
import { expect } from '../fixtures/ingot';

const look = ({ app }: ElectronWindow) =>
  app.evaluate(({ BrowserWindow }) => {
    const [window] = BrowserWindow.getAllWindows();
    if (!window) throw new Error('there is no window');
    return {
      bounds: window.getNormalBounds(),
      ground: window.getBackgroundColor().toLowerCase(),
      isVisible: window.isVisible(),
      minimum: window.getMinimumSize(),
    };
  });

test('the window comes back where it was, in its size and its theme', async ({
  desktop,
  openDesktop,
  page,
  home,
}) => {
  const first = await look(desktop);
  expect(first).toMatchObject({ isVisible: true, minimum: [960, 600] });
  expect(first.bounds).toMatchObject({ width: 1440, height: 900 });

  const place = { x: 120, y: 90, width: 1111, height: 707 };
  await desktop.app.evaluate(({ BrowserWindow }, bounds) => {
    BrowserWindow.getAllWindows()[0]?.setBounds(bounds);
  }, place);
  await expect.poll(() => page.evaluate(() => window.innerWidth)).toBe(1111);
  await page.emulateMedia({ colorScheme: null });
  await pressKeys(desktop, 'L', 'control', 'shift');
  const scheme = await page.locator('html').getAttribute('data-mantine-color-scheme');
  // Kept soon after it was moved, so that a crash does not lose it.
  const kept = async () => JSON.parse(await readFile(join(home, 'data/desktop/window.json'), 'utf8'));
  await expect.poll(() => kept().catch(() => null)).toMatchObject({ bounds: place });
  await desktop.close();
  expect(await kept()).toEqual({ bounds: place, maximized: false, fullScreen: false, theme: scheme });

  expect(await look(await openDesktop())).toMatchObject({
    bounds: place,
    ground: scheme === 'dark' ? '#0d0e10' : '#f3f4f5',
  });
});

test('the page of the window is in a sandbox, without Node', async ({ desktop }) => {
  const preferences = await desktop.app.evaluate(({ BrowserWindow }) => {
    const [window, ...others] = BrowserWindow.getAllWindows();
    if (!window || others.length > 0) throw new Error('there is one window');
    // Not among Electron's types, and the only way to ask what a window really has.
    const contents = window.webContents as typeof window.webContents & { getLastWebPreferences(): object };
    return contents.getLastWebPreferences();
  });
  expect(preferences).toMatchObject({
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    webviewTag: false,
  });
});
