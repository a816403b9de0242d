import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { IngotError } from '../../src-shared/errors';
import { recreateSchema } from '../storage/migrate';
import { type OpenDatabaseOptions, openDatabase } from '../storage/open-database';
import { restoreBackup } from '../storage/restore-backup';
import { writeBackup } from '../storage/write-backup';
import { createCopyRows } from './copy-rows';
import type { Database, Queryable, Statement } from './database';
import { openPostgres } from './postgres';
import { readHolder } from './server-hold';
import { createTestDatabase, createTestFolder } from './testing/each-database';
import { failureOf } from './testing/expect-failure';
import { endLock, endLockUnnoticed, openStallingProxy } from './testing/stalling-proxy';

const NOW_MS = Date.UTC(2026, 10, 29, 8, 30);

async function open(
  url: string,
  { readOnly = false, ...options }: Partial<OpenDatabaseOptions> & { readOnly?: boolean } = {},
) {
  const opened = await openDatabase(
    { kind: 'server', url, readOnly },
    { program: 'ingot', nowMs: NOW_MS, ...options },
  );
  onTestFinished(() => opened.abandon());
  return opened;
}

/** Opens without a lock. */
async function watch(url: string) {
  const db = await openPostgres({ url, maxConnections: 2 });
  onTestFinished(() => db.abandon());
  return db;
}

const statement = (text: string, deadline: Statement['deadline'] = 'write'): Statement => ({
  name: 'test',
  deadline,
  text,
});
const addReject = statement(`
  INSERT INTO ingot.rejects (run_id, record_index, position, at_ms, field, reason, excerpt) VALUES (1, $1::int8, 1, 1, '', '', '')
  RETURNING record_index`);
const copyRejects = statement(
  'COPY ingot.rejects (run_id, record_index, position, at_ms, field, reason, excerpt) FROM STDIN (FORMAT binary)',
);
const rejects = (...records: readonly number[]) => {
  const rows = createCopyRows(7);
  for (const record of records) {
    rows.row();
    for (const number of [1, record, 1, 1]) rows.int8(number);
    for (const text of ['', '', '']) rows.text(text);
  }
  return rows.end();
};
const count = async (db: Queryable) =>
  (await db.query<{ n: number }>(statement('SELECT count(*)::int4 AS n FROM ingot.rejects', 'read'))).rows[0]
    ?.n;
const epochOf = async (db: Queryable) =>
  (await db.query<{ epoch: string }>(statement('SELECT epoch FROM ingot.holder', 'read'))).rows[0]?.epoch;

function promised<T>() {
  let keep: (value: T) => void = () => {};
  const promise = new Promise<T>((resolve) => {
    keep = resolve;
  });
  return { promise, keep };
}

test('a database that another process holds is refused, with who holds it and what to do', async () => {
  const url = await createTestDatabase();
  const { location } = await open(url, { program: 'Ingot in a test' });
  expect(await failureOf(open(url))).toMatchObject({
    code: 'database_unusable',
    message: `The database ${location} is in use by Ingot in a test (process ${process.pid} on ${hostname()}) since 2026-11-29T08:30:00.000Z.`,
    details: { trouble: 'held', pid: process.pid, hint: expect.stringContaining('--database') },
  });
});

test('one that has the lock and has not written its name yet is not called by the name of the holder before', async () => {
  const url = await createTestDatabase();
  await (await open(url)).close();
  const other = await openPostgres({ url, hold: { program: 'another', nowMs: NOW_MS } });
  onTestFinished(() => other.abandon());
  expect((await failureOf(open(url))).message).toMatch(/ is in use by another program\.$/);
});

test('of many that try at once exactly one gets the database', async () => {
  const url = await createTestDatabase();
  const tries = await Promise.allSettled(Array.from({ length: 6 }, () => open(url)));
  expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('a closed database can be taken again, and each holder has an epoch of its own', async () => {
  const url = await createTestDatabase();
  for (const epoch of ['1', '2', '3']) {
    const db = await open(url);
    expect(await epochOf(db)).toBe(epoch);
    await db.close();
  }
  expect(await readHolder(await watch(url))).toBeNull();
});

test('what a write gives is the same when it is checked', async () => {
  const db = await open(await createTestDatabase());
  expect(await db.query(addReject, [7])).toEqual({ rows: [{ record_index: '7' }], affectedRows: 1 });
  expect(await db.copy(copyRejects, rejects(8, 9))).toBe(2);
  await db.transaction(async (tx) => {
    expect(await tx.copy(copyRejects, rejects(10))).toBe(1);
    expect((await tx.query(addReject, [11])).affectedRows).toBe(1);
  });
  await expect(db.query(addReject, [7])).rejects.toMatchObject({ details: { sqlstate: '23505' } });
  expect(await count(db)).toBe(5);
  await db.executeScript('vacuum', 'VACUUM ingot.rejects');
});

test('one whose lock the server has ended is lost, and another gets the database', async () => {
  const url = await createTestDatabase();
  const lost = promised<IngotError>();
  const db = await open(url, { onLost: lost.keep });
  await db.query(endLock);
  expect(await lost.promise).toMatchObject({
    code: 'database_unavailable',
    message: expect.stringMatching(/^The connection that holds the database .* is lost\.$/),
  });
  await expect(db.query(addReject, [1])).rejects.toBe(await lost.promise);
  expect(await count(await open(url))).toBe(0);
});

const writes: Record<string, (db: Database) => Promise<unknown>> = {
  'a statement': (db) => db.query(addReject, [1]),
  'rows by COPY': (db) => db.copy(copyRejects, rejects(1)),
  'a script': (db) =>
    db.executeScript(
      'test',
      "INSERT INTO ingot.rejects (run_id, record_index, position, at_ms, field, reason, excerpt) VALUES (1, 1, 1, 1, '', '', '')",
    ),
  'a transaction': (db) =>
    db.transaction(async (tx) => {
      await count(tx);
      await tx.query(addReject, [1]);
    }),
  'a transaction that copies': (db) => db.transaction((tx) => tx.copy(copyRejects, rejects(1))),
};

test.each(Object.keys(writes))(
  'after a takeover that it did not hear of, %s of the first one fails',
  async (name) => {
    const url = await createTestDatabase();
    const proxy = await openStallingProxy(url);
    const losses: IngotError[] = [];
    const first = await open(proxy.url, { onLost: (error) => losses.push(error) });
    const admin = await watch(url);
    await endLockUnnoticed(admin, proxy);
    const second = await open(url, { program: 'the next one' });

    const error = await failureOf(writes[name]?.(first) ?? Promise.resolve());
    expect(error).toMatchObject({
      code: 'database_unavailable',
      message: expect.stringContaining(
        `Another Ingot has taken over the database ${first.location}: the next one (process ${process.pid} on ${hostname()}).`,
      ),
      details: { trouble: 'held' },
    });
    expect(losses).toEqual([error]);
    expect(await count(admin)).toBe(0);
    await second.query(addReject, [2]);
    expect(await count(admin)).toBe(1);
  },
);

test('a transaction that was under way before a takeover leaves nothing', async () => {
  const url = await createTestDatabase();
  const proxy = await openStallingProxy(url);
  const first = await open(proxy.url);
  const [written, goOn] = [promised<void>(), promised<void>()];
  const transaction = failureOf(
    first.transaction(async (tx) => {
      await tx.query(addReject, [1]);
      written.keep();
      await goOn.promise;
      await tx.query(addReject, [2]);
    }),
  );
  await written.promise;
  proxy.stall();
  const admin = await watch(url);
  await admin.query(endLock);
  const second = await open(url);
  await second.query(addReject, [3]);
  proxy.resume();
  goOn.keep();
  expect(await transaction).toMatchObject({ code: 'database_unavailable' });
  await expect(first.query(addReject, [4])).rejects.toMatchObject({ code: 'database_unavailable' });
  expect(await count(admin)).toBe(1);
});

test('a reset and a restore leave the holder what it holds, and nobody else', async () => {
  const url = await createTestDatabase();
  const proxy = await openStallingProxy(url);
  const path = join(createTestFolder(), 'backup.ndjson.gz');
  const first = await open(proxy.url);
  const admin = await watch(url);
  await endLockUnnoticed(admin, proxy);
  const second = await open(url);
  await writeBackup(second, { path, madeAtMs: NOW_MS, reason: 'asked', schemaVersion: second.schemaVersion });
  const before = await readHolder(admin);
  expect(before).not.toBeNull();

  await recreateSchema(second);
  await second.query(addReject, [1]);
  await restoreBackup(second, path, second.schemaVersion);
  await second.query(addReject, [1]);

  expect([await epochOf(admin), await readHolder(admin)]).toEqual(['2', before]);
  await expect(first.query(addReject, [2])).rejects.toMatchObject({ details: { trouble: 'held' } });
  await expect(failureOf(open(url))).resolves.toMatchObject({ details: { trouble: 'held' } });
});

test('a read-only one reads beside the holder and writes nothing', async () => {
  const url = await createTestDatabase();
  const holder = await open(url);
  const looking = await open(url, { readOnly: true });
  await holder.query(addReject, [1]);
  expect(await count(looking)).toBe(1);
  for (const write of Object.values(writes)) {
    await expect(write(looking)).rejects.toMatchObject({ details: { sqlstate: '25006' } });
  }
  expect(await epochOf(looking)).toBe('1');
  await holder.query(addReject, [2]);
});

test('a read-only one does not migrate the schema', async () => {
  const url = await createTestDatabase();
  expect(await failureOf(open(url, { readOnly: true }))).toMatchObject({
    code: 'schema_mismatch',
    details: { trouble: 'schema_older' },
  });
  const asItIs = await open(url, { readOnly: true, migrated: false });
  expect(await failureOf(epochOf(asItIs))).toMatchObject({ details: { sqlstate: '42P01' } });
});
