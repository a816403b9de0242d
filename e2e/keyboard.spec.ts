import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator } from '@playwright/test';
import {
  chooseFile,
  deckOf,
  expectState,
  goTo,
  grid,
  ingestAtOnce,
  previewOf,
  rowsOf,
  startRun,
  tipOf,
} from './fixtures/actions';
import { generateFile } from './fixtures/command-line';
import { expect, test } from './fixtures/ingot';
import { keepScreen } from './fixtures/looks';
import { SAMPLE } from './fixtures/paths';

test('the palette finds commands and accounts by the keyboard alone', async ({ opened, page, home }) => {
  const file = await generateFile(home, 'few.json', { records: 20, accounts: 3, seed: 2, invalid: 0 });
  await ingestAtOnce(opened, file);
  const search = page.getByRole('textbox', { name: 'Find anything' });

  await page.keyboard.press('Control+k');
  await expect(search).toBeFocused();
  await page.keyboard.type('history');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'History' })).toBeVisible();
  await expect(search).toBeHidden();

  const id = await rowsOf(grid(page, 'History'))
    .first()
    .getByRole('button', { name: 'Copy the id' })
    .getAttribute('data-copy');
  await page.keyboard.press('Control+k');
  await expect(search).toBeFocused();
  // Nothing counts as missing while the search continues.
  await page.evaluate(() => {
    new MutationObserver(() => {
      if (document.body.textContent?.includes('Nothing is called'))
        document.body.dataset.missed = 'too early';
    }).observe(document.body, { childList: true, subtree: true, characterData: true });
  });
  await page.keyboard.insertText(id ?? 'no id');
  await expect(page.getByRole('dialog').getByText(id ?? 'no id', { exact: true })).toBeVisible();
  await expect(page.locator('body')).not.toHaveAttribute('data-missed');
  await keepScreen(page, 'tour-find');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('complementary', { name: 'Account inspector' })).toBeVisible();
  await expect(search).toBeHidden();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('complementary', { name: 'Account inspector' })).toBeHidden();

  // With nothing typed: what is possible, and what was used last.
  const palette = page.getByRole('dialog');
  const line = (name: string | RegExp) => palette.getByRole('button', { name });
  await page.keyboard.press('Control+k');
  await expect(search).toBeFocused();
  await expect(line(/^few\.json/)).toBeVisible();
  await expect(line(id ?? 'no id')).toBeVisible();
  await expect(line(/^Run 1 · few\.json/)).toContainText('completed');
  await expect(line(/^Run again/)).toBeVisible();
  await expect(line(/^Stop the run/)).toBeHidden();
  // Who looks for something that is not possible reads why.
  await page.keyboard.type('stop');
  await expect(line(/^Stop the run/)).toContainText('The run has ended');
  await page.keyboard.press('Enter');
  await expect(search).toBeVisible();
  await search.fill('reset');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: 'Reset database?' }).getByRole('textbox')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.keyboard.press('Control+k');
  await expect(search).toBeFocused();
  await page.keyboard.type('back up');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: /^Restore ingot/ })).toBeVisible();
});

test('every view has a key, and Help and the keys lie over whatever view is shown', async ({ page }) => {
  await expect(page.getByRole('heading', { level: 1, name: 'Live' })).toBeVisible();
  // Before their part is loaded as well, they give the focus back.
  const rail = page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: /Runs$/ });
  await rail.focus();
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeHidden();
  await expect(rail).toBeFocused();
  const keys = {
    a: 'Accounts',
    h: 'History',
    c: 'Callbacks',
    r: 'Report',
    u: 'Runs',
    n: 'Connections',
    w: 'Targets',
    m: 'Compare',
    q: 'SQL',
    o: 'Operations',
    t: 'Logs',
    d: 'Database',
  };
  for (const [key, view] of Object.entries(keys)) {
    await page.keyboard.press('g');
    await page.keyboard.press(key);
    await expect(page.getByRole('heading', { level: 1, name: view })).toBeVisible();
  }
  // The keys lie over the view, and closing them gives the focus back.
  const button = page.getByRole('button', { name: 'Back up now' });
  const keysOf = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await button.focus();
  await page.keyboard.press('?');
  // Live and Settings have theirs too.
  await expect(keysOf.getByRole('region', { name: 'Go to' }).getByRole('listitem')).toHaveCount(
    Object.keys(keys).length + 2,
  );
  await expect(page.getByRole('heading', { level: 1, name: 'Database', includeHidden: true })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(keysOf).toBeHidden();
  await expect(button).toBeFocused();

  // Help finds a word by its name or its meaning.
  const help = page.getByRole('dialog', { name: 'Help' });
  const find = help.getByRole('textbox', { name: 'Find a word' });
  await page.keyboard.press('F1');
  await expect(find).toBeFocused();
  await expect(help.getByText('Older than the latest version', { exact: false })).toBeVisible();
  await page.keyboard.type('slot');
  await expect(help.getByRole('term').first()).toHaveText('version');
  await find.fill('no such word');
  await expect(help.getByRole('status')).toHaveText('No word matches “no such word”.');
  await help.getByRole('button', { name: 'Keyboard shortcuts' }).click();
  await expect(keysOf).toBeVisible();
  await expect(help).toBeHidden();
  await page.keyboard.press('Escape');
  await expect(keysOf).toBeHidden();

  // A word under the pointer explains itself, and F1 leads to it.
  await goTo(page, 'Callbacks');
  await page.getByRole('button', { name: 'Pause all callbacks' }).hover();
  await expect(tipOf(page, /^For all runs\./)).toBeVisible();
  await page
    .getByRole('tab', { name: /^cancelled/ })
    .locator('[data-term]')
    .hover();
  await expect(tipOf(page, /^cancelled: will never fire.*F1 for Help$/)).toBeVisible();
  await page.keyboard.press('F1');
  await expect(find).toHaveValue('cancelled');
  await expect(help.getByRole('term').first()).toHaveText('cancelled');
  await page.keyboard.press('Escape');
  await expect(help).toBeHidden();
  await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Help' }).click();
  await help.getByRole('button', { name: 'About Ingot' }).click();
  await expect(page.getByRole('heading', { level: 1, name: /^About/ })).toBeVisible();
  await expect(help).toBeHidden();
});

test('a table is walked, filtered and opened by keys', async ({ opened, page }) => {
  await ingestAtOnce(opened, SAMPLE);
  await page.keyboard.press('g');
  await page.keyboard.press('a');
  const table = grid(page, 'Accounts');
  await expect(rowsOf(table)).not.toHaveCount(0);
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  const selected = table.getByRole('row', { selected: true });
  await expect(selected).toHaveAttribute('aria-rowindex', '3');
  const inspector = page.getByRole('complementary', { name: 'Account inspector' });
  await expect(inspector).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(inspector).toBeHidden();

  // The whole head of a column sorts: text from A, numbers from the largest.
  const head = (name: string) => table.getByRole('columnheader', { name });
  const box = (await head('Account').boundingBox()) ?? { width: 0, height: 0 };
  await head('Account').click({ position: { x: box.width - 20, y: box.height / 2 } });
  await expect(head('Account')).toHaveAttribute('aria-sort', 'ascending');
  await head('Tokens').click({ position: { x: 20, y: box.height / 2 } });
  await expect(head('Tokens')).toHaveAttribute('aria-sort', 'descending');
  await head('Tokens').getByRole('button').click();
  await expect(head('Tokens')).toHaveAttribute('aria-sort', 'ascending');

  await page.keyboard.press('/');
  const filter = page.getByRole('textbox', { name: 'Id begins with' });
  await expect(filter).toBeFocused();
  await page.keyboard.type('no account begins like this');
  await expect(page.getByRole('heading', { name: 'No account matches' })).toBeVisible();
  await filter.fill('');
  await expect(rowsOf(table)).not.toHaveCount(0);
  // Pasted text often has blanks around it; upper and lower case differ.
  const copy = rowsOf(table).first().getByRole('button', { name: 'Copy the id' });
  const id = (await copy.getAttribute('data-copy')) ?? 'no id';
  await filter.fill(` ${id}\t`);
  await expect(rowsOf(table)).toHaveCount(1);
  await expect(filter).toHaveAccessibleDescription('Upper and lower case are different');

  // A message covers neither the inspector's head, nor the filters, nor the deck.
  await rowsOf(table).first().click();
  await expect(inspector).toBeVisible();
  await page.keyboard.press('c');
  const message = page.getByRole('status').filter({ hasText: 'Copied the id.' });
  await expect(message).toBeVisible();
  const boxOf = async (part: Locator) => (await part.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  const said = await boxOf(message);
  const view = await boxOf(page.getByRole('main'));
  expect(said.y).toBeGreaterThan(view.y + view.height / 2);
  const deck = await boxOf(deckOf(page));
  // It slides in.
  await expect.poll(async () => (await boxOf(message)).y + said.height).toBeLessThanOrEqual(deck.y);
  expect(Math.abs(said.x + said.width / 2 - (view.x + view.width / 2))).toBeLessThan(2);
});

test('a callback settled by hand leaves the focus in its table', async ({ opened, page, home }) => {
  const file = join(home, 'far-off.json');
  const update = { accountType: 'mint', tokens: 5, version: 1, callbackTimeMs: 25 * 3_600_000 };
  await writeFile(file, JSON.stringify(['a', 'b', 'c'].map((id) => ({ id, ...update }))));
  await chooseFile(opened, file);
  await startRun(page, { arrival: 'No waiting', wait: false });
  await expectState(page, 'completed');
  await goTo(page, 'Callbacks');
  const pending = grid(page, 'Callbacks pending');
  await expect(rowsOf(pending)).toHaveCount(3);
  // Tomorrow or later: without the date it would look like today.
  await expect(rowsOf(pending).first().getByRole('gridcell').nth(1)).toHaveText(
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/,
  );

  await rowsOf(pending).first().getByRole('button', { name: 'Fire now' }).click();
  await expect(rowsOf(pending)).toHaveCount(2);
  await expect(pending).toBeFocused();
  await rowsOf(pending).first().getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel callback' }).click();
  await expect(rowsOf(pending)).toHaveCount(1);
  await expect(pending).toBeFocused();

  // What a person fired an hour early is in no view on time.
  await page.getByRole('tab', { name: /^fired/ }).click();
  await expect(rowsOf(grid(page, 'Callbacks fired'))).toContainText('by hand');
  await goTo(page, 'Live');
  const log = rowsOf(grid(page, 'Live log'));
  await expect(log.filter({ hasText: 'fired' })).toContainText('by hand');
  await expect(log.filter({ hasText: 'cancelled' })).toContainText('by hand');
});

test('a run is paused, stepped and stopped by keys', async ({ opened, page }) => {
  await chooseFile(opened, SAMPLE);
  await expect(previewOf(page).getByRole('button', { name: 'Start run' })).toBeVisible();
  await startRun(page, { delay: '10000' });
  await expectState(page, 'running');
  await grid(page, 'Live log').focus();
  await page.keyboard.press('Space');
  await expectState(page, 'paused');
  await page.keyboard.press('.');
  await expect(rowsOf(grid(page, 'Live log')).filter({ hasText: 'indexed' })).not.toHaveCount(0);
  await expectState(page, 'paused');
  // A click leaves the focus on the link, which does not use Space.
  await goTo(page, 'Accounts');
  await page.keyboard.press('Space');
  await expectState(page, 'running');
  // A click on the timeline shows the past; Escape goes back to the run.
  await deckOf(page).getByRole('slider', { name: 'Timeline of the run' }).click();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Space');
  await expectState(page, 'paused');
  const speed = deckOf(page).getByRole('button', { name: /^Speed/ });
  await page.keyboard.press('>');
  await expect(speed).toHaveText('×2');
  await page.keyboard.press('<');
  await expect(speed).toHaveText('×1');
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('textbox', { name: 'Find anything' })).toBeFocused();
  await page.keyboard.type('speed 20');
  await page.keyboard.press('Enter');
  await expect(speed).toHaveText('×20');
  await expect(page.getByRole('dialog')).toBeHidden();
  await page.keyboard.press('Control+.');
  await expectState(page, 'stopped');
});

test('another theme is there at once for who wants no motion', async ({ page }) => {
  await expect(page.getByRole('heading', { level: 1, name: 'Live' })).toBeVisible();
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const moving = await page.evaluate(() => {
    document.documentElement.dataset.mantineColorScheme = 'light';
    // Reading the styles starts the transitions.
    return document.getAnimations().filter((animation) => animation.playState === 'running').length;
  });
  expect(moving).toBe(0);
});

test('the theme is switched by a key and remembered', async ({ page }) => {
  await expect(page.getByRole('heading', { level: 1, name: 'Live' })).toBeVisible();
  const scheme = page.locator('html');
  await expect(scheme).toHaveAttribute('data-mantine-color-scheme', 'dark');
  await page.keyboard.press('Control+Shift+l');
  await expect(scheme).toHaveAttribute('data-mantine-color-scheme', 'light');
  await page.reload();
  await expect(page.getByRole('heading', { level: 1, name: 'Live' })).toBeVisible();
  await expect(scheme).toHaveAttribute('data-mantine-color-scheme', 'light');
});
