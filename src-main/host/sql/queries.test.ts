import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { sqlQuerySchema } from '../../../src-shared/sql';
import { SQL_EXAMPLES } from '../../../src-shared/sql-examples';
import type { Statement } from '../../database/database';
import { createTestDataDir } from '../../database/testing/each-database';
import { silentLogger } from '../../runs/testing/play-run';
import { type OpenedDatabase, openDatabase } from '../../storage/open-database';
import { createSystemClock } from '../../time/clock';
import { createSqlQueries, type SqlQueries } from './queries';

const ROWS = 5_000;
const fill = (from: number) => `
  INSERT INTO account_updates (seq, account_id, slot, version, run_id, record_index, position, account_type, tokens, data,
    callback_time_ms, at_ms)
  SELECT n, 'id' || n, 0, n, 1, n, n, 'mint', 18446744073709551615 - n, '{"n": 12345678901234567890}', 0, n
  FROM generate_series(${from}, ${from + ROWS - 1}) AS n`;
const countRows: Statement = {
  name: 'count',
  deadline: 'read',
  text: 'SELECT count(*)::int4 AS count FROM account_updates',
};
const checkpoint: Statement = { name: 'checkpoint', deadline: 'maintenance', text: 'CHECKPOINT' };

const clock = createSystemClock();
const dataDir = createTestDataDir();
let database: OpenedDatabase;
let content = {};
let queries: SqlQueries;
const MOST_BYTES = 200_000;

beforeAll(async () => {
  database = await openDatabase({ kind: 'data-dir', dataDir }, { program: 'a test', nowMs: clock.now() });
  await database.executeScript('fill', fill(1));
  queries = createSqlQueries({
    current: () => ({ database, content }),
    target: () => ({ kind: 'data-dir', dataDir }),
    clock,
    logger: silentLogger,
    mostBytes: MOST_BYTES,
  });
});
afterAll(async () => {
  await queries.close();
  await database.close();
});

const run = (text: string, more: { limit?: number; timeout?: number } = {}) =>
  queries.run(sqlQuerySchema.parse({ text, ...more }));
const rowsOf = async (text: string) => queries.resultOf((await run(text)).resultId).rows;
const countLive = async () => (await database.query<{ count: number }>(countRows)).rows[0]?.count;

describe('a query', () => {
  it('reads a copy: exact integers, JSON, columns of the same name, and as of which seq it is', async () => {
    const result = await run(
      'SELECT seq, tokens, data, seq, NULL AS none FROM account_updates ORDER BY seq LIMIT 1',
    );
    expect(result).toMatchObject({
      columns: [
        { name: 'seq', type: 'bigint' },
        { name: 'tokens', type: 'numeric' },
        { name: 'data', type: 'jsonb' },
        { name: 'seq', type: 'bigint' },
        { name: 'none', type: 'text' },
      ],
      rowCount: 1,
      cut: null,
      copy: { asOfSeq: String(ROWS) },
    });
    expect(queries.resultOf(result.resultId).rows).toEqual([
      ['1', '18446744073709551614', '{"n": 12345678901234567890}', '1', null],
    ]);
  });

  it('shows what was there when the copy was made, and a new copy what is there now', async () => {
    await run('SELECT 1');
    await database.executeScript('fill', fill(ROWS + 1));
    expect(await rowsOf('SELECT count(*) FROM account_updates')).toEqual([[String(ROWS)]]);
    const { copy } = await queries.refresh();
    expect(copy?.asOfSeq).toBe(String(2 * ROWS));
    expect(await rowsOf('SELECT count(*) FROM account_updates')).toEqual([[String(2 * ROWS)]]);
  });

  it('reads whole transactions, whatever was written and checkpointed while the copy was made', async () => {
    let refreshed = false;
    const refreshing = queries.refresh().finally(() => {
      refreshed = true;
    });
    for (let batch = 2; !refreshed; batch += 1) {
      await database.executeScript('fill', fill(batch * ROWS + 1));
      await database.query(checkpoint);
    }
    const asOf = Number((await refreshing).copy?.asOfSeq);
    expect(asOf % ROWS).toBe(0);
    expect(asOf).toBeGreaterThan(2 * ROWS);
    expect(await rowsOf('SELECT count(*), max(seq) FROM account_updates')).toEqual([
      [String(asOf), String(asOf)],
    ]);
  });

  it('never reads a copy of what was replaced meanwhile', async () => {
    await run('SELECT 1');
    await database.executeScript('clear', 'TRUNCATE account_updates');
    content = {};
    expect((await queries.status()).copy).toBeNull();
    expect(await rowsOf('SELECT count(*) FROM account_updates')).toEqual([['0']]);
    await database.executeScript('fill', fill(1));
    content = {};
  });

  it.each(SQL_EXAMPLES)('runs the example: $title', async ({ text }) => {
    await run(text);
  });

  it('is bounded by rows and by bytes, and says so', async () => {
    const of = 'SELECT account_id FROM account_updates ORDER BY seq';
    expect(await run(of, { limit: 700 })).toMatchObject({ rowCount: 700, cut: 'rows' });
    expect(await run(of, { limit: ROWS })).toMatchObject({ cut: 'bytes' });
    expect(await run(`${of} LIMIT 700`, { limit: 700 })).toMatchObject({ rowCount: 700, cut: null });
    expect(await run("SELECT repeat('x', 10000000)")).toMatchObject({ rowCount: 0, cut: 'bytes' });
  });

  it('is paged in answers that a window can take', async () => {
    const { resultId } = await run("SELECT repeat('x', 30000) AS long, n FROM generate_series(1, 3) AS n");
    const { rows } = queries.rows({ resultId, from: 1, limit: 500 });
    expect(rows.map(([, n]) => n)).toEqual(['2', '3']);
    expect(rows[0]?.[0]).toMatch(/^x{16384}… \(30000 characters\)$/);
  });

  it.each([
    ['SELECT 1 fro accounts', '42601', 'accounts', /^Syntax error at or near "accounts"\.$/],
    ["SELECT '𝕏𝕏' AS x, nothing FROM accounts", '42703', 'nothing', /^Column "nothing" does not exist\.$/],
    ['SELECT 1; SELECT 2', '42601', null, /multiple commands/],
  ])('that is wrong gets the words of Postgres, and the place: %s', async (text, sqlstate, at, message) => {
    const offset = at === null ? undefined : text.indexOf(at);
    const error = await run(text).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'database_error',
      message: expect.stringMatching(message),
      details: { sqlstate },
    });
    expect((error as { details: { offset?: number } }).details.offset).toBe(offset);
  });
});

describe('nothing but reading', () => {
  const files = () => readdirSync(join(dataDir, 'sql-copy'), { recursive: true }).length;
  it.each([
    "COPY accounts TO '/tmp/x'",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    'DELETE FROM accounts',
    'WITH gone AS (DELETE FROM accounts RETURNING *) SELECT * FROM gone',
    'EXPLAIN ANALYZE DELETE FROM accounts',
    'EXPLAIN SELECT 1; RESET ROLE',
    'SELECT * INTO public.kept FROM accounts',
    'CREATE TEMP TABLE t (n int)',
    'RESET ROLE',
    'RESET SESSION AUTHORIZATION',
    'SET ROLE postgres',
    'COMMIT',
    'CLOSE ingot_query',
    'DO $$ BEGIN RESET ROLE; END $$',
    "SELECT set_config('role', 'postgres', false)",
    "SELECT query_to_xml('SELECT set_config(''role'', ''postgres'', false)', true, true, '')",
    "SELECT query_to_xml('RESET ROLE', true, true, '')",
    "SELECT pg_read_file('PG_VERSION')",
    "SELECT pg_ls_dir('.')",
    "SELECT lo_from_bytea(0, 'x')",
    "SELECT lo_export(1, '/tmp/x')",
    'SELECT pg_switch_wal()',
    'SELECT * FROM pg_authid',
    "LOAD 'dict_snowball'",
    'CHECKPOINT',
  ])('%s', async (text) => {
    await run('SELECT 1');
    const before = files();
    await expect(run(text)).rejects.toMatchObject({ code: 'database_error' });
    expect(await rowsOf('SELECT current_user, count(*) FROM account_updates')).toEqual([
      ['ingot_reader', String(ROWS)],
    ]);
    expect(files()).toBe(before);
  });

  it('but the ways to read are open', async () => {
    for (const text of [
      'TABLE account_updates LIMIT 1',
      'VALUES (1)',
      '-- the last\nWITH a AS (SELECT 1) SELECT * FROM a;',
      '/* a plan */ EXPLAIN SELECT 1',
    ])
      expect((await run(text)).rowCount).toBeGreaterThan(0);
  });
});

describe('an endless query', () => {
  const ENDLESS = 'SELECT count(*) FROM generate_series(1, 1000000000000)';
  const isRunning = () =>
    vi.waitFor(async () => expect((await queries.status()).isRunning).toBe(true), { timeout: 60_000 });

  it('ends at its limit, and the next one works', async () => {
    await expect(run(ENDLESS, { timeout: 1 })).rejects.toMatchObject({
      code: 'conflict',
      message: 'The query was ended after 1 s.',
    });
    expect(await rowsOf('SELECT count(*) FROM account_updates')).toEqual([[String(ROWS)]]);
  });

  it('ends when a person cancels it, delays nothing of the live database, and has no second one beside it', async () => {
    await run('SELECT 1');
    const ended = run(ENDLESS).catch((error: unknown) => error);
    await isRunning();
    expect(await countLive()).toBe(ROWS);
    await expect(run('SELECT 1')).rejects.toMatchObject({ code: 'conflict' });
    await queries.cancel();
    expect(await ended).toMatchObject({ code: 'conflict', message: 'The query was cancelled.' });
    expect(await rowsOf('SELECT count(*) FROM account_updates')).toEqual([[String(ROWS)]]);
  });
});

it('is refused for a database that is no directory', async () => {
  const other = createSqlQueries({
    current: () => ({ database, content }),
    target: () => ({ kind: 'memory' }),
    clock,
    logger: silentLogger,
  });
  await expect(other.run(sqlQuerySchema.parse({ text: 'SELECT 1' }))).rejects.toMatchObject({
    code: 'invalid_input',
  });
});

it('leaves nothing on the disk', async () => {
  await run('SELECT 1');
  await queries.close();
  expect(existsSync(join(dataDir, 'sql-copy'))).toBe(false);
  await expect(run('SELECT 1')).rejects.toMatchObject({ code: 'database_unavailable' });
});
