import { readFile, writeFile } from 'node:fs/promises';
import {
  chooseFile,
  deckOf,
  expectRecords,
  expectState,
  goTo,
  grid,
  recordsTaken,
  rowsOf,
  startRun,
  tipOf,
  transport,
} from './fixtures/actions';
import { generateFile } from './fixtures/command-line';
import { expect, test } from './fixtures/ingot';
import { SAMPLE } from './fixtures/paths';

/** Long enough that nothing of a test happens after its end: 400 records, one in ten seconds. */
const SLOW = { delay: '10000', speed: '1' } as const;

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

  await goTo(page, 'Database');
  const backups = page.getByRole('region', { name: 'Backups' });
  await expect(backups).toContainText('A run is under way. Stop it before you back up or restore.');
  for (const name of ['Back up now', 'Open a backup…']) {
    await expect(backups.getByRole('button', { name })).toBeDisabled();
  }
  // A greyed button says why.
  for (const greyed of [
    transport(page, 'Run again'),
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
});

test('a reload in the middle of a run loses nothing', async ({ opened, page, home }) => {
  const records = 60;
  const file = await generateFile(home, 'long.json', { records, accounts: 10, seed: 5 });
  // A pause holds records, not callbacks: one that fires between two looks at the log would be a difference.
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replaceAll(/"callbackTimeMs":\s*\d+/g, '"callbackTimeMs":3600000'));
  await chooseFile(opened, file);
  await startRun(page, SLOW);
  await transport(page, 'Pause').click();
  await expectState(page, 'paused');
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

  await transport(page, 'Step one record').click();
  await expectRecords(page, before + 6);
});

test('a run goes on while its window is gone, and the window catches up', async ({ opened, page, home }) => {
  const records = 300;
  const file = await generateFile(home, 'going-on.json', { records, accounts: 10, seed: 5, invalid: 0 });
  await chooseFile(opened, file);
  await startRun(page, { delay: '10', speed: '1', wait: false });
  for (let reload = 0; reload < 3; reload += 1) await page.reload();
  await expect(deckOf(page).getByText(`${records} records`)).toBeVisible();
  await expectState(page, 'completed');
});
