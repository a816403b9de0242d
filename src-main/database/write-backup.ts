import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { IngotError } from '../../src-shared/errors';
import {
  BACKUP_FORMAT,
  BACKUP_TABLES,
  BACKUP_VERSION,
  type BackupHeader,
  type BackupReason,
  type BackupRow,
  type BackupTable,
} from './backup-format';
import type { Database, Queryable, Statement } from './database';
import { verifyBackup } from './read-backup';

export interface WriteBackupOptions {
  readonly path: string;
  readonly madeAtMs: number;
  readonly reason: BackupReason;
  readonly schemaVersion: number;
}

/** Measured: larger pages are no faster and hold the embedded database longer at a time. */
const PAGE_ROWS = 2_000;

/**
 * Writes everything to one file and reads it back before it counts: then it stands at `path`, whole and
 * synced, or not at all. Memory is bounded by a page of rows. A process that is killed meanwhile leaves its
 * draft behind, `path` with a random ending and `.partial`.
 *
 * On a server it sees one snapshot. In the embedded database nobody may write meanwhile: the caller sees
 * to that, for one long transaction would hold up every reader.
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
            return writeFile(tx, draft, options);
          })
        : await writeFile(database, draft, options);
    const { header, sha256 } = await verifyBackup(draft);
    if (sha256 !== written) {
      throw new IngotError('source_broken', 'The backup reads back as something else than was written.', {
        hint: 'The disk may be failing: write it to another one.',
      });
    }
    await rename(draft, options.path);
    await syncDirectory(dirname(options.path));
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
async function writeFile(db: Queryable, path: string, options: WriteBackupOptions): Promise<string> {
  const file = createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true });
  let sha256 = '';
  const text = composeText(db, options, (digest) => {
    sha256 = digest;
  });
  await pipeline(text, createGzip(), file);
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
  const columns = names.map((name) => `${name}::text AS ${name}`).join(', ');
  const bounds = table.key.map((name, index) => `$${index + 1}::${table.columns[name]}`).join(', ');
  const first: Statement = {
    name: `backup_${table.name}`,
    deadline: 'read',
    text: `SELECT ${columns} FROM ${table.name} AS t ORDER BY ${qualified(table)} LIMIT ${PAGE_ROWS}`,
  };
  const next: Statement = {
    name: `backup_${table.name}`,
    deadline: 'read',
    text: `SELECT ${columns} FROM ${table.name} AS t WHERE (${qualified(table)}) > (${bounds})
      ORDER BY ${qualified(table)} LIMIT ${PAGE_ROWS}`,
  };
  let after: readonly (string | null)[] | null = null;
  for (;;) {
    const result: { rows: readonly Record<string, string | null>[] } = after
      ? await db.query<Record<string, string | null>>(next, after)
      : await db.query<Record<string, string | null>>(first);
    const last = result.rows.at(-1);
    if (!last) return;
    yield result.rows.map((row) => names.map((name) => row[name] ?? null));
    if (result.rows.length < PAGE_ROWS) return;
    after = table.key.map((name) => last[name] ?? null);
  }
}

/** By their table: the bare names mean the text columns of the select list, which sort otherwise. */
function qualified(table: BackupTable): string {
  return table.key.map((name) => `t.${name}`).join(', ');
}

async function syncDirectory(path: string): Promise<void> {
  // Windows does not open directories; there the rename is as durable as it gets.
  const directory = await open(path, 'r').catch(() => null);
  await directory?.sync().catch(() => undefined);
  await directory?.close();
}
