import {
  expectRecords,
  expectState,
  ingestAtOnce,
  previewOf,
  recordsTaken,
  startRun,
} from '../fixtures/actions';
import { answerDialogs, pressKeys, test } from '../fixtures/desktop';
import type { ElectronWindow } from '../fixtures/electron-window';
import { expect } from '../fixtures/ingot';
import { SAMPLE } from '../fixtures/paths';

function chooseInMenu({ app }: ElectronWindow, id: string): Promise<void> {
  return app.evaluate(({ Menu }, name) => {
    const item = Menu.getApplicationMenu()?.getMenuItemById(name);
    if (!item) throw new Error(`the menu has no ${name}`);
    item.click();
  }, id);
}

/** The items of the menu's Run that can be chosen. */
function listPossible({ app }: ElectronWindow): Promise<string[]> {
  return app.evaluate(({ Menu }) => {
    const items = Menu.getApplicationMenu()?.items.flatMap(({ submenu }) => submenu?.items ?? []) ?? [];
    return items.filter(({ id, enabled }) => id?.startsWith('run.') && enabled).map(({ id }) => id);
  });
}

const VIEWS = {
  Accounts: '2',
  History: '3',
  Callbacks: '4',
  Report: '5',
  Runs: '6',
  Operations: '7',
  Logs: '8',
  Database: '9',
  Settings: ',',
  Live: '1',
};

test('the menu and its keys reach every view, the palette, the theme and the open dialog', async ({
  desktop,
  page,
}) => {
  for (const view of Object.keys(VIEWS)) {
    await chooseInMenu(desktop, `view.${view.toLowerCase()}`);
    await expect(page.getByRole('heading', { level: 1, name: view })).toBeVisible();
  }
  for (const [view, key] of Object.entries(VIEWS)) {
    await pressKeys(desktop, key, 'control');
    await expect(page.getByRole('heading', { level: 1, name: view })).toBeVisible();
  }
  await pressKeys(desktop, 'L', 'control', 'shift');
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'light');
  await pressKeys(desktop, 'K', 'control');
  await expect(page.getByRole('textbox', { name: 'Find anything' })).toBeFocused();
  await pressKeys(desktop, 'Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  const asked = await answerDialogs(desktop, 'showOpenDialog', [{ canceled: true, filePaths: [] }]);
  await pressKeys(desktop, 'O', 'control');
  await expect.poll(async () => (await asked()).length).toBe(1);
});

test('the menu offers for a run what is possible, and does it by its keys', async ({ desktop, page }) => {
  expect(await listPossible(desktop)).toEqual([]);
  await desktop.willChoose(SAMPLE);
  await pressKeys(desktop, 'O', 'control');
  await startRun(page, { delay: '10000', speed: '1' });
  await expect.poll(() => listPossible(desktop)).toEqual(['run.toggle', 'run.step', 'run.stop']);
  await pressKeys(desktop, 'Enter', 'control');
  await expectState(page, 'paused');
  await expect.poll(() => listPossible(desktop)).toEqual(['run.toggle', 'run.step', 'run.stop']);
  const before = await recordsTaken(page);
  await pressKeys(desktop, 'Enter', 'control', 'shift');
  await expectRecords(page, before + 1);
  await chooseInMenu(desktop, 'run.stop');
  await expectState(page, 'stopped');
  await expect.poll(() => listPossible(desktop)).toEqual(['run.again']);
});

test('a recent file in the menu is shown before anything of it runs', async ({ desktop, page }) => {
  await ingestAtOnce(desktop, SAMPLE);
  const recent = await desktop.app.evaluateHandle(({ Menu }) => {
    const items = Menu.getApplicationMenu()?.items.flatMap(({ submenu }) => submenu?.items ?? []) ?? [];
    return items.find(({ label }) => label === 'Open recent')?.submenu?.items ?? [];
  });
  expect(await recent.evaluate((items) => items.map(({ label }) => label))).toEqual(['sample.json']);
  await recent.evaluate(([item]) => item?.click());
  await expect(previewOf(page).getByRole('heading', { name: 'sample.json' })).toBeVisible();
});

test('the window is zoomed by keys, and keeps its zoom', async ({ desktop, openDesktop, page }) => {
  const zoomOf = ({ app }: ElectronWindow) =>
    app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.getZoomLevel());
  const widthOf = () => page.evaluate(() => window.innerWidth);
  const width = await widthOf();
  await pressKeys(desktop, 'Plus', 'control');
  await expect.poll(widthOf).toBeLessThan(width);
  await pressKeys(desktop, '0', 'control');
  await expect.poll(widthOf).toBe(width);
  await pressKeys(desktop, '-', 'control');
  await expect.poll(widthOf).toBeGreaterThan(width);
  const zoom = await zoomOf(desktop);
  await chooseInMenu(desktop, 'reload');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  expect(await zoomOf(desktop)).toBe(zoom);
  await desktop.close();
  expect(await zoomOf(await openDesktop())).toBe(zoom);
});
