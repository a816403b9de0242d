import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { clockRecordSchema, rateOf } from '../../src-shared/run-clock';
import type { Database, Statement } from '../database/database';
import { openPglite } from '../database/pglite';
import {
  createTestDatabase,
  createTestDataDir,
  createTestFolder,
  openEmptyDatabase,
} from '../database/testing/each-database';
import { BACKUP_TABLES } from './backup-format';
import { landedMigrations } from './landed-migrations';
import { checkSchema, migrate } from './migrate';
import { openDatabase } from './open-database';
import { verifyBackup } from './read-backup';
import { restoreBackup } from './restore-backup';
import { dumpSchema } from './testing/dump-schema';
import { fillSchema8 } from './testing/fill-schema-8';
import { writeBackup } from './write-backup';

const SCHEMA_VERSION = landedMigrations.length;
const NOW_MS = Date.UTC(2026, 11, 1);

/** All content, in Postgres' text format. */
const dump = async (database: Database) => {
  const tables: Record<string, readonly unknown[]> = {};
  for (const { name, key } of BACKUP_TABLES) {
    const text = `SELECT t::text AS row FROM ${name} AS t ORDER BY ${key.join(', ')}`;
    tables[name] = (await database.query({ name: 'dump', deadline: 'write', text })).rows;
  }
  return tables;
};

/** Accounts, history, callbacks in each state, a reject, and runs whose clocks stand still. */
const fill = async (database: Database) => {
  await database.executeScript(
    'fill',
    `INSERT INTO runs (source, settings, state, clock, attempts, timeline)
      SELECT 'one "ü".json', '{}', 'stopped', '{"kind": "virtual", "atMs": 9007199254740993}', '[["1", "90"]]', '{"binMs": 25}'
      FROM generate_series(1, 2);
      INSERT INTO account_updates (seq, run_id, record_index, position, callback_time_ms, at_ms, due_ms, account_id, slot, version,
        account_type, tokens, data, cancels_slot, cancels_version, decoded)
      SELECT n, 1 + n % 2, n, n, n * 613 % 40000, n, CASE WHEN n % 5 <> 0 THEN n + n * 613 % 40000 END, concat('account ', n % 40, ' "ü"'),
        18446744073709551615 - n % 2, n * 37 % 31 + n, CASE WHEN n % 3 = 0 THEN 'mint' ELSE 'escrow' END, 18446744073709551615 - n % 5,
        jsonb_build_object('index', n % 7, 'text', E'a\\u2028b\\n"'), CASE WHEN n % 4 = 0 THEN 0 END, CASE WHEN n % 4 = 0 THEN n END,
        CASE WHEN n % 3 = 0 THEN '{"fields": {"amount": 18446744073709551615}}'::jsonb END
      FROM generate_series(1, 90) AS n;
      INSERT INTO settled_callbacks (seq, update_seq, run_id, at_ms, account_id, how)
      SELECT 90 + seq, seq, run_id, due_ms, account_id,
        (ARRAY['due', 'fired by hand', 'cancelled by hand', 'skipped'])[1 + seq % 4]
      FROM account_updates WHERE due_ms IS NOT NULL AND seq % 3 <> 0;
      INSERT INTO accounts (id, account_type, tokens, slot, version, update_seq, created_seq, callback_run_id, due_ms, data_length)
      SELECT DISTINCT ON (account_id) account_id, account_type, tokens, slot, version, seq, 1, CASE WHEN seq % 3 = 0 THEN run_id END,
        CASE WHEN seq % 3 = 0 THEN due_ms END, 7
      FROM account_updates ORDER BY account_id, seq DESC;
      INSERT INTO dead_slots (slot, seq, run_id, at_ms) VALUES (5, 1000, 1, 7);
      INSERT INTO retractions (seq, run_id, at_ms, account_id, update_seq, back_seq) VALUES (1001, 1, 7, 'a', 1, NULL);
      INSERT INTO rejects (run_id, record_index, field, reason, excerpt, position, at_ms)
      VALUES (1, 90, 'version', 'required', '{}', 90, 91);`,
  );
};

let embedded: Database;
beforeAll(async () => {
  embedded = await openPglite({ dataDir: createTestDataDir() });
  await migrate(embedded);
  await fill(embedded);
});
afterAll(() => embedded.close());

it('a backup goes from the embedded database to a server and back with nothing changed', async () => {
  const server = await openEmptyDatabase('postgres');
  await migrate(server);
  const before = await dump(embedded);

  const folder = createTestFolder();
  const there = join(folder, 'there.ndjson.gz');
  const options = { madeAtMs: 5, reason: 'asked', schemaVersion: SCHEMA_VERSION } as const;
  await writeBackup(embedded, { ...options, path: there });
  await restoreBackup(server, there, NOW_MS);
  expect(await dump(server)).toEqual(before);

  const back = join(folder, 'back.ndjson.gz');
  await writeBackup(server, { ...options, path: back });
  await embedded.executeScript(
    'change',
    'TRUNCATE runs, accounts, account_updates, settled_callbacks, rejects',
  );
  await restoreBackup(embedded, back, NOW_MS);
  expect(await dump(embedded)).toEqual(before);
  // The same lines, byte for byte: a backup does not depend on the kind of database.
  expect((await verifyBackup(back)).sha256).toBe((await verifyBackup(there)).sha256);
});

const EARLIER = [3, 8].flatMap((version) =>
  (['pglite', 'postgres'] as const).map((kind) => [version, kind] as const),
);

it.each(EARLIER)(
  'a backup that a program with schema %i wrote is converted as its database would have been, on %s',
  async (version, kind) => {
    const path = join(import.meta.dirname, `testing/backups/schema-${version}.ndjson.gz`);
    const converted = await openEmptyDatabase(kind);
    await migrate(converted, landedMigrations.slice(0, 8));
    await converted.executeScript('fill', fillSchema8);
    // This column is newer.
    if (version < 8) await converted.executeScript('forget', 'UPDATE accounts SET data_length = NULL');
    await migrate(converted);

    const database = await openEmptyDatabase(kind);
    await migrate(database);
    await fill(database);
    await restoreBackup(database, path, NOW_MS);
    const { runs, ...rows } = await dump(database);
    const { runs: runsBefore, ...rowsBefore } = await dump(converted);
    expect(rows).toEqual(rowsBefore);
    expect(await clocksStopped(database)).toEqual([true, true, true, true, true]);
    expect(runs?.length).toBe(runsBefore?.length);
    // It is an ordinary database with the newest schema.
    expect(await checkSchema(database)).toBe(true);
    expect(await dumpSchema(database)).toBe(await dumpSchema(converted));
  },
);

it('a backup of an earlier schema leaves a server with its holder, who continues to write', async () => {
  const target = { kind: 'server', url: await createTestDatabase() } as const;
  const database = await openDatabase(target, { program: 'Ingot', nowMs: NOW_MS });
  onTestFinished(() => database.abandon());
  await restoreBackup(database, join(import.meta.dirname, 'testing/backups/schema-8.ndjson.gz'), NOW_MS);
  const forget: Statement = { name: 'forget', deadline: 'write', text: 'DELETE FROM rejects' };
  expect((await database.query(forget)).affectedRows).toBe(1);
  await expect(openDatabase(target, { program: 'Ingot', nowMs: NOW_MS })).rejects.toMatchObject({
    code: 'database_unusable',
    details: { pid: process.pid },
  });
});

it('a backup of an earlier schema whose rows the database refuses leaves everything as it was', async () => {
  const path = join(createTestFolder(), 'spoiled.ndjson.gz');
  const whole = gunzipSync(
    readFileSync(join(import.meta.dirname, 'testing/backups/schema-8.ndjson.gz')),
  ).toString();
  const lines = whole.trimEnd().split('\n').slice(0, -1);
  const body = lines.map((line) => `${line.replace('"stopped"', '"unheard of"')}\n`).join('');
  const trailer = { ...Object(JSON.parse(whole.trimEnd().split('\n').at(-1) ?? '')) };
  trailer.sha256 = createHash('sha256').update(body).digest('hex');
  writeFileSync(path, gzipSync(`${body}${JSON.stringify(trailer)}\n`));
  const before = await dump(embedded);
  await expect(restoreBackup(embedded, path, NOW_MS)).rejects.toMatchObject({ code: 'database_error' });
  expect(await dump(embedded)).toEqual(before);
  expect(await checkSchema(embedded)).toBe(true);
});

const clocksStopped = async (database: Database) => {
  const text = 'SELECT clock FROM runs ORDER BY id';
  const { rows } = await database.query<{ clock: string }>({ name: 'clocks', deadline: 'read', text });
  return rows.map(({ clock }) => rateOf(clockRecordSchema.parse(JSON.parse(clock))) === 0);
};
