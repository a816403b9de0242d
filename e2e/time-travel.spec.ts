import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { deckOf, goTo, grid, ingestAtOnce, rowsOf } from './fixtures/actions';
import { expect, test } from './fixtures/ingot';
import type { OpenWindow } from './fixtures/shell';

/** They arrive at 100, 200, 300, 400 ms of the run; callbacks fire at 130 and 700, and one is cancelled at 400. */
const RECORDS = [
  { id: 'acc-1', accountType: 'mint', tokens: 10, version: 1, callbackTimeMs: 30, data: {} },
  { id: 'acc-2', accountType: 'mint', tokens: 10, version: 1, callbackTimeMs: 900, data: {} },
  { id: 'acc-3', accountType: 'mint', tokens: 11, version: 1, callbackTimeMs: 400, data: {} },
  { id: 'acc-2', accountType: 'mint', tokens: 12, version: 2, callbackTimeMs: 600, data: {} },
];

async function play(opened: OpenWindow, home: string, records: readonly object[] = RECORDS): Promise<void> {
  const file = join(home, 'four.json');
  await writeFile(file, JSON.stringify(records));
  await ingestAtOnce(opened, file, { delay: '100-100' });
}

const mark = (page: Page): Locator => page.getByRole('group', { name: 'The moment shown' });
const timelineOf = (page: Page): Locator => page.getByRole('slider', { name: 'Timeline of the run' });
const ids = (page: Page, name: string) => expect(rowsOf(grid(page, name)).getByText(/^acc-\d$/));
const goToAddress = (page: Page, hash: string) =>
  page.evaluate((to) => {
    window.location.hash = to;
  }, hash);
/** The place of a time, of the 1,000 ms that the run took. */
async function placeOf(page: Page, atMs: number) {
  const box = (await timelineOf(page).boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  const endMs = Number(await timelineOf(page).getAttribute('aria-valuemax'));
  return { x: box.x + (box.width * atMs) / endMs, y: box.y + box.height / 2 };
}

test('every view shows the moment that the address names, and Back and reload keep to it', async ({
  opened,
  page,
  home,
}) => {
  await play(opened, home);
  await goTo(page, 'Report');
  await ids(page, 'Report').toHaveText(['acc-2']);
  await goToAddress(page, '#/report?at=1@0.25s');
  await expect(mark(page)).toContainText('at 00:00.250 of run 1');
  await ids(page, 'Report').toHaveText(['acc-1', 'acc-2']);
  await goToAddress(page, '#/report?at=1@0.3s');
  await ids(page, 'Report').toHaveText(['acc-3']);
  await page.goBack();
  await ids(page, 'Report').toHaveText(['acc-1', 'acc-2']);
  await goTo(page, 'Live');
  // Indexed, fired, indexed: the log ends there too.
  await ids(page, 'Live log').toHaveText(['acc-1', 'acc-1', 'acc-2']);
  await goTo(page, 'History');
  await ids(page, 'History').toHaveText(['acc-2', 'acc-1']);
  await page.reload();
  await expect(mark(page)).toContainText('at 00:00.250');
  await ids(page, 'History').toHaveText(['acc-2', 'acc-1']);
  await goTo(page, 'Callbacks');
  await ids(page, 'Callbacks pending').toHaveText(['acc-2']);
  await expect(page.getByRole('button', { name: 'Fire now' })).toHaveCount(0);
  await goTo(page, 'Accounts');
  await rowsOf(grid(page, 'Accounts')).filter({ hasText: 'acc-2' }).click();
  const inspector = page.getByRole('complementary', { name: 'Account inspector' });
  await expect(inspector.getByRole('heading', { name: '1 version' })).toBeVisible();
  // The deck counts what there was then.
  await expect(deckOf(page).getByRole('list', { name: 'Counts at the moment shown' })).toContainText(
    '2indexed0stale1pending1fired0cancelled',
  );
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await expect(mark(page)).toBeHidden();
  await ids(page, 'Accounts').toHaveCount(3);
  expect(await page.evaluate(() => window.location.hash)).toBe('#/accounts');
});

test('a slot is shown with what came late, as known at a moment that can move', async ({
  opened,
  page,
  home,
}) => {
  const slots = [5, 6, 7, 5];
  await play(
    opened,
    home,
    RECORDS.map((record, at) => ({ ...record, version: 9 - at, slot: slots[at] })),
  );
  await goTo(page, 'Accounts');
  await page.keyboard.press('Control+k');
  await page.getByRole('textbox', { name: 'Find anything' }).fill('slot:5');
  await page.getByRole('button', { name: 'Show the window as of slot:5' }).click();
  await expect(mark(page)).toContainText(/^as of slot 5,as known at \d{2}:\d{2}:\d{2}/);
  await ids(page, 'Accounts').toHaveCount(2);
  await goTo(page, 'Report');
  await ids(page, 'Report').toHaveText(['acc-2']);
  // By then the second update of the slot had not come.
  await goToAddress(page, '#/report?at=slot:5,1@0.3s');
  await expect(mark(page)).toContainText('as of slot 5,as known at 00:00.300 of run 1');
  await ids(page, 'Report').toHaveText(['acc-1']);
  await timelineOf(page).press('End');
  await ids(page, 'Report').toHaveText(['acc-2']);
  await expect(mark(page)).toContainText('as of slot 5,as known at 00:01.100 of run 1');
  await goTo(page, 'Callbacks');
  await expect(mark(page)).toContainText(
    'as known at 00:01.100 of run 1(slot 5 is for Accounts, History and Report)',
  );
  await goTo(page, 'Accounts');
  await page.keyboard.press('Escape');
  await expect(mark(page)).toBeHidden();
  await rowsOf(grid(page, 'Accounts')).filter({ hasText: 'acc-3' }).click();
  await page.getByRole('button', { name: 'Show as of slot 7' }).click();
  await expect(mark(page)).toContainText('as of slot 7,');
  await page.reload();
  await ids(page, 'Accounts').toHaveCount(3);
  await expect(mark(page)).toContainText('as of slot 7,');
});

test('a click, a drag and the arrow keys on the timeline move the moment', async ({ opened, page, home }) => {
  await play(opened, home);
  await goTo(page, 'Accounts');
  const first = await placeOf(page, 150);
  await page.mouse.click(first.x, first.y);
  await expect(mark(page)).toBeVisible();
  await ids(page, 'Accounts').toHaveText(['acc-1']);
  const second = await placeOf(page, 350);
  await page.mouse.move(first.x, first.y);
  await page.mouse.down();
  await page.mouse.move(second.x, second.y, { steps: 12 });
  await page.mouse.up();
  await ids(page, 'Accounts').toHaveCount(3);
  const slider = timelineOf(page);
  const at = async () => Number(await slider.getAttribute('aria-valuenow'));
  const before = await at();
  await slider.press('ArrowLeft');
  await expect.poll(at).toBeLessThan(before);
  await slider.press('Home');
  await expect.poll(at).toBe(0);
  await expect(page.getByText('No accounts yet')).toBeVisible();
  await slider.press('End');
  await ids(page, 'Accounts').toHaveCount(3);
  await mark(page).getByRole('button', { name: 'back to live' }).click();
  await expect(mark(page)).toBeHidden();
  // One step for Back for each click or drag, none for each move.
  await page.goBack();
  await expect(mark(page)).toBeVisible();
});

test('[ and ] go to the event before and the next one', async ({ opened, page, home }) => {
  await play(opened, home);
  await goTo(page, 'Accounts');
  await goToAddress(page, '#/accounts?at=1@0.1s');
  await expect(mark(page)).toContainText('at 00:00.100');
  for (const time of ['130', '200', '300', '400', '700']) {
    await page.keyboard.press(']');
    await expect(mark(page)).toContainText(`at 00:00.${time}`);
  }
  await page.keyboard.press(']');
  await expect(mark(page)).toContainText('at 00:01.000');
  for (const time of ['700', '400', '300', '200', '130', '100']) {
    await page.keyboard.press('[');
    await expect(mark(page)).toContainText(`at 00:00.${time}`);
  }
});

test('the past plays on from where it is, and a past run has its timeline', async ({
  opened,
  page,
  home,
}) => {
  await play(opened, home);
  await copyFile(join(home, 'four.json'), join(home, 'again.json'));
  await ingestAtOnce(opened, join(home, 'again.json'), { delay: '100-100' });
  await goTo(page, 'Runs');
  await rowsOf(grid(page, 'Runs')).nth(1).click();
  await page.getByRole('button', { name: 'Show its timeline' }).click();
  await expect(mark(page)).toContainText('of run 1');
  await expect(deckOf(page)).toContainText('four.jsonrun 1');
  await goTo(page, 'Accounts');
  await timelineOf(page).press('Home');
  await expect(page.getByText('No accounts yet')).toBeVisible();
  await page.getByRole('button', { name: 'Play on from here' }).click();
  await ids(page, 'Accounts').toHaveCount(3);
  await expect(page.getByRole('button', { name: 'Play on from here' })).toBeVisible();
});

test('the wheel shows a part of the timeline in detail, and a part of it can be selected', async ({
  opened,
  page,
  home,
}) => {
  await play(opened, home);
  const slider = timelineOf(page);
  const whole = page.getByRole('button', { name: 'Show the whole run' });
  const first = await placeOf(page, 200);
  await page.mouse.move(first.x, first.y);
  for (let turns = 0; turns < 4; turns += 1) await page.mouse.wheel(0, -400);
  await expect(whole).toBeVisible();
  // What is under the pointer stays there: a click shows that time.
  await page.mouse.click(first.x, first.y);
  const at = async () => Number(await slider.getAttribute('aria-valuenow'));
  await expect.poll(async () => Math.abs((await at()) - 200)).toBeLessThan(8);
  await slider.press('Home');
  await slider.press('Escape');
  await expect(whole).toBeHidden();
  await slider.press('Escape');
  await expect(mark(page)).toBeHidden();
  await page.keyboard.press('+');
  await expect(whole).toBeVisible();
  await page.keyboard.press('-');
  await expect(whole).toBeHidden();

  const [from, to] = [await placeOf(page, 150), await placeOf(page, 250)];
  await page.keyboard.down('Shift');
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(to.x, to.y, { steps: 4 });
  await page.mouse.up();
  await page.keyboard.up('Shift');
  const selected = page.getByRole('group', { name: 'The part of the timeline selected' });
  await expect(selected).toContainText(/00:00\.1[45]\d – 00:00\.2[45]\d of run 1/);
  await selected.getByRole('button', { name: 'show only this' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'History' })).toBeVisible();
  await ids(page, 'History').toHaveText(['acc-2']);
  await goTo(page, 'Accounts');
  await expect(page.getByRole('region', { name: 'Filters', exact: true })).toContainText('0 of 3 accounts');
  await selected.getByRole('button', { name: 'zoom' }).click();
  await expect(whole).toBeVisible();
  await slider.focus();
  await page.keyboard.press('Escape');
  await expect(selected).toBeHidden();
  await page.keyboard.press('Escape');
  await expect(whole).toBeHidden();
});
