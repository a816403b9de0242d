import type { Page } from '@playwright/test';
import { goTo, grid, ingestAtOnce, rowsOf } from './fixtures/actions';
import { expect, test } from './fixtures/ingot';
import { keepScreen } from './fixtures/looks';
import { SAMPLE } from './fixtures/paths';

const headsOf = (page: Page, table: string) =>
  grid(page, table)
    .getByRole('columnheader')
    .evaluateAll((heads) => heads.map((head) => head.getAttribute('data-column')));
const item = (page: Page, name: string) => page.getByRole('menu').getByText(name, { exact: true });

test('columns are chosen, moved, pinned and resized, and stay so', async ({ opened, page }) => {
  await ingestAtOnce(opened, SAMPLE, { arrival: 'No waiting', wait: false });
  await goTo(page, 'Accounts');
  const head = (name: string) => grid(page, 'Accounts').getByRole('columnheader', { name });
  const atFirst = ['id', 'accountType', 'tokens', 'version', 'callback', 'updatedAt'];
  await expect.poll(() => headsOf(page, 'Accounts')).toEqual(atFirst);

  await head('Type').click({ button: 'right' });
  await item(page, 'Hide').click();
  await expect(head('Type')).toHaveCount(0);
  await expect(rowsOf(grid(page, 'Accounts')).first().getByRole('gridcell')).toHaveCount(5);

  await head('Version').click({ button: 'right' });
  await item(page, 'Pin to the left').click();
  await expect
    .poll(() => headsOf(page, 'Accounts'))
    .toEqual(['version', 'id', 'tokens', 'callback', 'updatedAt']);

  // By keys: the focused head moves with Ctrl+Shift and the arrows, and is resized with Shift.
  await head('Tokens').getByRole('button').focus();
  await page.keyboard.press('Control+Shift+ArrowRight');
  await expect
    .poll(() => headsOf(page, 'Accounts'))
    .toEqual(['version', 'id', 'callback', 'tokens', 'updatedAt']);
  const width = async () => (await head('Tokens').boundingBox())?.width ?? 0;
  const before = await width();
  await page.keyboard.press('Shift+ArrowRight');
  await expect.poll(width).toBe(before + 8);

  await head('Updated').getByRole('button').dragTo(head('Tokens'));
  const arranged = ['version', 'id', 'callback', 'updatedAt', 'tokens'];
  await expect.poll(() => headsOf(page, 'Accounts')).toEqual(arranged);

  await head('Tokens').getByRole('button').press('ContextMenu');
  await keepScreen(page, 'tour-columns');
  await page.keyboard.press('Escape');

  // The host keeps them: another view and back.
  await goTo(page, 'History');
  await goTo(page, 'Accounts');
  await expect.poll(() => headsOf(page, 'Accounts')).toEqual(arranged);
  await expect.poll(width).toBe(before + 8);

  await head('Tokens').getByRole('button').press('ContextMenu');
  await page.getByRole('menuitemcheckbox', { name: 'Type' }).click();
  await expect(head('Type')).toBeVisible();
  await item(page, 'Reset columns').click();
  await expect.poll(() => headsOf(page, 'Accounts')).toEqual(atFirst);
  await expect.poll(width).not.toBe(before + 8);
});

test('an id is whole where there is room, and the history sorts by its number', async ({ opened, page }) => {
  await ingestAtOnce(opened, SAMPLE, { arrival: 'No waiting', wait: false });
  await goTo(page, 'History');
  const table = grid(page, 'History');
  const hidden = () =>
    table
      .locator('[role="gridcell"][data-column="id"] [data-cut]')
      .evaluateAll((ids) => ids.filter((id) => id.scrollWidth > id.clientWidth).length);
  await expect.poll(hidden).toBe(0);
  const number = table.getByRole('columnheader', { name: 'No.' });
  await expect(number).toHaveAttribute('aria-sort', 'descending');
  // A corner of the head sorts as well.
  await number.click({ position: { x: 3, y: 3 } });
  await expect(number).toHaveAttribute('aria-sort', 'ascending');
  await expect(rowsOf(table).first().getByRole('gridcell').first()).toHaveText('1');
});
