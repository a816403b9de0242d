import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  chooseFile,
  expectState,
  goTo,
  grid,
  ingestAtOnce,
  previewOf,
  rowsOf,
  startRun,
} from './fixtures/actions';
import { expect, test } from './fixtures/ingot';
import { keepScreen } from './fixtures/looks';

/** They arrive at 100, 200, 300, 400 ms of the run; the callback of acc-1 fires at 230, that of acc-2 is cancelled at 400. */
const RECORDS = [
  { id: 'acc-1', accountType: 'mint', tokens: 10, version: 1, callbackTimeMs: 130, data: {} },
  { id: 'acc-2', accountType: 'mint', tokens: 7, version: 1, callbackTimeMs: 900, data: { img: 'a' } },
  { id: 'acc-3', accountType: 'escrow', tokens: 1, version: 1, callbackTimeMs: 0, data: {} },
  { id: 'acc-2', accountType: 'mint', tokens: 12, version: 2, callbackTimeMs: 0, data: { img: 'b' } },
];

test('two instants stand side by side: counts, leaders, accounts by field, and what became of callbacks', async ({
  opened,
  page,
  home,
}) => {
  const file = join(home, 'four.json');
  await writeFile(file, JSON.stringify(RECORDS));
  await ingestAtOnce(opened, file, { delay: '100-100' });
  await page.evaluate(() => {
    window.location.hash = '#/accounts?at=1@0.2s';
  });
  await page.getByRole('button', { name: 'compare with now' }).click();
  const counts = page.getByRole('table', { name: 'Counts of both sides' });
  await expect(counts.getByRole('row', { name: /^accounts/ })).toContainText(/accounts\s*2\s*3\s*\+1/);
  await expect(counts.getByRole('row', { name: /^as known at/ })).toContainText(/at\s*\d\d:\d\d:\d\d\.\d{3}/);
  const leaders = page.getByRole('region', { name: 'Leaders that changed' }).getByRole('listitem');
  await expect(leaders).toHaveText([
    /escrow\s*no account→to\s*acc-3\s*1/,
    /mint\s*acc-1\s*10→to\s*acc-2\s*12/,
  ]);

  await expect(rowsOf(grid(page, 'Accounts that differ'))).toHaveText([
    /acc-2.*mint.*1.*2.*7.*12.*\+5.*callbackTimeMs, data\.img/,
    /acc-3.*escrow.*new/,
  ]);
  await rowsOf(grid(page, 'Accounts that differ')).first().click();
  await expect(page).toHaveURL(/inspect=acc-2&version=2&against=1/);
  await expect(page.getByRole('list', { name: 'Changed fields' })).toContainText('data.img');
  await page.keyboard.press('Escape');

  await page.getByRole('button', { name: 'pending to cancelled 1' }).click();
  await expect(rowsOf(grid(page, 'Callbacks that differ'))).toHaveText([
    /acc-2.*1.*pending.*cancelled.*by 2/,
  ]);
  await page.getByRole('button', { name: 'Exchange the sides' }).click();
  await expect(page).toHaveURL(/#\/compare\/now\.\.1@0\.2s/);
  await expect(counts.getByRole('row', { name: /^accounts/ })).toContainText(/accounts\s*3\s*2\s*−1/);
  await page.goBack();
  await page.reload();
  await expect(counts.getByRole('row', { name: /^accounts/ })).toContainText(/accounts\s*2\s*3\s*\+1/);

  await page.getByLabel('To', { exact: true }).fill('never');
  await page.getByLabel('To', { exact: true }).press('Enter');
  await expect(page.getByRole('alert')).toContainText('This is not an instant that Ingot knows.');
  await goTo(page, 'Runs');
  await page.getByRole('button', { name: 'Compare with…' }).click();
  await expect(page.getByLabel('From', { exact: true })).toHaveValue('1');
  await expect(page.getByText('Accounts 0', { exact: true })).toBeVisible();
});

test('the same file is played at two paces in spaces of its own, and the callbacks whose fate differs are listed', async ({
  opened,
  page,
  home,
}) => {
  const file = join(home, 'four.json');
  await writeFile(file, JSON.stringify(RECORDS));
  // A gap of 10 ms: the callback of acc-1 fires as well. One of a second: that of acc-2 fires before its next version.
  await ingestAtOnce(opened, file, { delay: '10-10' });
  await goTo(page, 'Live');
  await chooseFile(opened, file);
  await previewOf(page).getByText('In its own space').click();
  await startRun(page, { clock: 'Virtual', delay: '1000-1000' });
  const mark = page.getByRole('status').filter({ hasText: 'Space four.' });
  // Until then the deck may show the run before.
  await expect(mark).toBeVisible();
  await expectState(page, 'completed');
  await goTo(page, 'Runs');
  await expect(rowsOf(grid(page, 'Runs'))).toHaveCount(1);

  await page.evaluate(() => {
    window.location.hash = '#/compare/main/last..last';
  });
  await page.getByRole('button', { name: 'cancelled to fired 1' }).click();
  await expect(rowsOf(grid(page, 'Callbacks that differ'))).toHaveText([/acc-2.*1.*cancelled.*by 2.*fired/]);
  await expect(page.getByText('Accounts 0', { exact: true })).toBeVisible();
  await keepScreen(page, 'tour-compare');

  await mark.getByRole('button', { name: 'Back to main' }).click();
  await expect(mark).toBeHidden();
  await goTo(page, 'Database');
  const space = page.getByRole('listitem', { name: 'four' });
  await expect(space).toContainText('of four.json');
  await space.getByRole('button', { name: 'Delete four' }).click();
  await page.getByRole('button', { name: 'Delete space' }).click();
  await expect(page.getByText('The space four is deleted.')).toBeVisible();
  await expect(space).toBeHidden();
});
