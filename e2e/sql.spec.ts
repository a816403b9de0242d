import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { goTo, grid, ingestAtOnce, rowsOf } from './fixtures/actions';
import { expect, test } from './fixtures/ingot';
import { lookInBothThemes } from './fixtures/looks';
import { SAMPLE } from './fixtures/paths';

test('runs an example on a copy, marks a fault, ends a query that would not, and exports the result', async ({
  opened,
  page,
}) => {
  test.skip(test.info().project.name !== 'web', 'the desktop asks for a place in a dialog of the system');
  await ingestAtOnce(opened, SAMPLE);
  await goTo(page, 'SQL');
  const query = page.getByRole('textbox', { name: 'Query' });
  const outcome = page.getByRole('region', { name: 'Outcome' });

  await page.getByRole('button', { name: 'Busiest accounts' }).click();
  await query.press('Control+Enter');
  const result = grid(page, 'Result');
  await expect(outcome).toContainText(/^40 rows.*copy of the database as of seq \d+/s);
  await expect(rowsOf(result).first()).toBeVisible();
  expect(await lookInBothThemes(page, 'sql')).toEqual({ 'sql, dark': [], 'sql, light': [] });

  await page.getByRole('button', { name: 'Export…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Export the result' });
  await expect(dialog.locator('code')).toContainText('ingot sql');
  await dialog.getByText('CSV', { exact: true }).click();
  const downloading = page.waitForEvent('download');
  await dialog.getByRole('button', { name: 'Export', exact: true }).click();
  const download = await downloading;
  const rows: object[] = parse(await readFile(await download.path(), 'utf8'), { columns: true });
  expect(rows).toHaveLength(40);
  expect(rows[0]).toHaveProperty('callbacks_cancelled');
  await expect(dialog).toBeHidden();

  // Keys write text here: none of them is a command of the window.
  await query.press('Control+a');
  await query.pressSequentially('SELECT nothing FROM accounts', { delay: 0 });
  await query.press('Control+Enter');
  await expect(outcome.getByRole('alert')).toContainText('Column "nothing" does not exist.');
  await expect(outcome.getByRole('alert')).toContainText('line 1');
  await expect(page.getByRole('heading', { level: 1, name: 'SQL' })).toBeVisible();

  await query.press('Control+a');
  await query.pressSequentially('SELECT count(*) FROM generate_series(1, 1e12)', { delay: 0 });
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await expect(outcome).toContainText('Running for');
  await page.getByRole('button', { name: 'Cancel', exact: true }).click();
  await expect(outcome).toContainText('The query was cancelled.');

  await page.getByText('History', { exact: true }).last().click();
  const past = page.getByRole('complementary', { name: 'For the query' });
  await expect(past.getByRole('button')).toHaveCount(3);
  await past.getByRole('button', { name: /callbacks_cancelled/ }).click();
  await query.press('Control+Enter');
  await expect(outcome).toContainText('40 rows');
});
