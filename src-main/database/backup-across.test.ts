import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { clearLeftDueTimes } from '../callbacks/sql/clear-due-times';
import { countCallbacks } from '../callbacks/sql/count-callbacks';
import { playRun, simulated } from '../engine/testing/play-run';
import { memorySource } from '../ingestion/testing/memory-source';
import { BACKUP_TABLES } from './backup-format';
import type { Database } from './database';
import { landedMigrations } from './landed-migrations';
import { migrate } from './migrate';
import { openPglite } from './pglite';
import { verifyBackup } from './read-backup';
import { restoreBackup } from './restore-backup';
import { createTestDataDir, createTestFolder, openEmptyDatabase } from './testing/each-database';
import { writeBackup } from './write-backup';

const SCHEMA_VERSION = landedMigrations.length;

/** Everything there is, in Postgres' own text. */
const dump = async (database: Database) => {
  const tables: Record<string, readonly unknown[]> = {};
  for (const { name, key } of BACKUP_TABLES) {
    const text = `SELECT t::text AS row FROM ${name} AS t ORDER BY ${key.join(', ')}`;
    tables[name] = (await database.query({ name: 'dump', deadline: 'write', text })).rows;
  }
  return tables;
};

/** Accounts, history, callbacks in each state, a reject, and a run that is over. */
const fill = async (database: Database) => {
  const updates = Array.from({ length: 90 }, (_, index) => ({
    id: `account ${index % 40} "ü"`,
    accountType: index % 3 === 0 ? 'mint' : 'escrow',
    tokens: String(18446744073709551615n - BigInt(index % 5)),
    version: String((index * 37) % 31),
    data: JSON.stringify({ index: index % 7, text: 'a\u2028b\n"' }),
    callbackTimeMs: (index * 613) % 40_000,
  }));
  await playRun(
    database,
    memorySource([...updates, { invalid: 'version: required' }]),
    simulated({ wait: false }),
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
  const counts = await countCallbacks(embedded);
  expect([counts.pending > 0, counts.fired > 0, counts.cancelled > 0]).toEqual([true, true, true]);

  const folder = createTestFolder();
  const there = join(folder, 'there.ndjson.gz');
  const options = { madeAtMs: 5, reason: 'asked', schemaVersion: SCHEMA_VERSION } as const;
  await writeBackup(embedded, { ...options, path: there });
  await restoreBackup(server, there, SCHEMA_VERSION);
  expect(await dump(server)).toEqual(before);

  const back = join(folder, 'back.ndjson.gz');
  await writeBackup(server, { ...options, path: back });
  await embedded.executeScript(
    'change',
    'TRUNCATE runs, accounts, account_updates, settled_callbacks, rejects',
  );
  await restoreBackup(embedded, back, SCHEMA_VERSION);
  expect(await dump(embedded)).toEqual(before);
  // The same lines, byte for byte: nothing in a backup says where it was made.
  expect((await verifyBackup(back)).sha256).toBe((await verifyBackup(there)).sha256);
});

it.each(['origin', 'field_map'])('a backup made before runs had %s gives it its default', async (column) => {
  const path = join(createTestFolder(), 'old.ndjson.gz');
  await embedded.executeScript('change', `UPDATE runs SET ${column} = NULL`);
  await writeBackup(embedded, { path, madeAtMs: 5, reason: 'asked', schemaVersion: SCHEMA_VERSION });
  const before = await dump(embedded);
  await embedded.executeScript('change', `UPDATE runs SET ${column} = 'elsewhere'`);
  writeFileSync(path, gzipSync(withoutColumn(gunzipSync(readFileSync(path)).toString(), 'runs', column)));
  await restoreBackup(embedded, path, SCHEMA_VERSION);
  expect(await dump(embedded)).toEqual(before);
});

it('a backup made when the history held the state of callbacks brings them all back', async () => {
  const path = join(createTestFolder(), 'former.ndjson.gz');
  // Due times of settled callbacks were taken back at once then.
  await clearLeftDueTimes(embedded);
  // Nobody knew these.
  await embedded.executeScript('forget', 'UPDATE accounts SET data_length = NULL');
  const before = await dump(embedded);
  await writeBackup(embedded, { path, madeAtMs: 5, reason: 'asked', schemaVersion: SCHEMA_VERSION });
  writeFileSync(path, gzipSync(asSchema3(gunzipSync(readFileSync(path)).toString())));
  await embedded.executeScript(
    'change',
    'TRUNCATE runs, accounts, account_updates, settled_callbacks, rejects',
  );
  await restoreBackup(embedded, path, SCHEMA_VERSION);
  expect(await dump(embedded)).toEqual(before);
});

/** The backup that the program with the third schema would have made of the same rows. */
function asSchema3(text: string): string {
  const tables = new Map<string, { columns: string[]; rows: (string | null)[][] }>();
  let rows: (string | null)[][] = [];
  for (const line of text.trimEnd().split('\n').slice(1, -1)) {
    const parsed: unknown = JSON.parse(line);
    if (Array.isArray(parsed)) rows.push(parsed);
    else if (isTableLine(parsed)) {
      rows = [];
      tables.set(parsed.table, { columns: parsed.columns, rows });
    }
  }
  const settled = new Map(tables.get('settled_callbacks')?.rows.map(([seq, ...rest]) => [seq, rest]));
  const accounts = tables.get('accounts');
  const updates = tables.get('account_updates');
  if (!accounts || !updates) throw new Error('both are there');
  accounts.columns.splice(-3);
  for (const row of accounts.rows) row.splice(-3);
  const [seqAt, outcomeAt] = ['seq', 'outcome'].map((name) => updates.columns.indexOf(name));
  updates.columns.push('callback_state', 'callback_settled_at', 'superseded_by');
  for (const row of updates.rows) {
    const [fired, at, by] = settled.get(row[seqAt ?? -1] ?? null) ?? [];
    const waits = row[outcomeAt ?? -1] === 'indexed' ? 'pending' : null;
    row.push(fired === undefined ? waits : fired === 'true' ? 'fired' : 'cancelled', at ?? null, by ?? null);
  }
  tables.delete('settled_callbacks');
  const counts = Object.fromEntries([...tables].map(([name, table]) => [name, table.rows.length]));
  const header = { ...Object(JSON.parse(text.slice(0, text.indexOf('\n')))), schemaVersion: 3, rows: counts };
  const body = [
    header,
    ...[...tables].flatMap(([table, { columns, rows: list }]) => [{ table, columns }, ...list]),
  ]
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('');
  const sha256 = createHash('sha256').update(body).digest('hex');
  return `${body}${JSON.stringify({ end: true, rows: counts, sha256 })}\n`;
}

/** The backup that a program without this column would have made of the same rows. */
function withoutColumn(text: string, table: string, column: string): string {
  let place = -1;
  const body = text
    .trimEnd()
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const parsed: unknown = JSON.parse(line);
      if (Array.isArray(parsed)) return JSON.stringify(parsed.filter((_, index) => index !== place));
      if (!isTableLine(parsed)) return JSON.stringify({ ...Object(parsed), schemaVersion: 1 });
      place = parsed.table === table ? parsed.columns.indexOf(column) : -1;
      return JSON.stringify({
        ...parsed,
        columns: parsed.columns.filter((name) => name !== column || place < 0),
      });
    })
    .map((line) => `${line}\n`)
    .join('');
  const trailer: object = JSON.parse(text.trimEnd().split('\n').at(-1) ?? '{}');
  const sha256 = createHash('sha256').update(body).digest('hex');
  return `${body}${JSON.stringify({ ...trailer, sha256 })}\n`;
}

function isTableLine(value: unknown): value is { table: string; columns: string[] } {
  return typeof value === 'object' && value !== null && 'table' in value;
}
