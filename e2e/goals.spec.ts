import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import {
  chooseFile,
  deckOf,
  expectCounts,
  expectRecords,
  expectState,
  startRun,
  transport,
} from './fixtures/actions';
import { expect, test } from './fixtures/ingot';
import { keepScreen } from './fixtures/looks';

const update = (id: string, version: number, changes: object = {}) => ({
  id,
  accountType: 'mint',
  tokens: 5,
  version,
  callbackTimeMs: 900_000_000,
  ...changes,
});

/** One comes every ten seconds of the run. */
const GIVEN = [
  update('a', 1, { callbackTimeMs: 700 }),
  update('b', 5),
  update('b', 4),
  update('b', 5, { tokens: 6 }),
  update('b', 6),
  { id: 'without a version' },
  update('b', 3),
  update('d', 1, { callbackTimeMs: 0 }),
  update('c', 1, { accountType: 'escrow' }),
  update('a', 1, { callbackTimeMs: 700 }),
  update('d', 2),
  ...Array.from({ length: 5 }, (_, index) => update('e', index)),
];

const menuOf = (page: Page) => page.getByRole('dialog', { name: 'Step to, run until' });
const openMenu = (page: Page) => deckOf(page).getByRole('button', { name: 'Step to, run until' }).click();

async function runUntil(page: Page, kind: string, value: string): Promise<void> {
  await openMenu(page);
  const menu = menuOf(page);
  await menu.getByText(kind, { exact: true }).last().click();
  if (kind === 'Outcome') await menu.getByRole('combobox', { name: kind }).selectOption(value);
  else await menu.getByRole('textbox', { name: kind }).fill(value);
  await menu.getByRole('button', { name: 'Run', exact: true }).click();
  await expect(menu).toBeHidden();
}

/** What is stepped to, by its key and in the menu, and how many records are in then. */
const STEPS = [
  { step: 'Record', keys: ['.'], records: 1 },
  { step: 'Callback', keys: ['s', 'c'], records: 1 },
  { step: 'Record', keys: null, records: 2 },
  { step: 'Conflict', keys: ['s', 'f'], records: 4 },
  { step: 'Cancel', keys: null, records: 5 },
  { step: 'Reject', keys: ['s', 'r'], records: 6 },
] as const;

const UNTILS = [
  { kind: 'Time', value: '1m15s', records: 7 },
  { kind: 'Outcome', value: 'fired', records: 8 },
  { kind: 'Type', value: 'escrow', records: 9 },
  { kind: 'Outcome', value: 'duplicate', records: 10 },
  { kind: 'Account', value: 'd', records: 11 },
  { kind: 'Record', value: '11', records: 12 },
] as const;

test('a run steps to what is asked for, also from under way, runs until it comes, and says where it goes', async ({
  opened,
  page,
  home,
}) => {
  const file = join(home, 'goals.json');
  await writeFile(file, JSON.stringify(GIVEN));
  await chooseFile(opened, file);
  await startRun(page, { delay: '10000', speed: '1' });
  await expectState(page, 'running');

  for (const { step, keys, records } of STEPS) {
    if (keys) for (const key of keys) await page.keyboard.press(key);
    else {
      await openMenu(page);
      await menuOf(page)
        .getByRole('button', { name: new RegExp(`^${step}`) })
        .click();
    }
    await expectRecords(page, records);
    await expectState(page, 'paused');
    if (step === 'Callback') await expectCounts(page, { indexed: 1, fired: 1 });
  }
  await expectCounts(page, {
    indexed: 3,
    stale: 1,
    conflict: 1,
    rejected: 1,
    pending: 1,
    fired: 1,
    cancelled: 1,
  });

  // The form says what is wrong, and keeps it.
  await page.keyboard.press('s');
  await page.keyboard.press('u');
  const menu = menuOf(page);
  await menu.getByText('Time', { exact: true }).click();
  await menu.getByRole('textbox', { name: 'Time' }).fill('soon');
  await page.keyboard.press('Enter');
  await expect(menu).toContainText('such as 12.5s or 1m03s');
  await keepScreen(page, 'goals-menu');
  await page.keyboard.press('Escape');

  // At its speed the next record comes in ten seconds.
  await runUntil(page, 'Account', 'far');
  const goal = deckOf(page).getByText('until a version of far');
  await expect(goal).toBeVisible();
  await keepScreen(page, 'goals-until');
  await deckOf(page).getByRole('button', { name: 'Give the goal up' }).click();
  await expect(goal).toBeHidden();
  await expectState(page, 'running');

  await transport(page, 'Pause').click();
  await deckOf(page).getByRole('button', { name: 'Speed ×1' }).click();
  await page.getByRole('dialog', { name: 'Speed' }).getByRole('button', { name: '×20', exact: true }).click();
  for (const { kind, value, records } of UNTILS) {
    await runUntil(page, kind, value);
    await expectRecords(page, records);
    await expectState(page, 'paused');
  }
  const records = { indexed: 7, stale: 2, duplicate: 1, conflict: 1, rejected: 1 };
  await expectCounts(page, { ...records, pending: 4, fired: 2, cancelled: 1 });

  await page.keyboard.press('s');
  await page.keyboard.press('f');
  await expect(
    page.getByText('The run did not come to the next conflict: all records are in.').first(),
  ).toBeVisible();
  await expectRecords(page, GIVEN.length);
  await expectState(page, 'paused');
});
