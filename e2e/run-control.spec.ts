import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import {
  chooseFile,
  deckOf,
  expectRecords,
  expectState,
  goTo,
  grid,
  readTimeline,
  recordsTaken,
  rowsOf,
  startRun,
  tipOf,
  transport,
} from './fixtures/actions';
import { expect, test } from './fixtures/ingot';
import { keepScreen } from './fixtures/looks';
import { SAMPLE } from './fixtures/paths';

/** Longer than any test: 400 records, one in ten seconds. */
const SLOW = { delay: '10000', speed: '1' } as const;

/** A file whose callbacks are due long after the test. */
async function writeLongWaits(home: string, records: number): Promise<string> {
  const file = join(home, 'long-waits.json');
  const update = { accountType: 'mint', tokens: 5, callbackTimeMs: 900_000_000 };
  const updates = Array.from({ length: records }, (_, at) => ({
    ...update,
    id: `account-${at % 10}`,
    version: at % 7 === 6 ? 0 : at,
  }));
  await writeFile(file, JSON.stringify(updates));
  return file;
}

test('a run is paused, stepped one record at a time, resumed and stopped', async ({ opened, page }) => {
  await chooseFile(opened, SAMPLE);
  await startRun(page, SLOW);
  await expectState(page, 'running');
  await transport(page, 'Pause').click();
  await expectState(page, 'paused');

  const before = await recordsTaken(page);
  await transport(page, 'Step one record').click();
  await expectRecords(page, before + 1);
  await expectState(page, 'paused');
  await transport(page, 'Step one record').click();
  await expectRecords(page, before + 2);

  await expect(deckOf(page).getByText(`${before + 2} of 400 records`)).toBeVisible();
  await expect(deckOf(page).getByText(/^\d %$/)).toBeVisible();
  await expect(page).toHaveTitle(/^paused · \d % · sample\.json – Ingot$/);
  await expectOneLine(page);

  await goTo(page, 'Database');
  const backups = page.getByRole('region', { name: 'Backups' });
  await expect(backups).toContainText('A run is under way: stop it first.');
  for (const name of ['Back up now', 'Open a backup…']) {
    await expect(backups.getByRole('button', { name })).toBeDisabled();
  }
  // A disabled button says why.
  for (const greyed of [
    transport(page, 'Run again…'),
    page.getByRole('button', { name: 'Reset database…' }),
  ]) {
    await expect(greyed).toBeDisabled();
    await greyed.hover();
    await expect(tipOf(page, 'A run is under way: stop it first')).toBeVisible();
  }

  await transport(page, 'Resume').click();
  await expectState(page, 'running');
  await transport(page, 'Stop').click();
  await expectState(page, 'stopped');
  await expect(backups.getByRole('button', { name: 'Back up now' })).toBeEnabled();
  await expect(page).toHaveTitle('stopped · sample.json – Ingot');
});

/** With the widest possible figures, the lower part of the deck is one line without overlaps. */
async function expectOneLine(page: Page): Promise<void> {
  const size = page.viewportSize();
  await page.evaluate(() => {
    for (const count of document.querySelectorAll('[data-count] > :nth-child(2)'))
      count.textContent = '99,999';
  });
  for (const width of [1024, 1280, 1440, 1920]) {
    await page.setViewportSize({ width, height: 900 });
    const boxes = await deckOf(page).evaluate((deck) => {
      const items = [...(deck.lastElementChild?.querySelectorAll('li, [data-testid="run-state"]') ?? [])];
      return items.map((item) => {
        const { top, bottom, left, right } = item.getBoundingClientRect();
        return { middle: Math.round((top + bottom) / 2), left, right };
      });
    });
    expect(boxes).toHaveLength(9);
    expect(new Set(boxes.map(({ middle }) => middle)).size, `lines at ${width}`).toBe(1);
    for (const [at, { right }] of boxes.entries()) {
      expect(right, `item ${at} at ${width}`).toBeLessThanOrEqual(boxes[at + 1]?.left ?? width);
    }
    const cut = await deckOf(page)
      .locator('[data-count] > :nth-child(2)')
      .evaluateAll((all) =>
        all.filter((each) => {
          const row = each.parentElement?.getBoundingClientRect();
          return each.getBoundingClientRect().right > (row?.right ?? 0) + 0.5;
        }),
      );
    expect(cut, `figures that are cut at ${width}`).toEqual([]);
  }
  if (size) await page.setViewportSize(size);
}

test('an account flashes when it changes, not when its row moves', async ({ opened, page, home }) => {
  const file = join(home, 'in-turns.json');
  const records = [1, 2, 3, 4].flatMap((version) =>
    ['a', 'b', 'c'].map((id) => ({ id, accountType: 'mint', tokens: version, version, callbackTimeMs: 0 })),
  );
  await writeFile(file, JSON.stringify(records));
  await chooseFile(opened, file);
  await startRun(page, SLOW);
  await transport(page, 'Pause').click();
  await expectState(page, 'paused');
  await goTo(page, 'Accounts');
  const rows = rowsOf(grid(page, 'Accounts'));
  let taken = await recordsTaken(page);
  const stepTo = async (records: number) => {
    while (taken < records) {
      await transport(page, 'Step one record').click();
      taken += 1;
      await expectRecords(page, taken);
    }
  };
  const quiet = () => page.evaluate(() => document.getAnimations().length === 0);
  // Each account changes twice in view: what has flashed once must not flash again.
  await stepTo(9);
  await expect(rows).toHaveText([/^c.*3/, /^b.*3/, /^a.*3/]);
  await expect.poll(quiet).toBe(true);
  await page.evaluate(() => {
    const flashed = new Set<string>();
    Object.assign(window, { flashed });
    const look = () => {
      for (const { effect } of document.getAnimations()) {
        const row = effect instanceof KeyframeEffect ? effect.target?.closest('[role="row"]') : null;
        if (row) flashed.add(row.textContent.slice(0, 1));
      }
      requestAnimationFrame(look);
    };
    look();
  });
  await stepTo(10);
  await expect(rows).toHaveText([/^a.*4/, /^c.*3/, /^b.*3/]);
  const flashed = () => page.evaluate(() => [...(window as unknown as { flashed: Set<string> }).flashed]);
  await expect.poll(flashed).not.toHaveLength(0);
  await expect.poll(quiet).toBe(true);
  expect(await flashed()).toEqual(['a']);
});

test('a reload in the middle of a run loses nothing', async ({ opened, page, home }) => {
  const records = 60;
  const file = await writeLongWaits(home, records);
  await chooseFile(opened, file);
  await startRun(page, SLOW);
  // The pointer is still where it clicked "Start run"; what is there now was not pointed at.
  const tip = page.locator('body > [aria-hidden="true"]').filter({ hasText: /\S/ });
  await page.keyboard.press('Space');
  await expectState(page, 'paused');
  await page.keyboard.press('.');
  await expectRecords(page, (await recordsTaken(page)) + 1);
  await expect(tip).toHaveCount(0);
  await deckOf(page).getByText('of 60 records').hover();
  await expect(tip).toContainText('of 60 records taken in');
  const before = await recordsTaken(page);
  for (let step = 1; step <= 5; step += 1) {
    await transport(page, 'Step one record').click();
    await expectRecords(page, before + step);
  }
  const log = rowsOf(grid(page, 'Live log'));
  const outcomes = deckOf(page).getByRole('list', { name: 'Records by outcome' });
  const lines = await log.allInnerTexts();
  const counts = await outcomes.innerText();
  expect(lines.length).toBeGreaterThan(5);

  await page.reload();
  await expectState(page, 'paused');
  await expectRecords(page, before + 5);
  expect(await outcomes.innerText()).toBe(counts);
  await expect.poll(() => log.allInnerTexts()).toEqual(lines);
  // Each record has its own time: none is drawn at the moment of the reload. The axis grows with time, so time stands still while
  // its columns are read; otherwise one may be read twice.
  await page.clock.setFixedTime(new Date());
  const drawn = await readTimeline(page);
  expect(drawn.length).toBeGreaterThan(1);
  expect(drawn.reduce((sum, counted) => sum + counted, 0)).toBe(before + 5);

  await transport(page, 'Step one record').click();
  await expectRecords(page, before + 6);
});

test('a run continues without its window, and the window catches up', async ({ opened, page, home }) => {
  const records = 300;
  const file = await writeLongWaits(home, records);
  await chooseFile(opened, file);
  await startRun(page, { delay: '10', speed: '1', wait: false });
  for (let reload = 0; reload < 3; reload += 1) await page.reload();
  await expect(deckOf(page).getByText(`${records} records`)).toBeVisible();
  await expectState(page, 'completed');

  // A window that joined during the run has the same log as one that joins now.
  const log = grid(page, 'Live log');
  const read = async () => {
    await log.press('Home');
    await expect(rowsOf(log).first()).toHaveAttribute('aria-rowindex', '2');
    return { count: await log.getAttribute('aria-rowcount'), first: await rowsOf(log).first().innerText() };
  };
  const before = await read();
  await page.reload();
  await expect(rowsOf(log).last()).toContainText('Completed');
  expect(await read()).toEqual(before);
});

test('a pause freezes the callbacks of the run, and its speed can be changed under way', async ({
  opened,
  page,
  home,
}) => {
  const file = await writeLongWaits(home, 400);
  await chooseFile(opened, file);
  await startRun(page, { delay: '1000', speed: '1' });
  await expect.poll(() => recordsTaken(page)).toBeGreaterThan(0);
  await transport(page, 'Pause').hover();
  await expect(tipOf(page, 'its callbacks with it')).toBeVisible();
  await transport(page, 'Pause').click();
  await expectState(page, 'paused');
  await goTo(page, 'Callbacks');
  const dueIn = rowsOf(grid(page, 'Callbacks pending')).first().getByRole('gridcell').first();
  await expect(dueIn).toHaveText('frozen');
  await dueIn.getByText('frozen').hover();
  await expect(tipOf(page, 'The run is paused')).toBeVisible();
  await keepScreen(page, 'callbacks-frozen');
  await transport(page, 'Resume').click();
  await expect(dueIn).toHaveText(/ d /);

  const deck = deckOf(page);
  await deck.getByRole('button', { name: 'Speed ×1' }).click();
  await keepScreen(page, 'speed-menu');
  const menu = page.getByRole('dialog', { name: 'Speed' });
  await menu.getByRole('textbox', { name: 'Another speed' }).fill('0');
  await expect(menu).toContainText('A number from 0.001 to 1,000,000');
  await menu.getByRole('textbox', { name: 'Another speed' }).fill('0.5');
  await page.keyboard.press('Enter');
  await deck.getByRole('button', { name: 'Speed ×0.5' }).click();
  await menu.getByRole('button', { name: '×1,000' }).click();
  await expect(deck.getByRole('button', { name: 'Speed ×1,000' })).toBeFocused();
  // At its first speed the rest would take six minutes.
  await expectRecords(page, 400);
  await expectState(page, 'waiting for callbacks');
  await transport(page, 'Pause').click();
  await expectState(page, 'paused');
  await expect(transport(page, 'Step one record')).toBeDisabled();
  await transport(page, 'Step one record').hover();
  await expect(tipOf(page, 'All records are in: the run waits for its callbacks')).toBeVisible();
  await transport(page, 'Resume').click();
  await expectState(page, 'waiting for callbacks');
});

test('callbacks of a run that was killed while it was paused are frozen until a person resumes them', async ({
  opened,
  openWindow,
  home,
}) => {
  const file = await writeLongWaits(home, 60);
  await chooseFile(opened, file);
  await startRun(opened.page, SLOW);
  await transport(opened.page, 'Pause').click();
  await expectState(opened.page, 'paused');
  await transport(opened.page, 'Step one record').click();
  await expect(rowsOf(grid(opened.page, 'Live log')).filter({ hasText: 'indexed' })).not.toHaveCount(0);
  await opened.kill();

  const { page } = await openWindow();
  await expectState(page, 'interrupted');
  await goTo(page, 'Callbacks');
  const dueIn = rowsOf(grid(page, 'Callbacks pending')).first().getByRole('gridcell').first();
  await expect(dueIn).toHaveText('frozen');
  await goTo(page, 'Runs');
  await keepScreen(page, 'runs-frozen');
  const resume = page
    .getByRole('region', { name: 'Run 1' })
    .getByRole('button', { name: 'Resume callbacks' });
  await resume.click();
  await expect(resume).toBeHidden();
  await goTo(page, 'Callbacks');
  await expect(dueIn).toHaveText(/ d /);
});
