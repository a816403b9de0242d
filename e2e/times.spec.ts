import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { chooseFile, expectState, goTo, grid, ingestAtOnce, rowsOf, startRun } from './fixtures/actions';
import { expect, test } from './fixtures/ingot';

const RECORDS = [
  { id: 'acc-1', accountType: 'mint', tokens: 5, version: 1, callbackTimeMs: 0, data: {} },
  { id: 'acc-2', accountType: 'mint', tokens: 9, version: 1, callbackTimeMs: 50, data: {} },
];
const FORMS = {
  'Run clock': /^\d\d:\d\d\.\d{3}$/,
  'Wall clock': /^\d\d:\d\d:\d\d\.\d{3}$/,
  'Since start': /^\+\d\d:\d\d\.\d{3}$/,
} as const;

/** The arrival of the first account in the log, in History and in its inspector. */
async function arrivalsShown(page: Page): Promise<string[]> {
  const timeIn = async (name: string, having: RegExp) =>
    rowsOf(grid(page, name)).filter({ hasText: having }).locator('time').first().innerText();
  await goTo(page, 'Live');
  const log = await timeIn('Live log', /indexed.*acc-1/s);
  await goTo(page, 'History');
  const history = await timeIn('History', /acc-1/);
  await rowsOf(grid(page, 'History')).filter({ hasText: 'acc-1' }).click();
  const inspector = page.getByRole('complementary', { name: 'Account inspector' });
  const lifeline = inspector.getByRole('list', { name: 'Lifeline' }).getByRole('listitem');
  const arrived = await lifeline
    .filter({ hasText: /^arrived/ })
    .locator('time')
    .innerText();
  await page.keyboard.press('Escape');
  return [log, history, arrived];
}

/** The time that the timeline reads out left of its playhead, and the one that the strip under the title says. */
async function placeShown(page: Page): Promise<string[]> {
  const timeline = page.getByRole('slider', { name: 'Timeline of the run' });
  await timeline.press('ArrowLeft');
  const text = (await timeline.getAttribute('aria-valuetext')) ?? '';
  const strip = await page.getByTestId('instant-time').getByRole('strong').innerText();
  await timeline.press('Escape');
  return [text.slice(0, text.indexOf(': ')), strip];
}

test('an event has one time in log, table and inspector, in the form that the switch says', async ({
  opened,
  page,
  home,
}) => {
  const file = join(home, 'times.json');
  await writeFile(file, JSON.stringify(RECORDS));
  await chooseFile(opened, file);
  await startRun(page, { arrival: 'Sequential', delay: '100-100', speed: '2' });
  await expectState(page, 'completed');
  for (const word of ['Wall clock', 'Since start', 'Run clock'] as const) {
    await expect(page.getByRole('button', { name: `Times: ${word}` })).toBeVisible();
    const shown = await arrivalsShown(page);
    expect(shown[0]).toMatch(FORMS[word]);
    expect(shown).toEqual(Array(3).fill(shown[0]));
    for (const place of await placeShown(page)) expect(place).toMatch(FORMS[word]);
    await page.getByRole('button', { name: `Times: ${word}` }).click();
  }
  // Kept by the host, and the same switch in Settings.
  await page.getByRole('button', { name: 'Times: Wall clock' }).click();
  await goTo(page, 'Settings');
  await expect(page.getByRole('radio', { name: 'Since start' })).toBeChecked();
});

test('a virtual run is shown on its own clock, whatever the switch says', async ({ opened, page, home }) => {
  const file = join(home, 'times.json');
  await writeFile(file, JSON.stringify(RECORDS));
  await ingestAtOnce(opened, file);
  for (const word of ['Wall clock', 'Since start', 'Run clock'] as const) {
    const shown = await arrivalsShown(page);
    expect(shown[0]).toMatch(FORMS['Run clock']);
    expect(shown).toEqual(Array(3).fill(shown[0]));
    for (const place of await placeShown(page)) expect(place).toMatch(FORMS['Run clock']);
    await page.getByRole('button', { name: `Times: ${word}` }).click();
  }
});
