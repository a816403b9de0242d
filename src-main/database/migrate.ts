import { IngotError } from '../../src-shared/errors';
import type { Database, Statement } from './database';
import { landedMigrations, type Migration } from './landed-migrations';

interface AppliedMigration {
  readonly version: number;
  readonly name: string;
  readonly sha256: string;
}

/**
 * Everything Ingot makes lies in a Postgres schema of its own, so that starting afresh can drop all of it
 * and nothing else on a server that other programs use as well. Sessions have it as their search path.
 */
const MAKE_LEDGER = `
  CREATE SCHEMA IF NOT EXISTS ingot;
  CREATE TABLE IF NOT EXISTS ingot.schema_migrations (
    version int PRIMARY KEY,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
  );`;

/** Any number, ours alone: two programs that migrate one server wait for each other. */
const TAKE_LOCK = 'SELECT pg_advisory_xact_lock(4972070215);';

const findLedger: Statement = {
  name: 'find_schema_migrations',
  text: "SELECT to_regclass('ingot.schema_migrations') IS NOT NULL AS found",
};

const readLedger: Statement = {
  name: 'read_schema_migrations',
  text: 'SELECT version, name, sha256 FROM ingot.schema_migrations ORDER BY version',
};

/** Hears of each migration that was applied, by its name. */
export type OnMigrated = (name: string) => void;

/**
 * Brings the schema to the newest version, each migration in one transaction with its row in
 * `schema_migrations`. Does nothing if it is there already.
 *
 * @returns the schema's version.
 * @throws IngotError `schema_mismatch` if the database is newer than the program, or was made by a
 *   migration that has changed since; `database_error` if a migration fails: the ones before it stay.
 */
export async function migrate(
  db: Database,
  migrations: readonly Migration[] = landedMigrations,
  onMigrated: OnMigrated = () => {},
): Promise<number> {
  let applied = await readApplied(db, migrations);
  while (applied.length < migrations.length) {
    const next = migrations[applied.length];
    if (!next) break;
    try {
      await db.executeScript(next.name, TAKE_LOCK + MAKE_LEDGER + record(next) + next.sql);
    } catch (error) {
      // Another program was first, if the row is there: it was inserted before anything else was done.
      const now = await readApplied(db, migrations);
      if (now.length === applied.length) throw error;
      applied = now;
      continue;
    }
    applied = [...applied, next];
    onMigrated(next.name);
  }
  return applied.length;
}

/**
 * Looks at the schema and changes nothing.
 *
 * @returns whether it is at the newest version.
 * @throws IngotError `schema_mismatch` as `migrate`.
 */
export async function checkSchema(
  db: Database,
  migrations: readonly Migration[] = landedMigrations,
): Promise<boolean> {
  return (await readApplied(db, migrations)).length === migrations.length;
}

/**
 * Drops everything Ingot made, all data with it, and migrates from nothing, in one transaction.
 *
 * @returns the schema's version.
 */
export async function recreateSchema(
  db: Database,
  migrations: readonly Migration[] = landedMigrations,
): Promise<number> {
  const steps = migrations.map((migration) => record(migration) + migration.sql);
  const drop = 'DROP SCHEMA IF EXISTS ingot CASCADE;';
  await db.executeScript('recreate_schema', TAKE_LOCK + drop + MAKE_LEDGER + steps.join('\n'));
  return migrations.length;
}

/** Names are checked when migrations are read, so that nothing in them needs quoting. */
function record({ version, name, sha256 }: Migration): string {
  return `\nINSERT INTO ingot.schema_migrations (version, name, sha256) VALUES (${version}, '${name}', '${sha256}');\n`;
}

async function readApplied(
  db: Database,
  migrations: readonly Migration[],
): Promise<readonly AppliedMigration[]> {
  const ledger = await db.query<{ found: boolean }>(findLedger);
  if (!ledger.rows[0]?.found) return [];
  const { rows } = await db.query<AppliedMigration>(readLedger);
  const newest = rows.at(-1);
  if (newest && newest.version > migrations.length) {
    throw new IngotError(
      'schema_mismatch',
      `The database ${db.location} has schema version ${newest.version} (${newest.name}); this program knows versions up to ${migrations.length}.`,
      { hint: 'Use the newer version of Ingot that made it, or another database.', trouble: 'schema_newer' },
    );
  }
  rows.forEach((row, index) => {
    const migration = migrations[index];
    if (row.version === migration?.version && row.sha256 === migration.sha256) return;
    throw new IngotError(
      'schema_mismatch',
      `The database ${db.location} was made by another text of the migration ${row.name} than this program's ${migration?.name}.`,
      {
        hint: 'A landed migration is never edited: put the file back as it was and add a new one. "ingot reset" starts afresh.',
        trouble: 'migration_changed',
      },
    );
  });
  return rows;
}
