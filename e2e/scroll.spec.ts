import type { Locator } from '@playwright/test';
import { goTo, grid, ingestAtOnce } from './fixtures/actions';
import { generateFile } from './fixtures/command-line';
import { expect, test } from './fixtures/ingot';

const RECORDS = 105_000;

interface Shown {
  /** Indexes of the loaded rows in view, from 0. */
  readonly indexes: readonly number[];
  /** Rows that fit into the view. */
  readonly room: number;
}

/** The rows of a table that are at least half in view, below its head. */
function readShown(table: Locator): Promise<Shown> {
  return table.evaluate((element) => {
    const frame = element.getBoundingClientRect();
    const head = element.querySelector('[role=columnheader]')?.getBoundingClientRect().bottom ?? frame.top;
    const rows = [...element.querySelectorAll('[role=row]:has([role=gridcell])')];
    const height = rows[0]?.getBoundingClientRect().height ?? 28;
    const indexes = rows
      .filter((row) => {
        const box = row.getBoundingClientRect();
        const middle = (box.top + box.bottom) / 2;
        return middle > head && middle < frame.bottom && (row.textContent ?? '').trim() !== '';
      })
      .map((row) => Number(row.getAttribute('aria-rowindex')) - 2)
      .sort((a, b) => a - b);
    return { indexes, room: Math.floor((element.clientHeight - (head - frame.top)) / height) };
  });
}

/** Waits until the view is full of loaded rows; returns the first one's index. */
async function expectFull(table: Locator): Promise<number> {
  let first = -1;
  await expect
    .poll(async () => {
      const { indexes, room } = await readShown(table);
      first = indexes[0] ?? -1;
      const last = indexes.at(-1) ?? -1;
      return room > 10 && indexes.length >= room - 1 && last - first === indexes.length - 1;
    })
    .toBe(true);
  return first;
}

test('a table of many rows is full of rows wherever one scrolls', async ({ opened, page, home }) => {
  const file = await generateFile(home, 'many.json', { records: RECORDS, accounts: 3_000, seed: 11 });
  await ingestAtOnce(opened, file, { arrival: 'No waiting', wait: false });
  await goTo(page, 'History');
  const table = grid(page, 'History');
  await expect.poll(async () => Number(await table.getAttribute('aria-rowcount'))).toBeGreaterThan(100_000);
  const count = Number(await table.getAttribute('aria-rowcount')) - 1;

  expect(await expectFull(table)).toBe(0);
  for (const part of [0.5, 0.25, 0.9]) {
    await table.evaluate((element, to) => {
      element.scrollTop = element.scrollHeight * to;
    }, part);
    const first = await expectFull(table);
    expect(Math.abs(first / count - part)).toBeLessThan(0.02);
  }

  await table.focus();
  await page.keyboard.press('End');
  await expect(table.locator(`[aria-rowindex="${count + 1}"]`)).toBeInViewport();
  await expectFull(table);
  await page.keyboard.press('PageUp');
  await page.keyboard.press('PageUp');
  expect(await expectFull(table)).toBeLessThan(count - 50);
  await page.keyboard.press('Home');
  await expect(table.locator('[aria-rowindex="2"]')).toBeInViewport();
  expect(await expectFull(table)).toBe(0);

  await table.hover();
  for (let turn = 0; turn < 20; turn += 1) await page.mouse.wheel(0, 900);
  expect(await expectFull(table)).toBeGreaterThan(300);
});
