import { IngotError } from '../../src-shared/errors';
import { type ClockRecord, changeRate, clockRecordSchema, rateOf } from '../../src-shared/run-clock';
import type { EpochMs } from '../../src-shared/update';
import { textArray } from '../database/array-literal';
import type { Database, Queryable, Statement } from '../database/database';
import { BACKUP_TABLES, type BackupHeader } from './backup-format';
import { beginAnew } from './high-water';
import { landedMigrations } from './landed-migrations';
import { checkpointIfDue, vacuumAnalyze } from './maintenance';
import { applyMigration, rebuildSchema } from './migrate';
import { type BackupChunk, brokenBackup, readBackup, verifyBackup } from './read-backup';
import { endRetention } from './retention';

/**
 * Replaces all content by that of a backup, in one transaction. The backup is read to its end and checked before anything is
 * changed. A backup of an earlier schema goes into that schema's tables, and the later migrations convert it.
 *
 * The clocks of its runs stand still from `nowMs`, and their callbacks wait, until a person resumes them. Its targets are disarmed,
 * and none of its runs delivers, until a person arms them. All of its history is kept, until a person limits it again.
 *
 * @throws IngotError `source_broken`; `schema_mismatch` as `checkSchemaVersion`.
 */
export async function restoreBackup(database: Database, path: string, nowMs: EpochMs): Promise<void> {
  const { header } = await verifyBackup(path);
  checkSchemaVersion(header);
  const known = landedMigrations.slice(0, header.schemaVersion);
  await database.transaction(async (tx) => {
    // An administrator's grants survive where the tables need not be recreated.
    if (known.length === landedMigrations.length) await tx.query(clear);
    else await rebuildSchema(tx, known);
    const types = await readColumnTypes(tx);
    for await (const chunk of readBackup(path)) {
      await insertChunk(tx, chunk, types, path);
      await checkpointIfDue({ kind: database.kind, query: tx.query });
    }
    for (const migration of landedMigrations.slice(known.length)) {
      await applyMigration(tx, migration);
      await checkpointIfDue({ kind: database.kind, query: tx.query });
    }
    await tx.query(moveRunNumbers);
    await stopClocks(tx, nowMs);
    await tx.query(disarmTargets);
    await tx.query(keepRunsBack);
    await tx.query(endRetention);
    // Earlier acknowledgements no longer apply.
    await tx.query(beginAnew);
  });
  // A server maintains its own statistics.
  if (database.kind === 'pglite') await vacuumAnalyze(database);
}

/** @throws IngotError `schema_mismatch` if the backup's schema is newer than this program's. */
export function checkSchemaVersion({ schemaVersion }: BackupHeader): void {
  if (schemaVersion <= landedMigrations.length) return;
  throw new IngotError(
    'schema_mismatch',
    `The backup has schema version ${schemaVersion}; this program knows versions up to ${landedMigrations.length}.`,
    { hint: 'Restore it with the version of Ingot that made it.' },
  );
}

const clear: Statement = {
  name: 'restore_clear',
  deadline: 'maintenance',
  text: `TRUNCATE ${BACKUP_TABLES.map(({ name }) => name).join(', ')}`,
};

/** The types of each table's columns, in the backup's schema. */
type ColumnTypes = ReadonlyMap<string, ReadonlyMap<string, string>>;

const findColumnTypes: Statement = {
  name: 'restore_column_types',
  deadline: 'read',
  text: `
    SELECT c.relname AS "table", a.attname AS "column", format_type(a.atttypid, NULL) AS type
    FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
    WHERE c.relnamespace = current_schema()::text::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped`,
};

async function readColumnTypes(tx: Queryable): Promise<ColumnTypes> {
  const { rows } = await tx.query<{ table: string; column: string; type: string }>(findColumnTypes);
  const types = new Map<string, Map<string, string>>();
  for (const { table, column, type } of rows) {
    types.set(table, (types.get(table) ?? new Map<string, string>()).set(column, type));
  }
  return types;
}

/** Only names of existing columns become part of the statement. */
async function insertChunk(
  tx: Queryable,
  { table, columns, rows }: BackupChunk,
  types: ColumnTypes,
  path: string,
): Promise<void> {
  const values = columns.map((column) => {
    const type = types.get(table)?.get(column);
    if (type === undefined) {
      throw brokenBackup(path, `its table ${table} has a column ${column}, which is unknown`);
    }
    return `r.${column}::${type}`;
  });
  const given = columns.map((_, index) => `$${index + 1}::text[]`).join(', ');
  const text = `
    INSERT INTO ${table} (${columns.join(', ')}) OVERRIDING SYSTEM VALUE
    SELECT ${values.join(', ')} FROM unnest(${given}) AS r (${columns.join(', ')})`;
  const arrays = columns.map((_, index) => textArray(rows.map((row) => row[index] ?? null)));
  await tx.query({ name: `restore_${table}`, deadline: 'write', text }, arrays);
}

/** The next run's number follows the restored ones. */
const moveRunNumbers: Statement = {
  name: 'restore_run_numbers',
  deadline: 'read',
  text: `SELECT setval(pg_get_serial_sequence('runs', 'id'), coalesce(max(id), 1), max(id) IS NOT NULL) FROM runs`,
};

const disarmTargets: Statement = {
  name: 'restore_disarmed_targets',
  deadline: 'write',
  text: `UPDATE targets SET armed = false, disarmed_because = 'It came from a backup.' WHERE armed`,
};

const keepRunsBack: Statement = {
  name: 'restore_runs_that_deliver',
  deadline: 'write',
  text: 'UPDATE runs SET delivers_from = NULL WHERE delivers_from IS NOT NULL',
};

const findNextClock: Statement = {
  name: 'restore_next_clock',
  deadline: 'read',
  text: 'SELECT id, clock FROM runs WHERE id > $1::int8 ORDER BY id LIMIT 1',
};

const setClock: Statement = {
  name: 'restore_clock',
  deadline: 'write',
  text: 'UPDATE runs SET clock = $2::jsonb WHERE id = $1::int8',
};

/** One by one: a clock that was stopped and started often is long. */
async function stopClocks(tx: Queryable, nowMs: EpochMs): Promise<void> {
  let last = '0';
  for (;;) {
    const [run] = (await tx.query<{ id: string; clock: string }>(findNextClock, [last])).rows;
    if (!run) return;
    last = run.id;
    const clock: ClockRecord = clockRecordSchema.parse(JSON.parse(run.clock));
    if (rateOf(clock) === 0) continue;
    await tx.query(setClock, [run.id, JSON.stringify(changeRate(clock, nowMs, 0))]);
  }
}
