import { readFile } from 'node:fs/promises';
import type { Locator, Page } from '@playwright/test';
import { parse } from 'csv-parse/sync';
import { goTo, grid, ingestAtOnce, rowsOf } from './fixtures/actions';
import { expect, test } from './fixtures/ingot';
import { keepScreen } from './fixtures/looks';
import { SAMPLE } from './fixtures/paths';

/** Those of the ten tasks of docs/tour.md that no other spec does, each in at most four steps. */

const inspectorOf = (page: Page): Locator => page.getByRole('complementary', { name: 'Account inspector' });

test('the leader at 12 s, and why its callback did not fire', async ({ opened, page }) => {
  await ingestAtOnce(opened, SAMPLE, { seed: '1' });
  await goTo(page, 'Report');
  const timeline = page.getByRole('slider', { name: 'Timeline of the run' });
  const box = (await timeline.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  const endMs = Number(await timeline.getAttribute('aria-valuemax'));
  await page.mouse.click(box.x + (box.width * 12_000) / endMs, box.y + box.height / 2);
  await expect(page.getByRole('group', { name: 'The moment shown' })).toContainText('at 00:1');
  // The report of now stays until that of then is there.
  const leader = rowsOf(grid(page, 'Report')).filter({ hasText: 'metadata' });
  await expect(leader).toContainText('8sERJhhb');
  await leader.getByText('metadata').click();
  await expect(inspectorOf(page)).toContainText('Leader of metadata.');
  await page.getByRole('button', { name: 'back to live' }).click();
  await rowsOf(grid(page, 'Versions')).filter({ hasText: /^21/ }).click();
  await expect(inspectorOf(page)).toContainText(
    'Did not fire: cancelled by version 32 at 00:12.220, 2.8 s before it was due.',
  );
  await keepScreen(page, 'tour-why');
});

test('the cancelled callbacks as CSV', async ({ opened, page }) => {
  test.skip(test.info().project.name !== 'web', 'the desktop asks for a place in a dialog of the system');
  await ingestAtOnce(opened, SAMPLE, { seed: '1' });
  await goTo(page, 'Callbacks');
  await page.getByRole('tab', { name: /cancelled/i }).click();
  await page.getByRole('button', { name: 'Export…' }).click();
  await keepScreen(page, 'tour-export');
  const downloading = page.waitForEvent('download');
  await page.getByRole('dialog').getByRole('button', { name: 'Export', exact: true }).click();
  const rows: { callback_state: string }[] = parse(await readFile(await (await downloading).path(), 'utf8'), {
    columns: true,
    bom: true,
  });
  expect(rows.map(({ callback_state }) => callback_state)).toEqual(Array(56).fill('cancelled'));
});
