import fs from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { expect, onTestFinished, test, vi } from 'vitest';
import { durableParameters, openDurableFileSystem } from './durable-file-system';
import { openPglite } from './pglite';
import { createTestDataDir, createTestFolder } from './testing/each-database';
import { createRecordingDisk } from './testing/recording-disk';

/** Writes, cuts the power, opens what is left, and says which of the acknowledged rows are there. */
async function surviving(startParams: readonly string[], write: (db: PGlite) => Promise<void>) {
  const directory = join(createTestDataDir(), 'pg');
  const disk = createRecordingDisk(directory);
  const db = await PGlite.create({
    fs: await openDurableFileSystem(directory, { disk }),
    startParams: [...startParams],
  });
  onTestFinished(() => db.close());
  await db.exec('CREATE TABLE public.kept (n int, filler text)');
  await write(db);
  const after = createTestFolder();
  disk.cutPower(join(after, 'pg'));
  const reopened = await openPglite({ dataDir: after });
  onTestFinished(() => reopened.abandon());
  const { rows } = await reopened.query<{ n: number }>({
    name: 'survivors',
    deadline: 'read',
    text: 'SELECT DISTINCT n FROM public.kept ORDER BY n',
  });
  return rows.map(({ n }) => n);
}

const commit = (db: PGlite, n: number) =>
  db.query("INSERT INTO public.kept SELECT $1::int, repeat('x', 500) FROM generate_series(1, 500)", [n]);

test('everything acknowledged is there after a power cut', async () => {
  const rows = await surviving(durableParameters(PGlite.defaultStartParams), async (db) => {
    for (let n = 1; n <= 5; n += 1) await commit(db, n);
  });
  expect(rows).toEqual([1, 2, 3, 4, 5]);
});

test('and so it is on both sides of a checkpoint', async () => {
  const rows = await surviving(durableParameters(PGlite.defaultStartParams), async (db) => {
    for (let n = 1; n <= 3; n += 1) await commit(db, n);
    await db.exec('CHECKPOINT');
    await commit(db, 4);
    await db.exec('VACUUM FULL public.kept');
    await db.exec('CHECKPOINT');
    for (let n = 5; n <= 6; n += 1) await commit(db, n);
  });
  expect(rows).toEqual([1, 2, 3, 4, 5, 6]);
});

test('as PGlite starts Postgres by itself, all of it would be gone', async () => {
  const gone = surviving(PGlite.defaultStartParams, async (db) => {
    await commit(db, 1);
  });
  await expect(gone).rejects.toMatchObject({ code: 'database_error', details: { sqlstate: '42P01' } });
});

test('says at once that a write found no room', async () => {
  const onNoRoom = vi.fn();
  const directory = join(createTestDataDir(), 'pg');
  const db = await PGlite.create({ fs: await openDurableFileSystem(directory, { onNoRoom }) });
  await db.exec('CREATE TABLE public.kept (n int, filler text)');
  expect(onNoRoom).not.toHaveBeenCalled();
  const write = vi.spyOn(fs, 'writeSync').mockImplementation(() => {
    throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC', errno: -28 });
  });
  onTestFinished(() => write.mockRestore());
  // What PGlite makes of it differs from place to place: here it is enough that it was said.
  await db
    .exec("INSERT INTO public.kept SELECT n, repeat('x', 500) FROM generate_series(1, 100) AS n")
    .catch(() => undefined);
  expect(onNoRoom).toHaveBeenCalled();
});
