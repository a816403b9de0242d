import { readFile, writeFile } from 'node:fs/promises';
import type { Locator } from '@playwright/test';
import {
  chooseFile,
  deckOf,
  expectState,
  goTo,
  grid,
  previewOf,
  recordsTaken,
  rowsOf,
  startRun,
  transport,
} from './fixtures/actions';
import { generateFile } from './fixtures/command-line';
import { expect, test } from './fixtures/ingot';
import { keepScreen, lookInBothThemes } from './fixtures/looks';

/** More records than the test waits for; one callback in four is due long after it. */
async function generateUpdates(home: string): Promise<string> {
  const options = { records: 5_000, accounts: 60, seed: 4, invalid: 0.02, conflict: 0.02 };
  const file = await generateFile(home, 'updates.json', options);
  let callbacks = 0;
  // As text: numbers would round its 64-bit integers.
  const text = (await readFile(file, 'utf8')).replace(/"callbackTimeMs":[1-9]\d*/g, (field) => {
    callbacks += 1;
    return callbacks % 4 === 0 ? `${field}0000` : field;
  });
  await writeFile(file, text);
  return file;
}

/** The text of each element that extends beyond the window, even where it is clipped. */
function findCutOff(region: Locator): Promise<(string | null)[]> {
  return region.evaluate((element) =>
    [...element.querySelectorAll('*')]
      .filter((part) => {
        const { left, right } = part.getBoundingClientRect();
        return left < 0 || right > window.innerWidth;
      })
      .map((part) => part.textContent),
  );
}

test('an empty window is readable by everyone, in both themes', async ({ page }) => {
  const faults: Record<string, string[]> = {};
  for (const view of [
    'Live',
    'Accounts',
    'History',
    'Callbacks',
    'Report',
    'Runs',
    'Operations',
    'Logs',
    'Database',
  ]) {
    await goTo(page, view);
    Object.assign(faults, await lookInBothThemes(page, `${view.toLowerCase()}-empty`));
  }
  expect(faults).toEqual(Object.fromEntries(Object.keys(faults).map((view) => [view, []])));
});

test('every view is readable by everyone, in both themes', async ({ opened, page, home }) => {
  // Each view in turn, each twice.
  test.slow();
  const faults: Record<string, string[]> = {};
  const look = async (name: string) => Object.assign(faults, await lookInBothThemes(page, name));
  const file = await generateUpdates(home);
  await chooseFile(opened, file);
  await expect(previewOf(page).getByRole('table')).toBeVisible();
  await look('preview');
  // Paused in its middle: some callbacks have fired, some are pending, and nothing moves.
  await startRun(page, { speed: '10', delay: '200-300' });
  await expect.poll(() => recordsTaken(page)).toBeGreaterThan(150);
  await transport(page, 'Pause').click();
  await expectState(page, 'paused');
  await expect(rowsOf(grid(page, 'Live log'))).not.toHaveCount(0);
  await look('live');
  await page.setViewportSize({ width: 960, height: 600 });
  expect(await findCutOff(deckOf(page))).toEqual([]);
  const views = page.getByRole('navigation', { name: 'Views' });
  await expect(views.getByRole('link', { name: 'Settings' })).toBeInViewport({ ratio: 1 });
  await page.setViewportSize({ width: 640, height: 400 });
  await expect(views.getByRole('link', { name: 'Settings' })).toBeInViewport({ ratio: 1 });
  await page.setViewportSize({ width: 960, height: 600 });
  await keepScreen(page, 'live-small');
  await page.setViewportSize({ width: 1440, height: 900 });

  for (const view of ['Accounts', 'History', 'Callbacks', 'Report', 'Runs', 'Logs']) {
    await goTo(page, view);
    const table = page.getByRole('main').getByRole('grid').first();
    await expect(rowsOf(table)).not.toHaveCount(0);
    await look(view.toLowerCase());
  }
  await goTo(page, 'Connections');
  await expect(page.getByRole('form', { name: 'Connect' })).toBeVisible();
  await look('connections');
  await goTo(page, 'Operations');
  await expect(page.getByRole('table', { name: 'SQL statements' })).toBeVisible();
  await look('operations');
  await goTo(page, 'Logs');
  await rowsOf(grid(page, 'Log')).last().click();
  await expect(page.getByRole('complementary', { name: 'Log entry' })).toBeVisible();
  await look('log-entry');
  await goTo(page, 'Database');
  await look('database');
  await goTo(page, 'Settings');
  await look('settings');
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
  await look('shortcuts');
  await page.keyboard.press('Escape');
  await page.keyboard.press('F1');
  await expect(page.getByRole('dialog', { name: 'Help' })).toBeVisible();
  await look('help');
  await page.keyboard.press('Escape');

  await goTo(page, 'Accounts');
  await rowsOf(grid(page, 'Accounts')).first().click();
  await expect(rowsOf(grid(page, 'Versions'))).not.toHaveCount(0);
  await look('inspector');
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('textbox', { name: 'Find anything' })).toBeFocused();
  await look('palette');
  await page.keyboard.press('Escape');
  await transport(page, 'Stop').click();
  await expectState(page, 'stopped');
  await goTo(page, 'Database');
  await page.getByRole('button', { name: 'Reset database…' }).click();
  await expect(page.getByRole('dialog').getByRole('textbox')).toBeFocused();
  await look('reset');
  expect(faults).toEqual(Object.fromEntries(Object.keys(faults).map((view) => [view, []])));
});
