import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deckOf, dropFile, expectState, goTo, grid, previewOf, rowsOf, startRun } from './fixtures/actions';
import { generateFile } from './fixtures/command-line';
import { holdOpening } from './fixtures/hold-opening';
import { expect, OPENING, test, untilOpened } from './fixtures/ingot';
import { findFaults, keepScreen, THEMES } from './fixtures/looks';
import { SAMPLE } from './fixtures/paths';
import { startWebHost } from './fixtures/web-host';

test('the window is there before its database is open, and shows nothing that it does not know', async ({
  home,
  openWindow,
}) => {
  const held = await holdOpening(home);
  const { page } = await openWindow('first picture');
  await expect(page.getByRole('heading', { name: OPENING })).toBeVisible();
  await expect(deckOf(page).getByText('opening', { exact: true })).toBeVisible();
  await expect(page.getByText('No run yet')).toHaveCount(0);
  await expect(deckOf(page).getByRole('list')).toHaveCount(0);
  const faults: string[] = [];
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    faults.push(...(await findFaults(page)));
    await keepScreen(page, `opening-${theme}`);
  }
  expect(faults).toEqual([]);
  await goTo(page, 'Accounts');
  await expect(page.getByRole('heading', { name: OPENING })).toBeVisible();
  // What needs no database is shown at once.
  await goTo(page, 'Logs');
  await expect(page.getByRole('heading', { name: OPENING })).toBeHidden();
  await goTo(page, 'Live');

  await held.release();
  await untilOpened(page);
  await expect(page.getByRole('heading', { name: 'Drop a file of account updates' })).toBeVisible();
  await expect(deckOf(page).getByText('No run yet')).toBeVisible();
  await expect(deckOf(page).getByText('ready', { exact: true })).toBeVisible();
});

test('a file dropped while the database is being opened is shown, and its run waits for it', async ({
  home,
  openWindow,
}) => {
  const file = await generateFile(home, 'dropped.json', { records: 40, accounts: 5, seed: 3 });
  const held = await holdOpening(home);
  const { page } = await openWindow('first picture');
  await dropFile(page, file);
  const preview = previewOf(page);
  await expect(preview.getByRole('heading', { name: 'dropped.json' })).toBeVisible();
  await expect(preview.getByRole('table').getByRole('row')).not.toHaveCount(1);
  await expect(preview.getByText('The run starts when the database is open.')).toBeVisible();
  await keepScreen(page, 'opening-preview');
  const started = startRun(page, { clock: 'Virtual' });
  await expect(preview.getByRole('button', { name: 'Starting…' })).toBeVisible();
  await held.release();
  await untilOpened(page);
  await started;
  await expectState(page, 'completed');
  await expect(deckOf(page).getByText('40 records')).toBeVisible();
  await goTo(page, 'Accounts');
  await expect(rowsOf(grid(page, 'Accounts'))).toHaveCount(5);
});

test('a dropped file whose database cannot be opened is kept, and can be run once it can', async ({
  home,
  openWindow,
}) => {
  const held = await holdOpening(home);
  const { page } = await openWindow('first picture');
  await dropFile(page, SAMPLE);
  await previewOf(page).getByText('Virtual', { exact: true }).click();
  await previewOf(page).getByRole('button', { name: 'Start run' }).click();
  await held.release('12');
  await untilOpened(page);
  await expect(
    page.getByRole('heading', { level: 1, name: 'The database is of another version of Postgres' }),
  ).toBeVisible();
  await expect(page.getByRole('alert').filter({ hasText: 'was made by Postgres 12' })).not.toHaveCount(0);
  const version = join(home, 'data/pg/PG_VERSION');
  await rm(version);
  await writeFile(version, '18\n');
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'The database is of' })).toBeHidden({
    timeout: 0,
  });
  await previewOf(page).getByRole('button', { name: 'Start run' }).click();
  await expectState(page, 'completed');
});

test('a file given at the start waits for the database', async ({ browserOnce, home, shell }) => {
  test.skip(shell !== 'web', 'The desktop app is given its file by the system.');
  const held = await holdOpening(home);
  const host = await startWebHost(home, ['--simulate', SAMPLE]);
  const context = await (await browserOnce()).newContext();
  try {
    const page = await context.newPage();
    await page.goto(host.address);
    await expect(page.getByRole('heading', { name: OPENING })).toBeVisible();
    const { origin } = new URL(host.address);
    expect((await page.request.get(`${origin}/healthz`)).status()).toBe(200);
    const ready = await page.request.get(`${origin}/readyz`);
    expect(ready.status()).toBe(503);
    expect(await ready.text()).toContain('being opened');
    await held.release();
    await untilOpened(page);
    await expectState(page, 'completed');
    await expect(deckOf(page).getByText('sample.json')).toBeVisible();
  } finally {
    await context.close();
    await host.stop();
  }
});
