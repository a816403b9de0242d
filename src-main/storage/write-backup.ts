import { createHash, randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { IngotError } from '../../src-shared/errors';
import type { Database, Queryable, Statement } from '../database/database';
import { moveIntoPlace, writeSynced } from '../database/durable-files';
import {
  BACKUP_FORMAT,
  BACKUP_TABLES,
  BACKUP_VERSION,
  type BackupHeader,
  type BackupReason,
  type BackupRow,
  type BackupTable,
  MOST_DATA_AT_ONCE,
} from './backup-format';
import { verifyBackup } from './read-backup';

export interface WriteBackupOptions {
  readonly path: string;
  readonly madeAtMs: number;
  readonly reason: BackupReason;
  readonly schemaVersion: number;
}

/** Measured: larger pages are no faster and occupy the embedded database longer. */
const PAGE_ROWS = 2_000;

/**
 * Writes everything to one file and reads it back: only then it appears at `path`, complete and synced. Memory is bounded by a
 * page: 2,000 rows or 8 MiB. A process killed meanwhile leaves its draft, `path` with a random ending and `.partial`.
 *
 * On a server it reads one snapshot. In the embedded database nothing may be written meanwhile, which is up to the caller: one
 * long transaction would block every reader.
 *
 * @throws IngotError `disk_full`; `database_error`; `source_broken` if it cannot be read back.
 */
export async function writeBackup(database: Database, options: WriteBackupOptions): Promise<BackupHeader> {
  const draft = `${options.path}.${randomBytes(4).toString('hex')}.partial`;
  try {
    const written =
      database.kind === 'postgres'
        ? await database.transaction(async (tx) => {
            await tx.query(SNAPSHOT);
            return writeTables(tx, draft, options);
          })
        : await writeTables(database, draft, options);
    const { header, sha256 } = await verifyBackup(draft);
    if (sha256 !== written) {
      throw new IngotError('source_broken', 'The backup reads back as something else than was written.', {
        hint: 'The disk may be failing: write it to another one.',
      });
    }
    await moveIntoPlace(draft, options.path);
    return header;
  } catch (error) {
    await rm(draft, { force: true });
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') {
      throw new IngotError('disk_full', 'No room is left on the disk for the backup.', {}, error);
    }
    throw error;
  }
}

const SNAPSHOT: Statement = {
  name: 'take_snapshot',
  deadline: 'read',
  text: 'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY',
};

/** @returns the checksum of what was written. */
async function writeTables(db: Queryable, path: string, options: WriteBackupOptions): Promise<string> {
  let sha256 = '';
  const text = composeText(db, options, (digest) => {
    sha256 = digest;
  });
  await writeSynced(path, { flags: 'wx', mode: 0o600 }, (file) =>
    pipeline(text, createGzip(), (packed) => writeFile(file, packed)),
  );
  return sha256;
}

async function* composeText(
  db: Queryable,
  { madeAtMs, reason, schemaVersion }: WriteBackupOptions,
  onDigest: (sha256: string) => void,
): AsyncGenerator<string> {
  const hash = createHash('sha256');
  const counted = (lines: readonly unknown[]): string => {
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    hash.update(text);
    return text;
  };
  const rows: Record<string, number> = {};
  for (const { name } of BACKUP_TABLES) rows[name] = await countRows(db, name);
  yield counted([{ format: BACKUP_FORMAT, version: BACKUP_VERSION, schemaVersion, madeAtMs, reason, rows }]);
  for (const table of BACKUP_TABLES) {
    yield counted([{ table: table.name, columns: Object.keys(table.columns) }]);
    for await (const page of readTable(db, table)) yield counted(page);
  }
  const sha256 = hash.digest('hex');
  onDigest(sha256);
  yield `${JSON.stringify({ end: true, rows, sha256 })}\n`;
}

async function countRows(db: Queryable, table: BackupTable['name']): Promise<number> {
  const statement: Statement = {
    name: 'backup_count',
    deadline: 'maintenance',
    text: `SELECT count(*) AS rows FROM ${table}`,
  };
  const { rows } = await db.query<{ rows: string }>(statement);
  return Number(rows[0]?.rows ?? 0);
}

async function* readTable(db: Queryable, table: BackupTable): AsyncGenerator<readonly BackupRow[]> {
  const names = Object.keys(table.columns);
  const columns = names.map((name) => `t.${name}::text AS ${name}`).join(', ');
  let after: readonly (string | null)[] | null = null;
  for (;;) {
    let size = PAGE_ROWS;
    if (table.large !== undefined) {
      const { rows } = await db.query<{ size: number }>(measureStatement(table, after !== null), [
        PAGE_ROWS,
        ...(after ?? []),
      ]);
      size = rows[0]?.size ?? 0;
      if (size === 0) return;
    }
    const statement: Statement = {
      name: `backup_${table.name}`,
      deadline: 'read',
      text: `SELECT ${columns} ${pageOf(table, after !== null)}`,
    };
    const result: { rows: readonly Record<string, string | null>[] } = await db.query(statement, [
      size,
      ...(after ?? []),
    ]);
    const last = result.rows.at(-1);
    if (!last) return;
    yield result.rows.map((row) => names.map((name) => row[name] ?? null));
    if (result.rows.length < size) return;
    after = table.key.map((name) => last[name] ?? null);
  }
}

/**
 * How many of the next rows make a page: at most $1, ending with the one that crosses `MOST_DATA_AT_ONCE`. The database reads row
 * by row, and prints none after the page.
 */
function measureStatement(table: BackupTable, follows: boolean): Statement {
  const key = qualified(table);
  const first = `FROM ${table.name} AS t ${follows ? `WHERE (${key}) > (${keyBounds(table)})` : ''}`;
  const after = table.key.map((name) => `page.${name}`).join(', ');
  const length = (table.large ?? []).map((name) => `coalesce(octet_length(t.${name}::text), 0)`).join(' + ');
  return {
    name: `backup_measure_${table.name}`,
    deadline: 'maintenance',
    // Measured outside the sort, which would print everything it sorts.
    text: `WITH RECURSIVE page (${table.key.join(', ')}, data, size) AS (
        SELECT ${key}, ${length}::int8, 1 FROM (SELECT t.* ${first} ORDER BY ${key} LIMIT 1) AS t
        UNION ALL
        SELECT ${key}, page.data + ${length}, page.size + 1
        FROM page CROSS JOIN LATERAL (
          SELECT t.* FROM ${table.name} AS t WHERE (${key}) > (${after}) ORDER BY ${key} LIMIT 1) AS t
        WHERE page.size < $1::int4 AND page.data < ${MOST_DATA_AT_ONCE})
      SELECT max(size) AS size FROM page`,
  };
}

/** $1 is the number of rows; the key of the last row before them follows. */
function pageOf(table: BackupTable, follows: boolean): string {
  const where = follows ? `WHERE (${qualified(table)}) > (${keyBounds(table)})` : '';
  return `FROM ${table.name} AS t ${where} ORDER BY ${qualified(table)} LIMIT $1::int4`;
}

function keyBounds(table: BackupTable): string {
  return table.key.map((name, index) => `$${index + 2}::${table.columns[name]}`).join(', ');
}

/** Qualified, because the bare names mean the text columns of the select list, which sort differently. */
function qualified(table: BackupTable): string {
  return table.key.map((name) => `t.${name}`).join(', ');
}
