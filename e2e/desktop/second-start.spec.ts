import { join } from 'node:path';
import { deckOf, expectState, goTo, grid, previewOf, rowsOf } from '../fixtures/actions';
import { generateFile } from '../fixtures/command-line';
import { answerDialogs, test } from '../fixtures/desktop';
import { expect } from '../fixtures/ingot';
import { SAMPLE } from '../fixtures/paths';

test('a second start hands its file and its settings to the first, and ends well', async ({
  desktop,
  page,
  home,
  startBeside,
}) => {
  await desktop.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.hide());
  const isShown = () =>
    desktop.app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows().map((window) => window.isVisible()),
    );
  expect(await isShown()).toEqual([false]);

  const file = await generateFile(home, 'second.json', { records: 30, accounts: 5, seed: 3 });
  expect(await startBeside([file, '--simulate', '--seed', '7'])).toBe(0);
  await expectState(page, 'completed');
  await expect(deckOf(page).getByText('second.json')).toBeVisible();
  await expect(deckOf(page).getByText('30 records')).toBeVisible();
  expect(await isShown()).toEqual([true]);
  await goTo(page, 'Runs');
  await rowsOf(grid(page, 'Runs')).first().click();
  const detail = page.getByRole('region', { name: 'Run 1' });
  await expect(detail.getByText(/virtual clock, seed 7$/)).toBeVisible();

  // Without a file it only shows the window; a message of another kind starts nothing.
  expect(await startBeside([])).toBe(0);
  await desktop.app.evaluate(({ app }, path) => {
    app.emit('second-instance', {}, [], '/', { file: { path } });
    app.emit('second-instance', {}, [], '/', 'open it');
  }, SAMPLE);
  await goTo(page, 'Logs');
  const refused = rowsOf(grid(page, 'Log')).filter({ hasText: 'a second start sent an invalid message' });
  await expect(refused).toHaveCount(2);
  await goTo(page, 'Runs');
  await expect(rowsOf(grid(page, 'Runs'))).toHaveCount(1);
});

test('a file named at the start is ingested, and one that is not there is named', async ({
  openDesktop,
  home,
  startBeside,
}) => {
  const file = await generateFile(home, 'first.json', { records: 30, accounts: 5, seed: 3 });
  const desktop = await openDesktop([file, '--simulate']);
  const { page } = desktop;
  await expectState(page, 'completed');
  await expect(deckOf(page).getByText('first.json')).toBeVisible();

  const asked = await answerDialogs(desktop, 'showMessageBox', [{ response: 0 }]);
  expect(await startBeside([join(home, 'missing.json')])).toBe(0);
  await expect
    .poll(asked)
    .toMatchObject([{ type: 'warning', message: 'missing.json cannot be found or read.' }]);

  // A double click, of which macOS tells by an event, only shows the file.
  const opened = await generateFile(home, 'opened.json', { records: 20, accounts: 5, seed: 4 });
  await desktop.app.evaluate(({ app }, path) => {
    app.emit('open-file', { preventDefault() {} }, path);
  }, opened);
  await expect(previewOf(page).getByRole('heading', { name: 'opened.json' })).toBeVisible();
  await previewOf(page).getByRole('button', { name: 'Cancel' }).click();
  expect(await startBeside(['--preview', file])).toBe(0);
  await expect(previewOf(page).getByRole('heading', { name: 'first.json' })).toBeVisible();
  await previewOf(page).getByRole('button', { name: 'Cancel' }).click();
  await goTo(page, 'Runs');
  await expect(rowsOf(grid(page, 'Runs'))).toHaveCount(1);
});

test('a file to be shown at the start is shown, and nothing of it runs', async ({ openDesktop, home }) => {
  const file = await generateFile(home, 'shown.json', { records: 30, accounts: 5, seed: 3 });
  const { page } = await openDesktop(['--preview', file]);
  await expect(previewOf(page).getByRole('heading', { name: 'shown.json' })).toBeVisible();
  await previewOf(page).getByRole('button', { name: 'Cancel' }).click();
  await expect(deckOf(page).getByText('No run yet')).toBeVisible();
});

test('a start with a wrong command line ends with 2', async ({ home, startBeside }) => {
  expect(await startBeside(['--speed', 'fast'])).toBe(2);
  expect(await startBeside([SAMPLE, join(home, 'b.json')])).toBe(2);
});
