import { readFile } from 'node:fs/promises';
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
});
