import newDatabasePath from 'ingot:prebuilt-directory';
import fs, { cpSync, existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { PGlite } from '@electric-sql/pglite';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { IngotError } from '../../src-shared/errors';
import type { Statement } from './database';
import { durableParameters, openDurableFileSystem } from './durable-file-system';
import { openPglite } from './pglite';
import { createTestDataDir, createTestFolder } from './testing/each-database';
import { createRecordingDisk } from './testing/recording-disk';

/** Writes, cuts the power, opens what is left, and returns the acknowledged rows that are there. */
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
  const onFault = vi.fn();
  const directory = join(createTestDataDir(), 'pg');
  const db = await PGlite.create({ fs: await openDurableFileSystem(directory, { onFault }) });
  await db.exec('CREATE TABLE public.kept (n int, filler text)');
  expect(onFault).not.toHaveBeenCalled();
  const write = vi.spyOn(fs, 'writeSync').mockImplementation(() => {
    throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC', errno: -28 });
  });
  onTestFinished(() => write.mockRestore());
  // PGlite turns it into different errors; here it only matters that it was reported.
  await db
    .exec("INSERT INTO public.kept SELECT n, repeat('x', 500) FROM generate_series(1, 100) AS n")
    .catch(() => undefined);
  expect(onFault).toHaveBeenCalledWith('ENOSPC');
});

test('a new database whose files may not become as large as they must is told as that, not opened cut off', async () => {
  const onFault = vi.fn();
  const limit = 100 * 1024;
  const writeSync = fs.writeSync as (...taken: unknown[]) => number;
  const write = vi.spyOn(fs, 'writeSync').mockImplementation(((...taken: unknown[]) => {
    const [file, bytes, offset, length, position] = taken as [number, Uint8Array, number, number, number];
    if (position >= limit) throw Object.assign(new Error('file too large'), { code: 'EFBIG', errno: -27 });
    return writeSync(file, bytes, offset, Math.min(length, limit - position), position);
  }) as typeof fs.writeSync);
  onTestFinished(() => write.mockRestore());
  const loadDataDir = new Blob([gunzipSync(await readFile(newDatabasePath))]);
  const directory = join(createTestFolder(), 'pg');
  const opening = PGlite.create({ fs: await openDurableFileSystem(directory, { onFault }), loadDataDir });
  await expect(opening).rejects.toThrow();
  expect(onFault).toHaveBeenCalledWith('EFBIG');
});

test('a file that could not be made for want of descriptors is no obstacle later', async () => {
  const faults: string[] = [];
  const directory = join(createTestDataDir(), 'pg');
  const onFault = (fault: string) => faults.push(fault);
  const db = await PGlite.create({ fs: await openDurableFileSystem(directory, { onFault }) });
  onTestFinished(() => db.close());
  const make = vi.spyOn(fs, 'writeFileSync').mockImplementation(() => {
    throw Object.assign(new Error('too many open files'), { code: 'EMFILE', errno: -24 });
  });
  onTestFinished(() => make.mockRestore());
  await expect(db.exec('CREATE TABLE public.kept (n int)')).rejects.toThrow('No file descriptors available');
  expect(new Set(faults)).toEqual(new Set(['EMFILE']));
  make.mockRestore();
  await db.exec('CREATE TABLE public.kept (n int)');
});

const keep: Statement = {
  name: 'keep',
  deadline: 'write',
  text: "INSERT INTO public.kept SELECT n, repeat('x', 500) FROM generate_series(1, 100) AS n",
};

test.each<[string, (dataDir: string, other: string) => void, boolean]>([
  ['is moved away', (dataDir, other) => renameSync(dataDir, join(other, 'moved')), true],
  ['is removed', (dataDir) => rmSync(dataDir, { recursive: true }), true],
  [
    'is replaced by another one',
    (dataDir, other) => {
      renameSync(dataDir, join(other, 'moved'));
      cpSync(createTestDataDir(), dataDir, { recursive: true });
    },
    true,
  ],
  ['loses its lock', (dataDir) => rmSync(join(dataDir, 'ingot.lock')), false],
  [
    'loses its transaction log, but not its name',
    (dataDir) => rmSync(join(dataDir, 'pg', 'pg_wal'), { recursive: true }),
    false,
  ],
])('nothing more is acknowledged once the data directory %s', async (_, take, takesAll) => {
  const dataDir = createTestDataDir();
  writeFileSync(join(dataDir, 'ingot.lock'), '');
  const losses: IngotError[] = [];
  const db = await openPglite({ dataDir, onLost: (error) => losses.push(error) });
  onTestFinished(() => db.abandon());
  await db.executeScript('make', 'CREATE TABLE public.kept (n int, filler text)');
  await db.query(keep);
  take(dataDir, createTestFolder());
  const there = existsSync(dataDir) ? listFiles(dataDir) : null;

  await expect(db.query(keep)).rejects.toMatchObject({
    code: 'database_unavailable',
    message: `The data directory ${dataDir} cannot be used: it was removed, moved or replaced while it was open.`,
    details: { trouble: 'gone' },
  });
  expect(losses).toHaveLength(1);
  await db.close();
  // The open database writes only while its folder is still the one that was opened.
  if (takesAll) expect(existsSync(dataDir) ? listFiles(dataDir) : null).toEqual(there);
});

test('a read that needs a file of a directory that is gone says that it is gone, and ends the database', async () => {
  const dataDir = createTestDataDir();
  writeFileSync(join(dataDir, 'ingot.lock'), '');
  const losses: IngotError[] = [];
  const db = await openPglite({ dataDir, onLost: (error) => losses.push(error) });
  onTestFinished(() => db.abandon());
  renameSync(dataDir, join(createTestFolder(), 'moved'));
  // First read of this file, so it is opened now.
  const cold: Statement = { name: 'cold', deadline: 'read', text: 'SELECT count(*) FROM pg_largeobject' };
  await expect(db.query(cold)).rejects.toMatchObject({ details: { trouble: 'gone' } });
  expect(losses).toMatchObject([{ details: { trouble: 'gone' } }]);
});

/** Names with sizes: a database that replaced the open one must not change. */
function listFiles(directory: string): readonly string[] {
  return fs
    .readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => `${parentPath}/${name} ${fs.statSync(join(parentPath, name)).size}`)
    .sort();
}
