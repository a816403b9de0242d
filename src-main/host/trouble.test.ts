import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { IngotError, isDiskFull } from '../../src-shared/errors';
import { createTestFolder } from '../database/testing/each-database';
import { openTestHost } from './testing/open-test-host';
import { troubleOf } from './trouble';

const target = { kind: 'data-dir', dataDir: '/data' } as const;

it.each([
  [new IngotError('database_unusable', 'm', { trouble: 'damaged' }), 'damaged', true],
  [new IngotError('schema_mismatch', 'm', { trouble: 'schema_newer' }), 'schema_newer', true],
  [new IngotError('database_unusable', 'm', { trouble: 'held' }), 'held', false],
  [new IngotError('database_unusable', 'm', { trouble: 'not_writable' }), 'not_writable', false],
  [new IngotError('disk_full', 'm'), 'disk_full', false],
  [new IngotError('database_unavailable', 'm'), 'unreachable', false],
  [new Error('a fault of our own'), 'unreachable', false],
] as const)('knows what %s leaves to do', (error, kind, canStartAfresh) => {
  expect(troubleOf(error, target, 5)).toMatchObject({ kind, canStartAfresh, dataDir: '/data', sinceMs: 5 });
});

it('offers nothing to set aside where there is no directory', () => {
  const damaged = new IngotError('database_unusable', 'm', { trouble: 'damaged', hint: 'h' });
  expect(troubleOf(damaged, { kind: 'memory' }, 5)).toMatchObject({
    dataDir: null,
    canStartAfresh: false,
    hint: 'h',
  });
});

it('sees a full disk behind the loss that it led to', () => {
  const full = new IngotError('disk_full', 'm');
  expect(isDiskFull(new IngotError('database_unavailable', 'm', {}, full))).toBe(true);
  expect(isDiskFull(new IngotError('database_unavailable', 'm'))).toBe(false);
});

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
  // With a database open there is nothing to leave it for.
  expect(await open(empty)).toContain('not waiting to be opened');
  await close();
});
