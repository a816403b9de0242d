import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  chooseFile,
  deckOf,
  dropFile,
  expectCounts,
  expectState,
  goTo,
  grid,
  ingestAtOnce,
  previewOf,
  rowsOf,
  startRun,
  tipOf,
} from './fixtures/actions';
import { generateFile, ingestByCommandLine } from './fixtures/command-line';
import { expect, test } from './fixtures/ingot';
import { SAMPLE } from './fixtures/paths';

test('a chosen file is shown before anything of it runs', async ({ opened, page }) => {
  await chooseFile(opened, SAMPLE);
  const preview = previewOf(page);
  await expect(preview.getByRole('heading', { name: 'sample.json' })).toBeVisible();
  await expect(preview.getByText('JSON array')).toBeVisible();
  await expect(preview.getByRole('button', { name: 'Start run' })).toBeFocused();
  await expect(preview.getByRole('table').getByRole('row')).not.toHaveCount(1);
  await expect(deckOf(page).getByText('No run yet')).toBeVisible();

  await preview.getByRole('button', { name: 'Cancel' }).click();
  await expect(preview).toBeHidden();
  await expect(deckOf(page).getByText('No run yet')).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Drop a file of account updates' })).toBeVisible();
});

test('a dropped file is shown and runs', async ({ page, home }) => {
  const file = await generateFile(home, 'dropped.json', { records: 40, accounts: 5, seed: 3 });
  await dropFile(page, file);
  await expect(previewOf(page).getByRole('heading', { name: 'dropped.json' })).toBeVisible();
  await startRun(page, { clock: 'Virtual' });
  await expectState(page, 'completed');
  await expect(deckOf(page).getByText('40 records')).toBeVisible();
});

test('counts and report equal those of the command line for the same seed', async ({
  opened,
  page,
  home,
}) => {
  const { leaders, summary } = await ingestByCommandLine(home, SAMPLE, 7);
  await ingestAtOnce(opened, SAMPLE, { seed: '7' });
  await expectCounts(page, summary);

  await goTo(page, 'Report');
  const lines = rowsOf(grid(page, 'Report'));
  await expect(lines).toHaveCount(leaders.length);
  for (const [at, leader] of leaders.entries()) {
    const cells = lines.nth(at).getByRole('gridcell');
    await expect(cells.nth(1)).toContainText(leader.id);
    await expect(cells.nth(2)).toHaveText(BigInt(leader.tokens).toLocaleString('en-US'));
    await expect(cells.nth(3)).toHaveText(BigInt(leader.version).toLocaleString('en-US'));
  }
});

test('a tie of many accounts is counted, its first hundred named and the rest shown page by page', async ({
  opened,
  page,
  home,
}) => {
  const file = join(home, 'tied.json');
  const ids = Array.from({ length: 650 }, (_, at) => `nft-${String(at).padStart(3, '0')}`);
  const update = { accountType: 'mint', tokens: 1, callbackTimeMs: 0, version: 1 };
  const records = [
    ...ids.map((id) => ({ ...update, id })),
    { ...update, id: 'other', accountType: 'escrow' },
  ];
  await writeFile(file, JSON.stringify(records));
  await ingestAtOnce(opened, file);

  await goTo(page, 'Report');
  const report = grid(page, 'Report');
  await expect(rowsOf(report).nth(0)).toContainText('other');
  await expect(rowsOf(report).nth(0)).not.toContainText('tie of');
  await expect(rowsOf(report).nth(1)).toContainText('nft-000tie of 650');
  await expect(rowsOf(report).nth(2)).toContainText('nft-001');
  await expect(report.getByText('tie of 650')).toHaveCount(1);
  await expect(report).toHaveAttribute('aria-rowcount', '103');
  await report.press('End');
  await report.getByText('and 550 more: show all 650').click();

  const leaders = grid(page, 'Leaders of one type');
  await expect(page.getByRole('main')).toContainText('mint: 650 leaders');
  await expect(rowsOf(leaders).nth(0)).toContainText('nft-000');
  await leaders.press('End');
  await expect(rowsOf(leaders).last()).toContainText('nft-649');
  await page.getByRole('button', { name: 'All types' }).click();
  await expect(rowsOf(report).nth(0)).toContainText('other');
});

test('the live log tells each event as it happens', async ({ opened, page, home }) => {
  const file = join(home, 'two-versions.json');
  const update = { id: 'account-1', accountType: 'mint', tokens: 5, callbackTimeMs: 60_000 };
  await writeFile(
    file,
    JSON.stringify([
      { ...update, version: 1 },
      { ...update, version: 2, callbackTimeMs: 0 },
      { ...update, id: 'without-version' },
    ]),
  );
  await chooseFile(opened, file);
  await startRun(page, { arrival: 'No waiting' });
  await expectState(page, 'completed');

  const log = grid(page, 'Live log');
  const line = (...parts: readonly string[]) =>
    parts.reduce((rows, part) => rows.filter({ hasText: part }), rowsOf(log));
  await expect(line('indexed', 'account-1')).toHaveCount(2);
  await expect(line('cancelled', 'account-1')).toContainText('2');
  await expect(line('fired', 'account-1')).toHaveCount(1);
  await expect(line('rejected')).toContainText('version');

  await page.getByRole('button', { name: 'indexed', exact: true }).click();
  await expect(line('indexed', 'account-1')).toHaveCount(0);
  await expect(line('fired', 'account-1')).toHaveCount(1);
});

test('the live log has the times of the tables, and of each record its own type and tokens', async ({
  opened,
  page,
  home,
}) => {
  const file = join(home, 'every-outcome.json');
  const update = { id: 'account-1', accountType: 'mint', tokens: 9_001, callbackTimeMs: 60_000 };
  const records = [
    { ...update, version: 2 },
    { ...update, version: 1, accountType: 'earlier', tokens: 1_001 },
    { ...update, version: 2 },
    { ...update, version: 2, accountType: 'other', tokens: 4_001 },
    { ...update, version: 3, tokens: 9_003, callbackTimeMs: 0 },
  ];
  await writeFile(file, JSON.stringify(records));
  // Virtual time is ahead of the wall clock, so the two cannot agree by luck.
  await ingestAtOnce(opened, file, { arrival: 'Sequential', delay: '1000' });

  const log = grid(page, 'Live log');
  const inLog = (event: string) => rowsOf(log).filter({ hasText: event });
  const timesIn = async (rows: ReturnType<typeof rowsOf>) =>
    (await rows.getByRole('time').allInnerTexts()).toSorted();
  const told = {
    indexed: await timesIn(inLog('indexed')),
    stale: await timesIn(inLog('stale')),
    fired: await timesIn(inLog('fired')),
    cancelled: await timesIn(inLog('cancelled')),
  };
  expect(Object.values(told).map(({ length }) => length)).toEqual([2, 1, 1, 1]);
  const holds = async (event: string, accountType: string, tokens: string) => {
    await expect(inLog(event).getByRole('gridcell').nth(3)).toHaveText(accountType);
    await expect(inLog(event).getByRole('gridcell').nth(5)).toHaveText(tokens);
  };
  await holds('stale', 'earlier', '1,001');
  await holds('duplicate', 'mint', '9,001');
  await holds('conflict', 'other', '4,001');

  await goTo(page, 'History');
  const kept = rowsOf(grid(page, 'History'));
  await expect(kept).toHaveCount(3);
  expect(await timesIn(kept.filter({ hasText: 'indexed' }))).toEqual(told.indexed);
  expect(await timesIn(kept.filter({ hasText: 'stale' }))).toEqual(told.stale);
  await goTo(page, 'Callbacks');
  for (const state of ['fired', 'cancelled'] as const) {
    await page.getByRole('tab', { name: new RegExp(`^${state}`) }).click();
    const settled = rowsOf(grid(page, `Callbacks ${state}`));
    await expect(settled).toHaveCount(1);
    expect(await timesIn(settled.getByRole('gridcell').first())).toEqual(told[state]);
  }
});

test('a file that is broken says where and is not run', async ({ opened, page, home }) => {
  const file = join(home, 'picture.json');
  await writeFile(file, 'This is no file of account updates.');
  await chooseFile(opened, file);
  await expect(previewOf(page).getByRole('alert')).toContainText('picture.json');
  await expect(previewOf(page).getByRole('button', { name: 'Start run' })).toBeHidden();
  await expect(previewOf(page).getByRole('button', { name: 'Close' }).last()).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(previewOf(page)).toBeHidden();
  await expect(deckOf(page).getByText('No run yet')).toBeVisible();
});

test('a file that is known to be broken says so before its run', async ({ opened, page, home }) => {
  const file = join(home, 'cut-early.json');
  const accountType = 'a type as long as a type may be, which is more than a column shows';
  const update = { id: 'kept', accountType: accountType.slice(0, 64), tokens: 5, version: 1 };
  await writeFile(file, `[${JSON.stringify({ ...update, callbackTimeMs: 0 })},{"id":"lost`);
  await chooseFile(opened, file);
  const preview = previewOf(page);
  await expect(preview.getByRole('alert')).toContainText('cut-early.json breaks off, in record 1');
  await expect(preview.getByRole('alert')).toContainText('Get it whole and run it again.');
  await expect(preview.getByRole('heading', { name: 'Records that can be read' })).toBeVisible();
  await expect(preview.getByRole('button', { name: 'Start run' })).toBeEnabled();

  const table = preview.getByRole('table');
  await expect(table.getByRole('columnheader', { name: 'Callback after' })).toBeInViewport({ ratio: 1 });
  await table.getByText(update.accountType).hover();
  await expect(tipOf(page, update.accountType)).toBeVisible();
});

test('a file that breaks off in its middle fails its run with a message, and keeps what came before', async ({
  opened,
  page,
  home,
}) => {
  const update = { id: 'kept', accountType: 'mint', tokens: 5, version: 1, callbackTimeMs: 0 };
  const file = join(home, 'cut.json');
  const records = Array.from({ length: 60 }, (_, version) => JSON.stringify({ ...update, version }));
  await writeFile(file, `[${records.join(',')},{"id":"lost`);
  await chooseFile(opened, file);
  await startRun(page, { arrival: 'No waiting' });
  await expectState(page, 'failed');

  // The line of the failure uses the whole width beside it, and is cut visibly.
  const news = grid(page, 'Live log').getByRole('gridcell', { name: /^Failed: cut\.json/ });
  await news.hover();
  await expect(tipOf(page, /^Failed: cut\.json\. .+/)).toBeVisible();
  const { toEdge, ...style } = await news.locator('[data-cut]').evaluate((line) => {
    const row = line.closest('[role="row"]')?.getBoundingClientRect();
    const { overflow, textOverflow } = getComputedStyle(line);
    return {
      toEdge: (row?.right ?? Number.NaN) - line.getBoundingClientRect().right,
      overflow,
      textOverflow,
    };
  });
  expect(style).toEqual({ overflow: 'hidden', textOverflow: 'ellipsis' });
  // The padding of a row and its cell.
  expect(toEdge).toBeLessThan(24);

  await goTo(page, 'Runs');
  await expect(page.getByRole('alert').filter({ hasText: 'cut.json' })).toBeVisible();
  await goTo(page, 'Accounts');
  await expect(rowsOf(grid(page, 'Accounts'))).toContainText(['kept']);
});
