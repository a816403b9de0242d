import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { goTo, grid, ingestAtOnce, rowsOf } from './fixtures/actions';
import { expect, test } from './fixtures/ingot';
import { SAMPLE } from './fixtures/paths';

test('the log shows what happens as it happens, is filtered, and says everything of one entry', async ({
  home,
  openWindow,
}) => {
  // Causes a warning: the list of recent files, which the first view shows, is invalid.
  writeFileSync(join(home, 'data', 'recent-sources.json'), 'not a list');
  const opened = await openWindow();
  const { page } = opened;
  await goTo(page, 'Logs');
  const log = grid(page, 'Log');
  await expect(rowsOf(log).filter({ hasText: 'database opened' })).toHaveCount(1);
  await goTo(page, 'Live');
  await ingestAtOnce(opened, SAMPLE);
  await goTo(page, 'Logs');
  const ended = rowsOf(log).filter({ hasText: 'run ended' });
  const conflicts = rowsOf(log).filter({ hasText: 'came again with other content' });
  const warning = rowsOf(log).filter({ hasText: 'an invalid preferences file was ignored' });
  for (const entry of [ended, conflicts, warning]) await expect(entry).toHaveCount(1);

  await page.getByLabel('Show from').selectOption('warn');
  await expect(ended).toHaveCount(0);
  await expect(conflicts).toHaveCount(0);
  await expect(warning).toHaveCount(1);
  await page.getByLabel('Show from').selectOption('error');
  await expect(warning).toHaveCount(0);
  await page.getByLabel('Show from').selectOption('info');
  for (const entry of [ended, conflicts, warning]) await expect(entry).toHaveCount(1);
  await page.getByLabel('Show from').selectOption('trace');
  await page.keyboard.press('/');
  await page.keyboard.type('RUN ended');
  await expect(rowsOf(log)).toHaveCount(1);

  await ended.click();
  const entry = page.getByRole('complementary', { name: 'Log entry' });
  await expect(entry.getByText('engine', { exact: true })).toBeVisible();
  await expect(entry.getByText('"completed"')).toBeVisible();
  await entry.getByRole('button', { name: '1', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Runs' })).toBeVisible();
  await page.goBack();
  await expect(entry).toBeVisible();
  await log.focus();
  await page.keyboard.press('Escape');
  await expect(entry).toBeHidden();

  // An error while drawing a view stays in that view.
  await goTo(page, 'Live');
  await page.evaluate(() => {
    const { createElement } = document;
    document.createElement = (name: string) => {
      if (name === 'select') throw new Error('no select today');
      return Reflect.apply(createElement, document, [name]);
    };
  });
  const toLogs = page.getByRole('navigation').getByRole('link', { name: /Logs$/ });
  await toLogs.click();
  const fault = page.getByRole('alert').filter({ hasText: 'no select today' });
  await expect(fault).toBeVisible();
  await goTo(page, 'Accounts');
  await expect(rowsOf(grid(page, 'Accounts')).first()).toBeVisible();
  await toLogs.click();
  await expect(fault).toBeVisible();
  await page.evaluate(() => Reflect.deleteProperty(document, 'createElement'));
  await fault.getByRole('button', { name: 'Try again' }).click();
  await expect(rowsOf(log)).not.toHaveCount(0);

  await page.getByRole('textbox', { name: 'Part of an entry' }).fill('nothing says this');
  await page.getByRole('button', { name: 'Clear the filter', exact: true }).last().click();
  await expect(rowsOf(log)).not.toHaveCount(0);
});

test('the log follows new entries, and freezes when scrolled up', async ({ opened, page }) => {
  await goTo(page, 'Logs');
  const log = grid(page, 'Log');
  await page.getByLabel('Record from').selectOption('trace');
  await goTo(page, 'Live');
  await ingestAtOnce(opened, SAMPLE);
  await goTo(page, 'Logs');
  const belowView = () =>
    log.evaluate((element) => element.scrollHeight - element.clientHeight - element.scrollTop);
  await expect(rowsOf(log).filter({ hasText: 'run ended' })).toHaveCount(1);
  await expect.poll(belowView).toBeLessThan(2);

  await log.hover();
  await page.mouse.wheel(0, -900);
  const follow = page.getByRole('button', { name: /follow$/i });
  await expect(follow).toBeVisible();
  await page.getByLabel('Record from').selectOption('info');
  await expect(follow).toHaveText(/new, follow$/);
  expect(await belowView()).toBeGreaterThan(800);
  await follow.click();
  await expect(follow).toBeHidden();
  await expect.poll(belowView).toBeLessThan(2);
  await expect(rowsOf(log).last()).toContainText('the level of the log is changed');
});

test('the log level changes at once, in the files too', async ({ page, home }) => {
  await goTo(page, 'Logs');
  const log = grid(page, 'Log');
  await expect(rowsOf(log)).not.toHaveCount(0);
  await page.getByLabel('Record from').selectOption('debug');
  await expect(rowsOf(log).filter({ hasText: 'the level of the log is changed' })).toHaveCount(1);
  await goTo(page, 'Accounts');
  await goTo(page, 'Logs');
  const call = rowsOf(log).filter({ hasText: 'accounts.page' });
  await expect(call).not.toHaveCount(0);

  const directory = join(home, 'data', 'logs');
  const bar = page.getByRole('region', { name: 'Where the log is kept' });
  await expect(bar.getByText(directory)).toBeVisible();
  const lines = readFileSync(join(directory, 'ingot.1.log'), 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line)).filter(({ level }) => level === 'debug')).not.toEqual([]);
});
