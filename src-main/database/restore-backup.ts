import { IngotError } from '../../src-shared/errors';
import { textArray } from './array-literal';
import { BACKUP_TABLES, type BackupHeader, type BackupTable } from './backup-format';
import type { Database, Queryable, Statement } from './database';
import { beginAnew } from './high-water';
import { checkpointIfDue, vacuumAnalyze } from './maintenance';
import { type BackupChunk, readBackup, verifyBackup } from './read-backup';

/** The schema's version from which on callbacks are kept apart from the history. */
const CALLBACKS_APART = 4;

/**
 * Puts the content of a backup in the place of everything there is, in one transaction: afterwards it is
 * the one or the other. The backup is read to its end and checked before anything is touched. Columns that
 * an older Ingot did not have yet get their defaults.
 *
 * @throws IngotError `source_broken`; `schema_mismatch` if the backup's schema is newer than `schemaVersion`.
 */
export async function restoreBackup(database: Database, path: string, schemaVersion: number): Promise<void> {
  const { header } = await verifyBackup(path);
  checkSchemaVersion(header, schemaVersion);
  await database.transaction(async (tx) => {
    const tables = BACKUP_TABLES.map(({ name }) => name).join(', ');
    await tx.query({ name: 'restore_clear', deadline: 'maintenance', text: `TRUNCATE ${tables}` });
    for await (const chunk of readBackup(path)) {
      await insertChunk(tx, chunk);
      await checkpointIfDue({ kind: database.kind, query: tx.query });
    }
    if (header.schemaVersion < CALLBACKS_APART) await tx.query(bringAccountsUpToDate);
    for (const table of BACKUP_TABLES) await moveIdentity(tx, table);
    // What was acknowledged before is not missing now.
    await tx.query(beginAnew);
  });
  // The plans of a server are looked after by the server.
  if (database.kind === 'pglite') await vacuumAnalyze(database);
}

/** @throws IngotError `schema_mismatch` if the backup's schema is newer than `schemaVersion`. */
export function checkSchemaVersion(header: BackupHeader, schemaVersion: number): void {
  if (header.schemaVersion > schemaVersion) {
    throw new IngotError(
      'schema_mismatch',
      `The backup has schema version ${header.schemaVersion}; this program knows versions up to ${schemaVersion}.`,
      { hint: 'Restore it with the version of Ingot that made it.' },
    );
  }
}

async function insertChunk(tx: Queryable, { table, columns, rows }: BackupChunk): Promise<void> {
  const values = Object.entries(table.columns).filter(([name]) => columns.includes(name));
  const names = values.map(([name]) => name);
  const list = columns.map((_, index) => `$${index + 1}::text[]`).join(', ');
  const given = `unnest(${list}) AS r (${columns.join(', ')})`;
  const arrays = columns.map((_, index) => textArray(rows.map((row) => row[index] ?? null)));
  // Known once the history is there.
  const isFormer = table.name === 'accounts' && !names.includes('update_seq');
  const text = `
    INSERT INTO ${table.name} (${names.join(', ')}${isFormer ? ', update_seq' : ''}) OVERRIDING SYSTEM VALUE
    SELECT ${values.map(([name, type]) => `r.${name}::${type}`).join(', ')}${isFormer ? ', 0' : ''}
    FROM ${given}`;
  await tx.query({ name: `restore_${table.name}`, deadline: 'write', text }, arrays);
  if (!columns.includes('callback_state')) return;
  const settled = `
    INSERT INTO settled_callbacks (seq, fired, settled_at, superseded_by)
    SELECT r.seq::int8, r.callback_state = 'fired', r.callback_settled_at::timestamptz, r.superseded_by::numeric
    FROM ${given}
    WHERE r.callback_settled_at IS NOT NULL`;
  await tx.query({ name: 'restore_settled_callbacks', deadline: 'write', text: settled }, arrays);
}

/** The schema before kept the state of a callback in its history row only. */
const bringAccountsUpToDate: Statement = {
  name: 'restore_waiting_callbacks',
  deadline: 'maintenance',
  text: `
    UPDATE accounts AS a
    SET update_seq = u.seq,
      callback_due_at = CASE WHEN NOT EXISTS (SELECT 1 FROM settled_callbacks AS s WHERE s.seq = u.seq)
        THEN u.callback_due_at END
    FROM account_updates AS u
    WHERE u.account_id = a.id AND u.version = a.version AND a.update_seq = 0`,
};

/** What comes next is numbered after what was restored. */
async function moveIdentity(tx: Queryable, { name, identity }: BackupTable): Promise<void> {
  if (!identity) return;
  const text = `
    SELECT setval(pg_get_serial_sequence('${name}', '${identity}'),
      coalesce((SELECT max(${identity}) FROM ${name}), 1), EXISTS (SELECT FROM ${name}))`;
  await tx.query({ name: `restore_${name}_identity`, deadline: 'write', text });
}
