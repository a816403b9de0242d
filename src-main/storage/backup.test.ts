import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  type ClockRecord,
  changeRate,
  clockAt,
  clockRecordSchema,
  rateOf,
  startClock,
  wallOf,
} from '../../src-shared/run-clock';
import type { Database, Queryable, SqlValue, Statement } from '../database/database';
import { describeOnEachDatabase } from '../database/testing/each-database';
import { BACKUP_TABLES } from './backup-format';
import { landedMigrations } from './landed-migrations';
import { isBackup, readBackupHeader } from './read-backup';
import { restoreBackup } from './restore-backup';
import { writeBackup } from './write-backup';

const SCHEMA_VERSION = landedMigrations.length;

const NOW_MS = Date.UTC(2026, 5, 1);

const fill = async (database: Database, updates = 3) => {
  await database.executeScript(
    'fill',
    `
    INSERT INTO runs (source, settings, state, failure, counts, started_at, ended_at, origin, clock, timeline)
    VALUES ('a.json', '{"seed": 4294967295}', 'failed', 'a "quoted" failure\\', '{}', '2026-01-01 00:00:00.123456+00', NULL, NULL,
      '{"kind": "virtual", "atMs": 12}', NULL);
    INSERT INTO accounts (id, account_type, tokens, slot, version, update_seq, created_seq, callback_run_id, due_ms)
    VALUES ('𝕏,"{}\\', 'mint', 18446744073709551615, 7, 18446744073709551615, 1, 1, NULL, NULL);
    INSERT INTO account_updates (seq, account_id, slot, version, run_id, record_index, position, account_type, tokens, data,
      callback_time_ms, at_ms, due_ms, cancels_slot, cancels_version)
    VALUES (1, '𝕏,"{}\\', 7, 18446744073709551615, 1, 0, 3, 'mint', 18446744073709551615,
      '{"big": 123456789012345678901234567890.5, "text": "line\\nfeed", "null": null, "far": 1e400}', 9007199254740991,
      0, 9007199254740992, 18446744073709551615, 18446744073709551614);
    INSERT INTO settled_callbacks (seq, update_seq, run_id, at_ms, account_id, how)
    SELECT 2, seq, run_id, due_ms, account_id, 'fired by hand' FROM account_updates;
    INSERT INTO account_updates (seq, account_id, slot, version, run_id, record_index, position, account_type, tokens, data,
      callback_time_ms, at_ms, due_ms)
    SELECT n + 2, 'id' || n, 0, n, 1, n, n, 'mint', n, 'null', 0, n, 9223372036854775807
    FROM generate_series(1, ${updates}) AS n;
    INSERT INTO rejects (run_id, record_index, field, reason, excerpt, position, at_ms)
    VALUES (1, 7, 'tokens', '', 'NULL', 8, 9);
    INSERT INTO dead_slots (slot, seq, run_id, at_ms) VALUES (18446744073709551615, 9007199254740993, 1, 9007199254740992);
    INSERT INTO retractions (seq, run_id, at_ms, account_id, update_seq, back_seq)
    VALUES (9007199254740994, 1, 9007199254740992, '𝕏,"{}\\', 1, NULL), (9007199254740995, 1, 0, 'id1', 3, 1);
    INSERT INTO slot_coverage (run_id, number, kind, from_slot, to_slot, from_ms, to_ms, reason)
    VALUES (1, 0, 'covered', 5, 18446744073709551615, 0, 9, NULL), (1, 1, 'gap', NULL, NULL, 9, 10, 'It was lost.');
    INSERT INTO targets (id, name, settings, disarmed_because, armed_in, cursor_seq, delivered)
    VALUES ('8c4b9d0e-5b0f-4a44-9d86-0d9f4d5d0a01', 'hook', '{"kind": "webhook"}', 'a "reason"', 'folder 7', 2, 1);
    INSERT INTO deliveries (target_id, seq, state, attempts, first_at, last_at, answer)
    VALUES ('8c4b9d0e-5b0f-4a44-9d86-0d9f4d5d0a01', 2, 'delivered', 1, '2026-01-01 00:00:00.123+00', '2026-01-01 00:00:01+00', '204');`,
  );
};

/** @param rows Selects number, account, version and data. */
const insertStale = (rows: string) => `
  INSERT INTO account_updates (seq, account_id, slot, version, run_id, record_index, position, account_type, tokens, data,
    callback_time_ms, at_ms)
  SELECT n, account, 0, version, 1, n, n, 'mint', 1, data, 0, 0 FROM (${rows}) AS r (n, account, version, data)`;

/** All content, in Postgres' text format. */
const dump = async (database: Database) => {
  const tables: Record<string, unknown> = {};
  for (const { name, key } of BACKUP_TABLES) {
    const text = `SELECT t::text AS row FROM ${name} AS t ORDER BY ${key.join(', ')}`;
    tables[name] = (await database.query({ name: 'dump', deadline: 'write', text })).rows;
  }
  return tables;
};

describeOnEachDatabase('a backup', (open, kind) => {
  let database: Database;
  let directory: string;
  let path: string;
  const write = () =>
    writeBackup(database, { path, madeAtMs: 5, reason: 'asked', schemaVersion: SCHEMA_VERSION });
  const restore = () => restoreBackup(database, path, NOW_MS);

  beforeEach(async () => {
    database = await open();
    directory = await mkdtemp(join(tmpdir(), 'ingot-backup-'));
    path = join(directory, 'backup.ndjson.gz');
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('brings everything back exactly, whatever was there meanwhile', async () => {
    await fill(database);
    const before = await dump(database);
    await write();
    await database.executeScript(
      'change',
      "DELETE FROM accounts; UPDATE rejects SET reason = 'other'; DELETE FROM account_updates WHERE account_id = 'id2'",
    );
    await restore();
    expect(await dump(database)).toEqual(before);
  });

  it('is told by its beginning from other files, also from one endless line', async () => {
    await write();
    expect(await isBackup(path)).toBe(true);
    const other = join(directory, 'other.json.gz');
    await writeFile(other, gzipSync(`["${'{'.repeat(9_000_000)}`));
    expect(await isBackup(other)).toBe(false);
    await writeFile(other, '[{"format":"ingot backup"}]');
    expect(await isBackup(other)).toBe(false);
    expect(await isBackup(join(directory, 'missing.gz'))).toBe(false);
  });

  it('knows every column of every table', async () => {
    const { rows } = await database.query<{ place: string }>({
      name: 'columns',
      deadline: 'read',
      text: `SELECT table_name || '.' || column_name AS place FROM information_schema.columns
        WHERE table_schema = 'ingot' AND table_name NOT IN ('schema_migrations', 'holder') ORDER BY place`,
    });
    const known = BACKUP_TABLES.flatMap(({ name, columns }) =>
      Object.keys(columns).map((column) => `${name}.${column}`),
    );
    expect(rows.map(({ place }) => place)).toEqual(known.sort());
  });

  it('goes on numbering after what was restored', async () => {
    await fill(database);
    await write();
    await database.executeScript(
      'empty',
      'TRUNCATE runs, accounts, account_updates, settled_callbacks, rejects RESTART IDENTITY',
    );
    await restore();
    const insert =
      "INSERT INTO runs (source, settings, state, clock) VALUES ('b', '{}', 'running', '{}') RETURNING id";
    expect((await database.query({ name: 'insert', deadline: 'write', text: insert })).rows).toEqual([
      { id: '2' },
    ]);
  });

  it('is the same whatever the size of its pages', async () => {
    await fill(database, 4_500);
    const before = await dump(database);
    await write();
    expect(await readBackupHeader(path)).toMatchObject({ rows: { account_updates: 4_501 }, reason: 'asked' });
    await restore();
    expect(await dump(database)).toEqual(before);
  });

  it('reads and puts back no more than 8 MiB at a time, but for the row that goes over it', async () => {
    // A megabyte each: as text, and as numbers that print ten thousand times as long as they are stored.
    await database.executeScript(
      'fill',
      `${insertStale(`
        SELECT n, 'a' || n, 1, CASE WHEN n % 2 = 0 THEN jsonb_build_array(repeat('a', 1048576))
          ELSE ('[' || repeat('1e131071,', 8) || '0]')::jsonb END
        FROM generate_series(1, 30) AS n`)};
      ${insertStale("SELECT 30 + n, 'b' || n, 1, '{}'::jsonb FROM generate_series(1, 5000) AS n")}`,
    );
    const longest = { answered: 0, given: 0, statements: 0 };
    const measured = <Queries extends Queryable>(db: Queries): Queries => ({
      ...db,
      query: async (statement: Statement, values?: readonly SqlValue[]) => {
        const answer = await db.query<Record<string, unknown>>(statement, values);
        longest.answered = Math.max(longest.answered, JSON.stringify(answer.rows).length);
        longest.given = Math.max(longest.given, JSON.stringify(values ?? []).length);
        longest.statements += 1;
        return answer;
      },
    });
    const whole = database;
    database = {
      ...measured(whole),
      transaction: (work) => whole.transaction((tx) => work(measured(tx))),
    };
    await write();
    // Each backslash and quote is escaped by another backslash.
    expect(longest.answered).toBeLessThan(11 * 2 ** 20);
    // Small rows come by the thousand.
    expect(longest.statements).toBeLessThan(40);
    await restore();
    expect(longest.given).toBeLessThan(11 * 2 ** 20);
    const { rows } = await whole.query({
      name: 'count',
      deadline: 'read',
      text: 'SELECT count(*)::int4 AS n, sum(octet_length(data::text))::int4 AS bytes FROM account_updates',
    });
    expect(rows).toEqual([{ n: 5_030, bytes: 15 * (2 ** 20 + 4) + 15 * (8 * (131_072 + 2) + 3) + 10_000 }]);
  });

  it('prints no row behind the page that it measures, however small those before were', async () => {
    await database.executeScript(
      'fill',
      insertStale(`
        SELECT n, 'a', n, CASE WHEN n > 3000 THEN jsonb_build_array(repeat('a', 5000000)) ELSE '{}' END
        FROM generate_series(1, 3002) AS n`),
    );
    // It cannot be printed: its text would exceed a gigabyte. On a server it stays in the backup's snapshot.
    const unprintable = insertStale(`SELECT 3003, 'z', 1, ('[' || repeat('1e131071,', 8200) || '0]')::jsonb`);
    if (kind === 'pglite') await database.executeScript('add', unprintable);
    const read: number[] = [];
    const whole = database;
    const watched = <Queries extends Queryable>(db: Queries): Queries => ({
      ...db,
      query: async (statement: Statement, values?: readonly SqlValue[]) => {
        const answer = await db.query<Record<string, unknown>>(statement, values);
        if (statement.name !== 'backup_account_updates') return answer;
        read.push(answer.rows.length);
        if (read.length === 2)
          await whole.executeScript('remove', `DELETE FROM account_updates WHERE account_id = 'z'`);
        return answer;
      },
    });
    database = { ...watched(whole), transaction: (work) => whole.transaction((tx) => work(watched(tx))) };
    const written = write();
    // A counted row has disappeared.
    if (kind === 'pglite') await expect(written).rejects.toMatchObject({ code: 'source_broken' });
    else await written;
    expect(read).toEqual([2_000, 1_002]);
  });

  it('arms nothing, and lets no run deliver, when it is restored', async () => {
    await fill(database);
    await database.executeScript('arm', 'UPDATE targets SET armed = true; UPDATE runs SET delivers_from = 0');
    await write();
    await restore();
    const text = 'SELECT armed, disarmed_because, delivers_from FROM targets, runs';
    const { rows } = await database.query({ name: 'look', deadline: 'read', text });
    expect(rows).toEqual([{ armed: false, disarmed_because: 'It came from a backup.', delivers_from: null }]);
  });

  it('of an empty database empties the database', async () => {
    await write();
    await fill(database);
    await restore();
    expect(Object.values(await dump(database)).flat()).toEqual([]);
  });

  it('leaves no half of a file behind when it fails', async () => {
    await fill(database);
    await database.close();
    await expect(write()).rejects.toThrow();
    expect(await readdir(directory)).toEqual([]);
  });

  it.each<[string, (lines: string[]) => string]>([
    ['a changed row', (lines) => lines.join('\n').replace('"mint"', '"mind"')],
    ['a row too few', (lines) => withChecksum(lines.filter((line) => !line.includes('"id2"')))],
    ['its end cut off', (lines) => lines.slice(0, -2).join('\n')],
    [
      'an unknown table',
      (lines) =>
        withChecksum(lines.map((line) => line.replace('{"table":"rejects"', '{"table":"pg_authid"'))),
    ],
    [
      'an unknown column',
      (lines) => withChecksum(lines.map((line) => line.replace('"excerpt",', '"excerpt; DROP TABLE runs",'))),
    ],
  ])('with %s is refused before anything is touched', async (_, spoil) => {
    await fill(database);
    const before = await dump(database);
    await write();
    const lines = gunzipSync(await readFile(path))
      .toString()
      .split('\n');
    await writeFile(path, gzipSync(spoil(lines)));
    await expect(restore()).rejects.toMatchObject({ code: 'source_broken' });
    expect(await dump(database)).toEqual(before);
  });

  it('that is empty, a directory or not readable is refused as that, not as damaged', async () => {
    await writeFile(path, '');
    await expect(restore()).rejects.toMatchObject({ message: expect.stringMatching(/: it is empty\.$/) });
    await rm(path);
    await mkdir(path);
    await expect(restore()).rejects.toMatchObject({
      code: 'source_unreadable',
      message: `${basename(path)} is a directory, not a backup.`,
    });
    await rm(path, { recursive: true });
    await symlink(path, path);
    await expect(restore()).rejects.toMatchObject({
      message: expect.stringMatching(/: it could not be read \(ELOOP\)\.$/),
    });
  });

  it('that is none, or a cut one, is refused with what it is', async () => {
    await fill(database);
    await write();
    const bytes = await readFile(path);
    await writeFile(path, bytes.subarray(0, bytes.length - 30));
    await expect(restore()).rejects.toMatchObject({ code: 'source_broken' });
    for (const other of ['{"id":"a"}\n', gzipSync('{"id":"a"}\n'), gzipSync('hello\n')]) {
      await writeFile(path, other);
      await expect(restore()).rejects.toMatchObject({
        code: 'source_unreadable',
        message: `${basename(path)} is no backup of Ingot.`,
      });
    }
  });

  it('of a newer schema is refused', async () => {
    const schemaVersion = SCHEMA_VERSION + 1;
    await writeBackup(database, { path, madeAtMs: 5, reason: 'asked', schemaVersion });
    await expect(restore()).rejects.toMatchObject({ code: 'schema_mismatch' });
  });

  it('brings the clocks of its runs back standing still, as far as they had come when it was restored', async () => {
    const clocks = [
      startClock(NOW_MS - 1_000, 20),
      changeRate(startClock(NOW_MS - 1_000, 1), NOW_MS - 400, 0),
      { kind: 'virtual', atMs: 5 },
    ] as const;
    for (const clock of clocks) {
      const insert = `INSERT INTO runs (source, settings, state, clock) VALUES ('b', '{}', 'running', $1::jsonb)`;
      await database.query({ name: 'insert', deadline: 'write', text: insert }, [JSON.stringify(clock)]);
    }
    await write();
    await restore();
    const { rows } = await database.query<{ clock: string }>({
      name: 'clocks',
      deadline: 'read',
      text: 'SELECT clock FROM runs ORDER BY id',
    });
    const restored = rows.map(({ clock }) => clockRecordSchema.parse(JSON.parse(clock)));
    expect(restored.map((clock) => [rateOf(clock), clockAt(clock, NOW_MS + 5_000)])).toEqual([
      [0, 20_000],
      [0, 600],
      [0, 5],
    ]);
    // Times before the backup stay, and a clock that stood still is unchanged.
    expect(restored.slice(1)).toEqual(clocks.slice(1));
    expect(wallOf(restored[0] as ClockRecord, 40)).toBe(NOW_MS - 998);
  });

  it('whose rows the database refuses leaves everything as it was', async () => {
    await fill(database);
    const before = await dump(database);
    await write();
    const lines = gunzipSync(await readFile(path))
      .toString()
      .split('\n');
    const spoiled = withChecksum(lines.map((line) => line.replace('"failed"', '"unheard of"')));
    await writeFile(path, gzipSync(spoiled));
    await expect(restore()).rejects.toMatchObject({ code: 'database_error' });
    expect(await dump(database)).toEqual(before);
  });
});

/** The lines with a correct checksum, so that the fault must be found in the content. */
function withChecksum(lines: readonly string[]): string {
  const body = lines.slice(0, -2).map((line) => `${line}\n`);
  const trailer = JSON.parse(lines.at(-2) ?? '{}') as object;
  const sha256 = createHash('sha256').update(body.join('')).digest('hex');
  return `${body.join('')}${JSON.stringify({ ...trailer, sha256 })}\n`;
}
