import { join } from 'node:path';
import { goTo, grid, ingestAtOnce, rowsOf } from '../fixtures/actions';
import { answerDialogs, test } from '../fixtures/desktop';
import type { ElectronWindow } from '../fixtures/electron-window';
import { expect } from '../fixtures/ingot';
import { SAMPLE } from '../fixtures/paths';
import { beginRun, expectWhole } from '../fixtures/slow-run';

/** Ends the process of the window's page, as the system does when memory runs out, and waits until it is loaded again. */
function killPage({ app }: ElectronWindow, { comesBack } = { comesBack: true }): Promise<void> {
  return app.evaluate(async ({ BrowserWindow }, waits) => {
    const contents = BrowserWindow.getAllWindows()[0]?.webContents;
    const gone = new Promise((resolve) => contents?.once('render-process-gone', resolve));
    const loaded = new Promise<void>((resolve) => contents?.once('did-finish-load', () => resolve()));
    process.kill(contents?.getOSProcessId() ?? 0, 'SIGKILL');
    await (waits ? loaded : gone);
  }, comesBack);
}

/** What the page shows: Playwright's own page does not outlive a crash. */
const textOf = ({ app }: ElectronWindow) =>
  app.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.webContents.executeJavaScript('document.body.innerText'),
  );

test('a window whose page is killed comes back and says so; a second time within a minute it asks', async ({
  desktop,
  openDesktop,
  home,
}) => {
  const file = await beginRun(desktop, home);
  const asked = await answerDialogs(desktop, 'showMessageBox', [{ response: 0 }]);
  await killPage(desktop);
  await expect.poll(() => textOf(desktop)).toContain('cut-off.json');
  expect(await asked()).toMatchObject([
    { message: 'The window stopped working and was loaded again. The run was not affected.' },
  ]);

  await killPage(desktop);
  await expect.poll(async () => (await asked()).length).toBe(2);
  expect((await asked())[1]).toMatchObject({
    message: 'The window stopped working again.',
    buttons: ['Reload window', 'Quit'],
    cancelId: 1,
  });
  await expect.poll(() => textOf(desktop), { timeout: 120_000 }).toContain('completed');
  await desktop.close();

  const { page } = await openDesktop();
  await expectWhole(page, home, file);
});

test('a window that keeps crashing ends if the person says so', async ({ desktop }) => {
  await answerDialogs(desktop, 'showMessageBox', [{ response: 0 }, { response: 1 }]);
  await killPage(desktop);
  await expect.poll(() => textOf(desktop)).toContain('Drop a file of account updates');
  const ended = new Promise((resolve) => desktop.app.process().once('exit', resolve));
  await killPage(desktop, { comesBack: false });
  expect(await ended).toBe(0);
});

test('a window that hangs is ended and loaded again if the person wants', async ({ desktop, page }) => {
  const asked = await answerDialogs(desktop, 'showMessageBox', [{ response: 0 }]);
  void page
    .evaluate(() => {
      for (;;);
    })
    .catch(() => undefined);
  // Electron says so after half a minute of unanswered keys.
  await desktop.app.evaluate(async ({ BrowserWindow }) => {
    const contents = BrowserWindow.getAllWindows()[0]?.webContents;
    const loaded = new Promise<void>((resolve) => contents?.once('did-finish-load', () => resolve()));
    contents?.emit('unresponsive');
    await loaded;
  });
  await expect.poll(() => textOf(desktop)).toContain('Drop a file of account updates');
  expect((await asked()).map(({ message }) => message)).toEqual([
    'The window does not answer.',
    'The window stopped working and was loaded again. The run was not affected.',
  ]);
});

test('a killed graphics process is replaced, and the window goes on', async ({ desktop, page }) => {
  const graphics = () =>
    desktop.app.evaluate(({ app }) => app.getAppMetrics().find(({ type }) => type === 'GPU')?.pid ?? 0);
  await expect.poll(graphics).not.toBe(0);
  const before = await graphics();
  process.kill(before, 'SIGKILL');
  await expect.poll(async () => [0, before].includes(await graphics())).toBe(false);
  await ingestAtOnce(desktop, SAMPLE);
  expect((await page.screenshot()).length).toBeGreaterThan(10_000);
  await goTo(page, 'Logs');
  const warnings = rowsOf(grid(page, 'Log')).filter({ hasText: 'a process of Electron ended' });
  await expect(warnings.filter({ hasText: 'GPU' })).not.toHaveCount(0);
});

test('a database whose thread is killed during a run is opened again, and the run continues', async ({
  openDesktop,
  home,
}) => {
  const desktop = await openDesktop([], ['-r', join(import.meta.dirname, '../fixtures/keep-threads.cjs')]);
  const { page } = desktop;
  const file = await beginRun(desktop, home);
  await desktop.app.evaluate(async () => {
    const { threads } = globalThis as unknown as { threads: { terminate(): Promise<number> }[] };
    if (threads.length !== 1) throw new Error(`there are ${threads.length} threads`);
    await threads[0]?.terminate();
  });
  await expect(page.getByText(/^The database was lost/).first()).toBeVisible();
  await expect(
    page.getByText('The database is open again. Nothing acknowledged was lost.').first(),
  ).toBeVisible();
  await expectWhole(page, home, file);
  await goTo(page, 'Logs');
  const log = rowsOf(grid(page, 'Log'));
  await expect(log.filter({ hasText: 'the database was lost' })).toHaveCount(1);
  await expect(log.filter({ hasText: 'database opened' })).toHaveCount(2);
});
