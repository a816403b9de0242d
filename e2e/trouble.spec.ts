import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deckOf, expectState, goTo, grid, ingestAtOnce, transport } from './fixtures/actions';
import { expect, test } from './fixtures/ingot';
import { findFaults, keepScreen, THEMES } from './fixtures/looks';
import { SAMPLE } from './fixtures/paths';
import { startWebHost } from './fixtures/web-host';

/** The few bytes that Postgres reads first, and needs. */
async function damage(home: string): Promise<void> {
  await writeFile(join(home, 'data/pg/global/pg_control'), Buffer.alloc(8192, 7));
}

test('a damaged database is shown as damaged, not changed, and moved aside for an empty one', async ({
  home,
  openWindow,
}) => {
  await damage(home);
  const { page } = await openWindow();
  await expect(page.getByRole('heading', { level: 1, name: 'The database is damaged' })).toBeVisible();
  await expect(page.getByText(join(home, 'data'), { exact: true })).toBeVisible();
  const faults: string[] = [];
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    faults.push(...(await findFaults(page)));
    await keepScreen(page, `trouble-${theme}`);
  }
  expect(faults).toEqual([]);

  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('button', { name: 'Try again' })).toBeEnabled();
  await expect(page.getByRole('heading', { level: 1, name: 'The database is damaged' })).toBeVisible();
  await page.getByRole('button', { name: 'Start afresh…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Move aside and start afresh' }).click();
  await expect(page.getByRole('heading', { name: 'Drop a file of account updates' })).toBeVisible();
  const aside = (await readdir(join(home, 'data'))).filter((name) => /^pg\.aside-\d{8}T\d{6}Z$/.test(name));
  expect(aside).toHaveLength(1);
  expect(await readdir(join(home, 'data', aside[0] ?? ''))).toContain('PG_VERSION');
});

test('a backup brings a damaged database back', async ({ home, opened, openWindow }) => {
  await ingestAtOnce(opened, SAMPLE);
  await goTo(opened.page, 'Database');
  await opened.page.getByRole('button', { name: 'Back up now' }).click();
  await expect(opened.page.getByRole('region', { name: 'Backups' }).getByRole('listitem')).toHaveCount(1);
  await opened.close();
  await damage(home);

  const { page } = await openWindow();
  await page
    .getByRole('list', { name: 'Backups' })
    .getByRole('button', { name: /^Restore/ })
    .click();
  await page.getByRole('dialog').getByRole('button', { name: 'Set aside and restore' }).click();
  await goTo(page, 'Runs');
  await expect(page.getByRole('region', { name: 'Run 1' }).getByText('completed')).toBeVisible();
  await expectState(page, 'completed');
  await expect(deckOf(page).getByText('sample.json')).toBeVisible();
});

test('a database that came back earlier says how much is missing', async ({ home, opened, openWindow }) => {
  await ingestAtOnce(opened, SAMPLE);
  await opened.close();
  // As after a power cut that lost the end: more was acknowledged than is there.
  const file = join(home, 'data/ingot.high-water.json');
  const mark: { updates: string } = JSON.parse(await readFile(file, 'utf8'));
  await writeFile(file, JSON.stringify({ ...mark, updates: String(BigInt(mark.updates) + 3n) }));

  const { page } = await openWindow();
  const banner = page.getByRole('alert').filter({ hasText: 'missing acknowledged updates' });
  await expect(banner).toContainText('3 updates are missing.');
  const faults: string[] = [];
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    faults.push(...(await findFaults(page)));
    await keepScreen(page, `setback-${theme}`);
  }
  expect(faults).toEqual([]);
  await banner.getByRole('button', { name: 'Restore a backup…' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Database' })).toBeVisible();
  await banner.getByRole('button', { name: 'Dismiss' }).click();
  await expect(banner).toBeHidden();
});

test('a window whose program has ended says so, and reconnects by itself when it is started again', async ({
  browserOnce,
  home,
  shell,
}) => {
  test.skip(shell !== 'web', 'The window of the desktop app ends with its program.');
  const before = await startWebHost(home, ['--delay', '60000', SAMPLE]);
  const context = await (await browserOnce()).newContext();
  const page = await context.newPage();
  const twin = await context.newPage();
  try {
    await page.goto(before.address);
    await expect(transport(page, 'Pause')).toHaveAttribute('aria-disabled', 'false');
    await page.evaluate(() => Object.assign(window, { ofBefore: true }));
    await expect(grid(page, 'Live log')).toBeVisible();
    await twin.goto(new URL(before.address).origin);
    await expect(transport(twin, 'Pause')).toHaveAttribute('aria-disabled', 'false');
  } finally {
    await before.kill();
  }
  const ended = page.getByRole('alert').filter({ hasText: 'Ingot has ended.' });
  await expect(ended).toContainText('Start it again');
  await expect(ended.getByRole('button')).toHaveCount(0);
  await expect(page).toHaveTitle('disconnected – Ingot');
  await expect(deckOf(page).getByText('disconnected', { exact: true })).toBeVisible();
  for (const button of await deckOf(page)
    .getByRole('group', { name: 'Transport' })
    .getByRole('button')
    .all()) {
    await expect(button).toHaveAttribute('aria-disabled', 'true');
  }
  // A part of the window that was not loaded yet is no second problem. A failed action is reported, and can be dismissed.
  const told = page.getByRole('alert').filter({ hasNotText: 'Ingot has ended.' });
  await expect(told).toHaveCount(0);
  await page.getByRole('group', { name: 'Events shown' }).getByRole('button', { name: 'stale' }).click();
  await expect(told).toContainText('Ingot is not connected.');
  await told.getByRole('button', { name: 'Dismiss message' }).click();
  await expect(told).toHaveCount(0);
  const faults: string[] = [];
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    faults.push(...(await findFaults(page)));
    await keepScreen(page, `ended-${theme}`);
  }
  expect(faults).toEqual([]);

  // The port was not chosen, so the last one is used again.
  const after = await startWebHost(home);
  const stranger = await (await browserOnce()).newContext();
  try {
    expect(new URL(after.address).origin).toBe(new URL(before.address).origin);
    await expect(deckOf(page).getByText('interrupted', { exact: true })).toBeVisible();
    await expect(ended).toBeHidden();
    await expect(deckOf(twin).getByText('interrupted', { exact: true })).toBeVisible();
    // The program may be a newer one, so its pages are loaded again.
    expect(await page.evaluate(() => 'ofBefore' in window)).toBe(false);
    // Nothing has happened since, and the interrupted run is offered beside the invitation.
    await expect(page.getByRole('heading', { name: 'Drop a file of account updates' })).toBeVisible();
    await expect(page.getByRole('region', { name: 'Interrupted runs' })).toContainText(
      '1 run was interrupted.',
    );
    await keepScreen(page, 'cut-off-empty');

    // Another browser needs a link: a used address says where to get one.
    const other = await stranger.newPage();
    await other.goto(after.address);
    await expect(deckOf(other).getByText('interrupted', { exact: true })).toBeVisible();
    await stranger.clearCookies();
    await other.goto(after.address);
    await expect(
      other.getByRole('heading', { level: 1, name: 'This link is no longer valid' }),
    ).toBeVisible();
    for (const theme of THEMES) {
      await other.emulateMedia({ colorScheme: theme });
      faults.push(...(await findFaults(other)));
      await keepScreen(other, `void-link-${theme}`);
    }
    expect(faults).toEqual([]);

    await goTo(page, 'Settings');
    await page.getByRole('button', { name: 'Link for another browser' }).click();
    const link = page.getByRole('status').filter({ hasText: 'http://127.0.0.1:' });
    await keepScreen(page, 'link');
    await other.goto(await link.innerText());
    await expect(deckOf(other).getByText('interrupted', { exact: true })).toBeVisible();
  } finally {
    await context.close();
    await stranger.close();
    await after.stop();
  }
});

test('a window that its program does not know any more says what to open', async ({
  browserOnce,
  home,
  shell,
}) => {
  test.skip(shell !== 'web', 'The window of the desktop app ends with its program.');
  const before = await startWebHost(home);
  const { port } = new URL(before.address);
  const context = await (await browserOnce()).newContext();
  const page = await context.newPage();
  try {
    await page.goto(before.address);
    await expect(deckOf(page).getByText('ready', { exact: true })).toBeVisible();
  } finally {
    await before.stop();
  }
  await rm(join(home, 'data/ingot.web.json'));
  const after = await startWebHost(home, ['--port', port]);
  try {
    const refused = page.getByRole('alert').filter({ hasText: 'Ingot was started again.' });
    await expect(refused).toContainText('Open the address that it printed');
    const opened = await context.newPage();
    await opened.goto(after.address);
    await refused.getByRole('button', { name: 'Reload' }).click();
    await expect(deckOf(page).getByText('ready', { exact: true })).toBeVisible();
  } finally {
    await context.close();
    await after.stop();
  }
});

test('a data directory that is gone is shown as such, and opens again once it is back', async ({
  home,
  opened,
}) => {
  const { page } = opened;
  const [there, away] = [join(home, 'data'), join(home, 'data-away')];
  await ingestAtOnce(opened, SAMPLE);
  await rename(there, away);
  // The next read hits it: the database's size is read from its files.
  await page.evaluate(() => window.location.assign('#/database'));
  await expect(page.getByRole('heading', { level: 1, name: 'The data directory is gone' })).toBeVisible();
  const faults: string[] = [];
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    faults.push(...(await findFaults(page)));
    await keepScreen(page, `gone-${theme}`);
  }
  expect(faults).toEqual([]);
  await expect(page.getByRole('button', { name: 'Start afresh…' })).toHaveCount(0);
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('button', { name: 'Try again' })).toBeEnabled();
  await expect(page.getByRole('heading', { level: 1, name: 'The data directory is gone' })).toBeVisible();
  await rm(there, { recursive: true, force: true });
  await rename(away, there);
  await page.getByRole('button', { name: 'Try again' }).click();
  await goTo(page, 'Runs');
  await expect(page.getByRole('region', { name: 'Run 1' }).getByText('completed')).toBeVisible();
});
