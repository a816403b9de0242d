import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { goTo, grid, ingestAtOnce, rowsOf } from './fixtures/actions';
import { findCutFaults } from './fixtures/cut-texts';
import { expect, test } from './fixtures/ingot';
import { lookInBothThemes } from './fixtures/looks';

const HOUR_MS = 3_600_000;
const record = (id: string, version: number, changes: object = {}) => ({
  id,
  accountType: 'mint',
  tokens: 5,
  version,
  callbackTimeMs: 5_000,
  data: {},
  ...changes,
});
/** One every 100 ms. */
const RECORDS = [
  record('rich', 1, { tokens: 17, callbackTimeMs: HOUR_MS }),
  record('acc', 9),
  record('acc', 7),
  record('acc', 13, { callbackTimeMs: 50 }),
  record('poor', 1, { tokens: 2, callbackTimeMs: HOUR_MS }),
];

const inspectorOf = (page: Page) => page.getByRole('complementary', { name: 'Account inspector' });
const whyOf = (page: Page) => inspectorOf(page).getByRole('region', { name: 'Why' });
const eventsOf = (page: Page) => whyOf(page).getByRole('list', { name: 'Lifeline' }).getByRole('listitem');

async function inspect(page: Page, id: string): Promise<void> {
  await rowsOf(grid(page, 'Accounts')).filter({ hasText: id }).click();
  await expect(inspectorOf(page).getByRole('heading', { name: id })).toBeVisible();
}

test('the inspector says why each version is what it is, and leads to the version that made it so', async ({
  opened,
  page,
  home,
}) => {
  const file = join(home, 'why.json');
  await writeFile(file, JSON.stringify(RECORDS));
  await ingestAtOnce(opened, file, { delay: '100', wait: false });
  await goTo(page, 'Accounts');
  await inspect(page, 'acc');

  await expect(whyOf(page)).toContainText('Fired on time at 00:00.450.');
  await expect(whyOf(page)).toContainText('Not the leader of mint: rich has 12 more.');
  await expect(eventsOf(page)).toHaveText(['arrived00:00.400', 'due00:00.450', 'fired00:00.450']);

  await rowsOf(grid(page, 'Versions')).nth(2).click();
  await expect(whyOf(page)).toContainText('Stale: version 9 was there 100 ms before.');
  await expect(eventsOf(page)).toHaveText(['was there:900:00.200', 'arrived00:00.300']);

  await whyOf(page).getByRole('button', { name: '9' }).first().click();
  await expect(whyOf(page)).toContainText(
    'Did not fire: cancelled by version 13 at 00:00.400, 4.8 s before it was due.',
  );
  await expect(eventsOf(page)).toHaveText(['arrived00:00.200', 'cancelled by 1300:00.400', 'due00:05.200']);
  await expect(whyOf(page)).not.toContainText('leader');
  // To scale: it was cancelled after 0.2 of 5 seconds.
  const places = await whyOf(page)
    .locator('svg')
    .evaluateAll((marks) => marks.slice(0, 3).map((mark) => mark.getBoundingClientRect().x));
  const [arrived = 0, cancelled = 0, due = 0] = places;
  expect((cancelled - arrived) / (due - arrived)).toBeCloseTo(0.04, 2);

  for (const [width, height] of [
    [1024, 720],
    [1440, 900],
  ] as const) {
    await page.setViewportSize({ width, height });
    const faults = await lookInBothThemes(page, `why-${width}`);
    expect(faults).toEqual(Object.fromEntries(Object.keys(faults).map((name) => [name, []])));
    expect(await findCutFaults(page)).toEqual([]);
  }

  await whyOf(page).getByRole('button', { name: '13' }).first().click();
  await expect(whyOf(page)).toContainText('Fired on time');
  await whyOf(page).getByRole('button', { name: 'rich' }).click();
  await expect(inspectorOf(page).getByRole('heading', { name: 'rich' })).toBeVisible();
  await expect(whyOf(page)).toContainText('Leader of mint.');
});

test('a callback that waits after the end of its virtual run is said to be frozen, until a person fires or cancels it', async ({
  opened,
  page,
  home,
}) => {
  const file = join(home, 'frozen.json');
  await writeFile(file, JSON.stringify(RECORDS));
  await ingestAtOnce(opened, file, { delay: '100', wait: false });
  await goTo(page, 'Accounts');
  await inspect(page, 'poor');
  await expect(whyOf(page)).toContainText(
    /Waits, frozen: due at 1:00:00\.500, .* after the end of its virtual run\. Fire or cancel it by hand\./,
  );
  await expect(eventsOf(page)).toHaveText(['arrived00:00.500', 'due1:00:00.500']);

  await goTo(page, 'Callbacks');
  const waiting = rowsOf(page.getByRole('main').getByRole('grid'));
  await waiting.filter({ hasText: 'poor' }).getByRole('button', { name: 'Fire now' }).click();
  await expect(whyOf(page)).toContainText(/Fired by hand at 00:00\.\d+, 1 h 00 m before it was due\./);
  await waiting.filter({ hasText: 'rich' }).click();
  await waiting.filter({ hasText: 'rich' }).getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Cancel callback' }).click();
  await expect(whyOf(page)).toContainText(/Did not fire: cancelled by hand at 00:00\.\d+, 1 h 00 m before/);
});
