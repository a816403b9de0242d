import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, it, vi } from 'vitest';
import type { IngotError } from '../../src-shared/errors';
import { createTestFolder } from '../database/testing/each-database';
import { openTestHost } from './testing/open-test-host';

it('opens a typed directory in trouble only, and only an own one that holds a database or nothing', async () => {
  const folder = createTestFolder();
  const inTheWay = join(folder, 'file');
  writeFileSync(inTheWay, '');
  const withFiles = join(folder, 'with-files');
  mkdirSync(withFiles);
  writeFileSync(join(withFiles, 'notes.txt'), 'kept');
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  const { host, close } = await openTestHost({ target: { kind: 'data-dir', dataDir: inTheWay } });
  const open = async (dataDir: string) => {
    try {
      return ((await host.dispatch('database.openOther', { dataDir })) as { phase: string }).phase;
    } catch (error) {
      return (error as IngotError).message;
    }
  };
  expect(await open(basename(empty))).toContain('by its whole path');
  expect(await open(`${empty}\0`)).toContain('by its whole path');
  expect(await open(join(folder, 'missing'))).toContain('There is no directory');
  expect(await open(inTheWay)).toContain('There is no directory');
  expect(await open(withFiles)).toContain('holds other files');
  expect(await open(dirname(withFiles))).toContain('holds other files');
  const user = vi.spyOn(process, 'geteuid').mockReturnValue(4321);
  expect(await open(empty)).toContain('belongs to another user');
  user.mockRestore();
  expect(host.databaseState().phase).toBe('trouble');
  expect(await open(empty)).toBe('open');
  // An open database is not left for another.
  expect(await open(empty)).toContain('not waiting to be opened');
  await close();
});

it('sets nothing aside where that cannot mend the trouble', async () => {
  const inTheWay = join(createTestFolder(), 'file');
  writeFileSync(inTheWay, 'kept');
  const { host, close } = await openTestHost({ target: { kind: 'data-dir', dataDir: inTheWay } });
  expect(host.databaseState()).toMatchObject({ phase: 'trouble', trouble: { canStartAfresh: false } });
  await expect(host.dispatch('database.startAfresh', { backupId: null })).rejects.toMatchObject({
    code: 'conflict',
    message: 'This database can’t be reset here.',
  });
  expect(readFileSync(inTheWay, 'utf8')).toBe('kept');
  await close();
});
