import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { parse } from 'csv-parse/sync';
import { goTo, grid, ingestAtOnce, rowsOf } from './fixtures/actions';
import { expect, test } from './fixtures/ingot';
import { SAMPLE } from './fixtures/paths';

test('exports the table as it is filtered and sorted, and shows the command for it', async ({
  opened,
  page,
}) => {
  test.skip(test.info().project.name !== 'web', 'the desktop asks for a place in a dialog of the system');
  await ingestAtOnce(opened, SAMPLE);
  await goTo(page, 'Accounts');
  await page.getByLabel('Id begins with').fill('3');
  // The table follows what is typed a moment later.
  await expect
    .poll(async () => {
      const rows = await rowsOf(grid(page, 'Accounts')).allInnerTexts();
      return rows.length > 0 && rows.every((row) => row.startsWith('3'));
    })
    .toBe(true);
  await page.getByRole('button', { name: 'Export…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Export accounts' });
  await expect(dialog.locator('code')).toHaveText(
    "ingot accounts --where 'id^=3' --sort updatedAt:desc --format csv --bom --out ingot-accounts.csv",
  );
  const downloading = page.waitForEvent('download');
  await dialog.getByRole('button', { name: 'Export', exact: true }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe('ingot-accounts.csv');
  const text = await readFile(await download.path(), 'utf8');
  expect(text.codePointAt(0)).toBe(0xfeff);
  const rows: { id: string }[] = parse(text, { columns: true, bom: true });
  expect(rows.length).toBeGreaterThan(0);
  expect(rows.every(({ id }) => id.startsWith('3'))).toBe(true);
  await expect(dialog).toBeHidden();
  await expect(page.getByText(`Exported ${rows.length} rows to ingot-accounts.csv.`)).toBeVisible();

  // The sample has no account as the chain has it.
  await page.getByRole('button', { name: 'Export…' }).click();
  await dialog.getByText('Surfpool', { exact: true }).click();
  await expect(dialog.locator('code')).toHaveText(/--format surfpool --out ingot-accounts-surfpool\.json$/);
  await dialog.getByRole('button', { name: 'Export', exact: true }).click();
  await expect(
    page.getByText(
      `Exported 0 rows to ingot-accounts-surfpool.json. ${rows.length} left out: ${rows.length} whose data is no account of the chain.`,
    ),
  ).toBeVisible();
});

test('exports the moment that the window shows, the runs, and the rejected records of one', async ({
  opened,
  page,
  home,
}) => {
  test.skip(test.info().project.name !== 'web', 'the desktop asks for a place in a dialog of the system');
  const file = join(home, 'three.json');
  const update = { accountType: 'mint', callbackTimeMs: 0, data: {}, version: 1 };
  const records = [
    { ...update, id: 'early', tokens: 1 },
    { id: 'bad' },
    { ...update, id: 'late', tokens: 2 },
  ];
  await writeFile(file, JSON.stringify(records));
  await ingestAtOnce(opened, file, { delay: '100-100' });
  const exported = async (within: Locator | Page, table: string, command: string) => {
    await within.getByRole('button', { name: 'Export…' }).first().click();
    const dialog = page.getByRole('dialog', { name: `Export ${table}` });
    await expect(dialog.locator('code')).toHaveText(`${command} --format csv --bom --out ingot-${table}.csv`);
    const downloading = page.waitForEvent('download');
    await dialog.getByRole('button', { name: 'Export', exact: true }).click();
    const text = await readFile(await (await downloading).path(), 'utf8');
    await expect(dialog).toBeHidden();
    return parse(text, { columns: true, bom: true });
  };
  await page.evaluate(() => {
    window.location.hash = '#/report?at=1@0.15s';
  });
  await expect(page.getByRole('group', { name: 'The moment shown' })).toContainText('at 00:00.150');
  expect(await exported(page, 'leaders', 'ingot leaders --as-of 1@0.15s')).toMatchObject([{ id: 'early' }]);
  await goTo(page, 'Runs');
  expect(await exported(page, 'runs', 'ingot runs')).toMatchObject([{ run: '1', rejected: '1' }]);
  const run = page.getByRole('region', { name: 'Run 1' });
  expect(await exported(run, 'rejects', `ingot rejects --where 'run=1'`)).toMatchObject([{ record: '1' }]);
});
