import type { Page } from '@playwright/test';
import { goTo, grid, ingestAtOnce, rowsOf } from './fixtures/actions';
import { expect, test } from './fixtures/ingot';
import { keepScreen } from './fixtures/looks';
import { SAMPLE } from './fixtures/paths';

const chips = (page: Page) => page.getByRole('region', { name: 'Filters', exact: true });
const remove = (page: Page, words: string) =>
  chips(page).getByRole('button', { name: `Remove the filter: ${words}` });
const hashOf = (page: Page) => decodeURIComponent(new URL(page.url()).hash);

test('filters are chips in the address: Back undoes them, and a link carries them', async ({
  opened,
  page,
}) => {
  await ingestAtOnce(opened, SAMPLE);
  await goTo(page, 'History');
  await expect(chips(page)).toBeHidden();
  await page.locator('header').getByRole('button', { name: 'Outcome', exact: true }).click();
  await page.getByRole('checkbox', { name: 'stale' }).check();
  await page.keyboard.press('Escape');
  await expect(remove(page, 'Outcome: stale')).toBeVisible();
  await expect(chips(page)).toContainText('42 of 387 updates');
  await page.getByRole('textbox', { name: 'Id begins with' }).fill('  5 ');
  await expect(remove(page, 'Id begins with 5')).toBeVisible();
  expect(hashOf(page)).toBe('#/history?where=id^=5,outcome=stale');

  await page.goBack();
  await expect(remove(page, 'Id begins with 5')).toBeHidden();
  await expect(chips(page)).toContainText('42 of 387 updates');
  await page.goBack();
  await expect(chips(page)).toBeHidden();

  // By change, by JSON and by a stretch of the run's clock, as a link says it.
  await page.evaluate(() => {
    location.hash = '#/history?where=change<=-100,type!=mint,during=1@10s-60s,data.mintId';
  });
  await expect(rowsOf(grid(page, 'History'))).toHaveCount(3);
  await expect(chips(page)).toContainText('3 of 387 updates');
  await keepScreen(page, 'tour-fell');
  await remove(page, 'Tokens fell by ≥ 100').click();
  await expect(chips(page)).not.toContainText('3 of 387');
  await page.getByRole('button', { name: /^More/ }).click();
  await page.getByText('Rose', { exact: true }).click();
  const json = page.getByRole('combobox', { name: 'In the JSON, then Enter' });
  await json.focus();
  await expect(page.locator('datalist option[value="mintId = "]')).toBeAttached();
  await json.fill('mintId ^= "FC"');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  await expect(remove(page, 'JSON: mintId^="FC"')).toBeVisible();
  expect(hashOf(page)).toContain('change>=1');

  // The host remembers the last one for the view.
  const kept = hashOf(page);
  await goTo(page, 'Accounts');
  await expect(chips(page)).toBeHidden();
  await goTo(page, 'History');
  await expect.poll(() => hashOf(page)).toBe(kept);
  await chips(page).getByRole('button', { name: 'Clear all' }).click();
  await expect(chips(page)).toBeHidden();
  expect(hashOf(page)).toBe('#/history');
});

test('callbacks are filtered like the others, and sorted by time in both directions', async ({
  opened,
  page,
}) => {
  await ingestAtOnce(opened, SAMPLE);
  await page.evaluate(() => {
    location.hash = '#/callbacks/fired?where=during=1@10s-20s';
  });
  const table = grid(page, 'Callbacks fired');
  const times = () => table.locator('[role="gridcell"][data-column="settled"]').allTextContents();
  await expect(chips(page)).toContainText(/\d+ of 289 fired callbacks/);
  await expect.poll(async () => (await times())[0]).toMatch(/^00:1[89]|^00:20/);
  await table.getByRole('columnheader', { name: 'Fired' }).click();
  await expect.poll(async () => (await times())[0]).toMatch(/^00:1[01]/);
  await page.getByRole('tab', { name: 'cancelled' }).click();
  await expect(chips(page)).toContainText(/\d+ of 56 cancelled callbacks/);
});

test('a cell filters and is copied, and rows are selected by mouse and keys', async ({ opened, page }) => {
  test.skip(test.info().project.name !== 'web', 'a page of the desktop may not read the clipboard');
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  const copied = () => page.evaluate(() => navigator.clipboard.readText());
  await ingestAtOnce(opened, SAMPLE);
  await goTo(page, 'History');
  const table = grid(page, 'History');
  const cell = (row: number, column: string) => rowsOf(table).nth(row).locator(`[data-column="${column}"]`);
  const item = (name: string) => page.getByRole('menuitem', { name, exact: true });

  await cell(0, 'accountType').click({ button: 'right' });
  await item('Not this').click();
  await expect(remove(page, 'Type: not escrow')).toBeVisible();
  await expect(cell(0, 'accountType')).toHaveText('mint');
  await cell(0, 'tokens').click({ button: 'right' });
  await item('Copy value').click();
  await expect.poll(copied).toBe('361');
  await cell(0, 'tokens').click({ button: 'right' });
  await item('Only this').click();
  await expect(remove(page, 'Tokens 361')).toBeVisible();
  await chips(page).getByRole('button', { name: 'Clear all' }).click();
  await expect(cell(0, 'seq')).toHaveText('668');

  // Three rows by the mouse, then one more by the keyboard.
  await cell(0, 'time').click();
  await cell(2, 'time').click({ modifiers: ['Shift'] });
  await page.keyboard.press('Shift+ArrowDown');
  await expect(page.getByRole('status').filter({ hasText: '4 selected' })).toBeVisible();
  await cell(1, 'time').click({ modifiers: ['ControlOrMeta'] });
  await expect(page.getByRole('status').filter({ hasText: '3 selected' })).toBeVisible();
  await page.keyboard.press('Shift+F10');
  await item('Copy SQL that finds them').click();
  await expect.poll(copied).toBe('SELECT * FROM account_updates WHERE seq IN (668, 664, 663) ORDER BY seq;');
  await page.getByRole('button', { name: 'Copy CSV', exact: true }).click();
  await expect.poll(async () => (await copied()).trim().split('\n').length).toBe(4);
  await page.getByRole('button', { name: 'Select none' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'selected' })).toBeHidden();
});

test('a view is saved under a name: filter, order and columns', async ({ opened, page }) => {
  await ingestAtOnce(opened, SAMPLE);
  await goTo(page, 'Accounts');
  const table = grid(page, 'Accounts');
  const views = page.getByRole('button', { name: /^Views/ });
  await page.evaluate(() => {
    location.hash = '#/accounts?where=type=mint';
  });
  await expect(remove(page, 'Type: mint')).toBeVisible();
  await table.getByRole('columnheader', { name: 'Tokens' }).click();
  await table.getByRole('columnheader', { name: 'Version' }).click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Hide', exact: true }).click();
  await views.click();
  await page.getByRole('textbox', { name: 'Save filter, order and columns as' }).fill('Rich mints');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  await expect(views).toContainText('Rich mints');

  // Everything is changed, and comes back by the name, in a window that is loaded again.
  await chips(page).getByRole('button', { name: 'Clear all' }).click();
  await table.getByRole('columnheader', { name: 'Updated' }).click();
  await table.getByRole('columnheader', { name: 'Tokens' }).click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Reset columns', exact: true }).click();
  await page.keyboard.press('Escape');
  await expect(table.getByRole('columnheader', { name: 'Version' })).toBeVisible();
  await views.click();
  await page.getByRole('button', { name: 'Rich mints', exact: true }).click();
  await page.keyboard.press('Escape');
  await expect(remove(page, 'Type: mint')).toBeVisible();
  await expect(table.getByRole('columnheader', { name: 'Version' })).toHaveCount(0);
  await expect(table.getByRole('columnheader', { name: 'Tokens' })).toHaveAttribute(
    'aria-sort',
    'descending',
  );

  await views.click();
  await page.getByRole('button', { name: 'Delete the view Rich mints' }).click();
  await expect(page.getByRole('button', { name: 'Rich mints', exact: true })).toHaveCount(0);
});
