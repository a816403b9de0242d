import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { createTestFolder } from '../../database/testing/each-database';
import { BrowserWindow, dialog, resetElectron } from './testing/fake-electron';
import type { FakePage } from './testing/open-page';
import { openAppPage, startApp, writeUpdates } from './testing/start-app';

beforeEach(resetElectron);

const resultOf = async (page: FakePage, method: string, params: unknown = {}) => {
  const reply = await page.call(method, params);
  if (!reply.ok) throw new Error(reply.error.message);
  return reply.result;
};

it('shows a database that cannot be opened in its window, and opens another that is chosen', async () => {
  // A file in place of a directory.
  const dataDir = writeUpdates();
  startApp({ target: { kind: 'data-dir', dataDir } });
  const page = await openAppPage();
  expect(await resultOf(page, 'database.state')).toMatchObject({
    phase: 'trouble',
    trouble: { kind: 'not_writable', dataDir },
  });
  expect(BrowserWindow.all).toHaveLength(1);

  const mistaken = createTestFolder();
  writeFileSync(join(mistaken, 'notes.txt'), 'something else');
  dialog.answers.push({ canceled: false, filePaths: [mistaken] });
  expect(await resultOf(page, 'database.chooseDirectory')).toBe(mistaken);
  expect(await page.call('database.openOther', { dataDir: mistaken })).toMatchObject({
    ok: false,
    error: { code: 'invalid_input' },
  });
  const other = createTestFolder();
  dialog.answers.push({ canceled: false, filePaths: [other] });
  expect(await resultOf(page, 'database.chooseDirectory')).toBe(other);
  expect(await resultOf(page, 'database.openOther', { dataDir: other })).toMatchObject({ phase: 'open' });
  expect(await resultOf(page, 'database.info')).toMatchObject({ location: other });
});

it('restores a backup that is chosen in the open dialog, and none that nobody chose', async () => {
  const options = startApp();
  const page = await openAppPage();
  const made = await resultOf(page, 'database.backup');
  const elsewhere = join(createTestFolder(), 'from-elsewhere.ndjson.gz');
  const { name } = made as { name: string };
  copyFileSync(join(options.homeDirectory, 'backups', name), elsewhere);
  const source = { kind: 'path', path: elsewhere };
  expect(await page.call('database.restoreFile', { source })).toMatchObject({
    ok: false,
    error: { code: 'forbidden' },
  });
  dialog.answers.push({ canceled: false, filePaths: [elsewhere] });
  expect(await resultOf(page, 'database.chooseBackup')).toEqual({ source, name: 'from-elsewhere.ndjson.gz' });
  expect(await resultOf(page, 'database.readBackup', { source })).toMatchObject({ rows: 0 });
  expect(await resultOf(page, 'database.restoreFile', { source })).toBeNull();
});
