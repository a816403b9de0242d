import { IngotError } from '../../src-shared/errors';
import { textArray } from './array-literal';
import { BACKUP_TABLES, type BackupHeader, type BackupTable } from './backup-format';
import type { Database, Queryable } from './database';
import { beginAnew } from './high-water';
import { checkpointIfDue, vacuumAnalyze } from './maintenance';
import { type BackupChunk, readBackup, verifyBackup } from './read-backup';

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
    await tx.query({ name: 'restore_clear', text: `TRUNCATE ${tables}` });
    for await (const chunk of readBackup(path)) {
      await insertChunk(tx, chunk);
      await checkpointIfDue({ kind: database.kind, query: tx.query });
    }
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
  const values = columns.map((name) => `r.${name}::${table.columns[name]}`);
  const text = `
    INSERT INTO ${table.name} (${columns.join(', ')}) OVERRIDING SYSTEM VALUE
    SELECT ${values.join(', ')}
    FROM unnest(${columns.map((_, index) => `$${index + 1}::text[]`).join(', ')}) AS r (${columns.join(', ')})`;
  await tx.query(
    { name: `restore_${table.name}`, text },
    columns.map((_, index) => textArray(rows.map((row) => row[index] ?? null))),
  );
}

/** What comes next is numbered after what was restored. */
async function moveIdentity(tx: Queryable, { name, identity }: BackupTable): Promise<void> {
  if (!identity) return;
  const text = `
    SELECT setval(pg_get_serial_sequence('${name}', '${identity}'),
      coalesce((SELECT max(${identity}) FROM ${name}), 1), EXISTS (SELECT FROM ${name}))`;
  await tx.query({ name: `restore_${name}_identity`, text });
}
