import { appendFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Page } from '@playwright/test';
import {
  dropFile,
  expectState,
  goTo,
  grid,
  ingestAtOnce,
  previewOf,
  rowsOf,
  startRun,
} from '../fixtures/actions';
import { generateFile, runIngot } from '../fixtures/command-line';
import { answerDialogs, test } from '../fixtures/desktop';
import type { ElectronWindow } from '../fixtures/electron-window';
import { expect } from '../fixtures/ingot';
import { SAMPLE } from '../fixtures/paths';

/** Answers the next save dialog, which no script can replace, with a path; returns what the dialog would have shown. */
async function saveTo({ app }: ElectronWindow, path: string, act: () => Promise<void>) {
  // After the app's own listener.
  const saving = app.evaluate(
    ({ session }, to) =>
      new Promise<{ asked: Electron.SaveDialogOptions; state: string }>((resolve) => {
        session.defaultSession.once('will-download', (_event, item) => {
          const asked = item.getSaveDialogOptions();
          item.setSavePath(to);
          item.once('done', (_done, state) => resolve({ asked, state }));
        });
      }),
    path,
  );
  await act();
  const { asked, state } = await saving;
  expect(state).toBe('completed');
  return asked;
}

/** A link in the page that saves what it names; an empty address stands for something that the page made. */
function saveFromPage(page: Page, address: string, name: string): Promise<void> {
  return page.evaluate(
    ([href, download]) => {
      const made = () => URL.createObjectURL(new Blob(['x']));
      Object.assign(document.createElement('a'), { href: href || made(), download }).click();
    },
    [address, name] as const,
  );
}

test('the open dialog is asked for a file of updates, and cancelling it changes nothing', async ({
  desktop,
  page,
}) => {
  const asked = await answerDialogs(desktop, 'showOpenDialog', [
    { canceled: true, filePaths: [] },
    { canceled: false, filePaths: [SAMPLE] },
  ]);
  const open = page.getByRole('main').getByRole('button', { name: /^Open( file)?…/ });
  await open.click();
  await expect.poll(asked).toEqual([
    {
      title: 'Open account updates',
      buttonLabel: 'Open',
      properties: ['openFile'],
      filters: [
        { name: 'Account updates', extensions: ['json', 'ndjson', 'jsonl', 'csv', 'gz', 'zst'] },
        { name: 'All files', extensions: ['*'] },
      ],
    },
  ]);
  await expect(previewOf(page)).toBeHidden();
  await open.click();
  await expect(previewOf(page).getByRole('heading', { name: 'sample.json' })).toBeVisible();
});

test('a file that a person chose is followed, and recorded to another', async ({ desktop, page, home }) => {
  const update = (id: string) =>
    `{"id":"${id}","accountType":"mint","tokens":1,"callbackTimeMs":60000,"version":1}\n`;
  const followed = join(home, 'grows.ndjson');
  const record = join(home, 'recorded.ndjson');
  await writeFile(followed, update('a'));
  await desktop.willChoose(followed);
  await answerDialogs(desktop, 'showSaveDialog', [{ canceled: false, filePath: record }]);
  await goTo(page, 'Connections');
  const form = page.getByRole('form', { name: 'Connect' });
  await form.getByText('File', { exact: true }).click();
  await expect(form.getByText('HTTP', { exact: true })).toHaveCount(0);
  await form.getByRole('button', { name: 'Choose…' }).click();
  await expect(form.getByLabel('Path')).toHaveValue(followed);
  await form.getByRole('switch', { name: 'Record to a file' }).click();
  await form.getByRole('button', { name: 'Connect', exact: true }).click();
  const row = page.getByRole('table', { name: 'Connections' }).getByRole('row').nth(1);
  await expect(row.getByRole('cell').nth(1)).toHaveText('1');
  await appendFile(followed, update('b'));
  await expect(row.getByRole('cell').nth(1)).toHaveText('2');
  await row.getByRole('button', { name: 'Disconnect' }).click();
  await expect(row).toContainText('ended');
  expect((await readFile(record, 'utf8')).trim().split('\n')).toHaveLength(2);
});

test('a report and a backup are saved where the person says, below their own names', async ({
  desktop,
  page,
  home,
}) => {
  await ingestAtOnce(desktop, SAMPLE);
  const downloads = await desktop.app.evaluate(({ app }) => app.getPath('downloads'));
  await goTo(page, 'Report');
  const report = join(home, 'saved.csv');
  const csv = () => page.getByRole('button', { name: 'CSV' }).click();
  expect(await saveTo(desktop, report, csv)).toMatchObject({
    title: 'Save',
    defaultPath: join(downloads, 'ingot-report.csv'),
  });
  expect(await readFile(report, 'utf8')).toContain('escrow');

  await goTo(page, 'Database');
  await page.getByRole('button', { name: 'Back up now' }).click();
  const line = page.getByRole('region', { name: 'Backups' }).getByRole('listitem');
  await expect(line).toHaveCount(1);
  const [name = ''] = (await readdir(join(home, 'data/backups'))).filter((file) => file.endsWith('.gz'));
  const backup = join(home, 'saved.ndjson.gz');
  const download = () => saveFromPage(page, `/backups/${name.replace('.ndjson.gz', '')}`, '');
  expect(await saveTo(desktop, backup, download)).toMatchObject({ defaultPath: join(downloads, name) });
  expect(await readFile(backup)).toEqual(await readFile(join(home, 'data/backups', name)));
  // What was saved is whole: another database can be made of it.
  await runIngot(home, ['restore', backup, '--yes', '--data-dir', join(home, 'restored')]);
});

test('a page cannot name the folder that it saves to, nor save what is not its own', async ({
  desktop,
  page,
  home,
}) => {
  const downloads = await desktop.app.evaluate(({ app }) => app.getPath('downloads'));
  const asked = await saveTo(desktop, join(home, 'x'), () => saveFromPage(page, '', '../../.bashrc'));
  expect(asked.defaultPath).toBe(join(downloads, basename(asked.defaultPath ?? '')));

  await saveFromPage(page, 'data:text/plain,x', 'x.txt');
  await goTo(page, 'Logs');
  await expect(rowsOf(grid(page, 'Log')).filter({ hasText: 'a download was refused' })).toHaveCount(1);
});

test('a dropped file is read by its own path, and can be opened again after a restart', async ({
  desktop,
  openDesktop,
  page,
  home,
}) => {
  const file = await generateFile(home, 'dropped.json', { records: 40, accounts: 5, seed: 3 });
  await dropFile(page, file);
  await startRun(page, { clock: 'Virtual' });
  await expectState(page, 'completed');
  await desktop.close();
  const recent = JSON.parse(await readFile(join(home, 'data/recent-sources.json'), 'utf8'));
  expect(JSON.stringify(recent)).toContain(JSON.stringify({ kind: 'path', path: file }));

  const again = await openDesktop();
  await goTo(again.page, 'Runs');
  await again.page.getByRole('button', { name: 'Run again…' }).first().click();
  await again.page.getByRole('button', { name: 'Start run' }).click();
  await goTo(again.page, 'Runs');
  await expect(rowsOf(grid(again.page, 'Runs'))).toHaveText([/2.*completed/, /1.*completed/]);
});

test('the folder of the logs is shown by the system, which may refuse', async ({ desktop, page, home }) => {
  const shown = await desktop.app.evaluateHandle(({ shell }) => {
    const paths: string[] = [];
    shell.openPath = (path) => {
      paths.push(path);
      return Promise.resolve(paths.length === 1 ? '' : 'No program is there for it.');
    };
    return paths;
  });
  await goTo(page, 'Logs');
  const open = page.getByRole('button', { name: 'Open folder' });
  await open.click();
  await expect.poll(() => shown.jsonValue()).toEqual([expect.stringContaining(home)]);
  await open.click();
  await expect(page.getByRole('alert')).toContainText('No program is there for it.');
});

test('another directory is chosen where the database is damaged, and no other than the chosen one', async ({
  openDesktop,
  home,
}) => {
  await writeFile(join(home, 'data/pg/global/pg_control'), Buffer.alloc(8192, 7));
  const mistaken = join(home, 'letters');
  await mkdir(mistaken);
  await writeFile(join(mistaken, 'notes.txt'), 'something else');
  const other = join(home, 'other');
  await mkdir(other);
  const desktop = await openDesktop();
  const { page } = desktop;
  await expect(page.getByRole('heading', { level: 1, name: 'The database is damaged' })).toBeVisible();
  const asked = await answerDialogs(desktop, 'showOpenDialog', [
    { canceled: false, filePaths: [mistaken] },
    { canceled: false, filePaths: [other] },
  ]);
  await page.getByRole('button', { name: 'Choose…' }).click();
  await expect(page.getByRole('alert').filter({ hasText: mistaken })).not.toHaveCount(0);
  await page.getByRole('button', { name: 'Choose…' }).click();
  await expect(page.getByRole('heading', { name: 'Drop a file of account updates' })).toBeVisible();
  expect((await asked())[0]).toEqual({
    title: 'Open another database',
    buttonLabel: 'Open',
    properties: ['openDirectory', 'createDirectory'],
  });
  await goTo(page, 'Database');
  await expect(page.getByText(other, { exact: true }).first()).toBeVisible();
});
