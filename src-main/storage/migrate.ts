import { IngotError } from '../../src-shared/errors';
import { HOW_TO_REPLACE } from '../database/data-directory';
import type { Database, Queryable, Statement } from '../database/database';
import { landedMigrations, loadLandedSchema, type Migration } from './landed-migrations';

interface AppliedMigration {
  readonly version: number;
  readonly name: string;
  readonly sha256: string;
}

/**
 * Everything Ingot makes lies in a Postgres schema of its own, so that starting afresh can drop all of it
 * and nothing else on a server that other programs use as well. Sessions have it as their search path. `IF NOT EXISTS` would
 * ask for the right to make a schema also where an administrator has made it.
 */
const MAKE_NAMESPACE = `
  DO $$ BEGIN IF to_regnamespace('ingot') IS NULL THEN CREATE SCHEMA ingot; END IF; END $$;`;
const MAKE_LEDGER = `${MAKE_NAMESPACE}
  CREATE TABLE IF NOT EXISTS ingot.schema_migrations (
    version int PRIMARY KEY,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
  );`;

/** Any number, ours alone: two programs that change the schema of one server wait for each other. */
export const TAKE_LOCK = 'SELECT pg_advisory_xact_lock(4972070215);';

/**
 * Its columns are looked at as well: other programs have a table of that name. What lies in a schema depends on
 * it by kind `n`, of whatever sort it is; what an administrator has set for it, by another.
 */
const findLedger: Statement = {
  name: 'find_schema_migrations',
  deadline: 'read',
  text: `
    SELECT
      (SELECT count(*) = 3 FROM pg_attribute
        WHERE attrelid = to_regclass('ingot.schema_migrations')
          AND attname IN ('version', 'name', 'sha256') AND NOT attisdropped) AS found,
      EXISTS (SELECT FROM pg_depend
        WHERE refclassid = 'pg_namespace'::regclass AND refobjid = to_regnamespace('ingot')
          AND deptype = 'n') AS "holdsSomething"`,
};

const readLedger: Statement = {
  name: 'read_schema_migrations',
  deadline: 'read',
  text: 'SELECT version, name, sha256 FROM ingot.schema_migrations ORDER BY version',
};

/** Hears of each migration that was applied, by its name. */
export type OnMigrated = (name: string) => void;

/**
 * Brings the schema to the newest version, each migration in one transaction with its row in
 * `schema_migrations`. Does nothing if it is there already. A new database gets the whole schema by
 * one script instead: that takes a quarter of the time.
 *
 * @returns the schema's version.
 * @throws IngotError `schema_mismatch` if the database is newer than the program, or was made by a
 *   migration that has changed since; as `hasSchema`; `database_error` if a migration fails: the ones before
 *   it stay.
 */
export async function migrate(
  db: Database,
  migrations: readonly Migration[] = landedMigrations,
  onMigrated: OnMigrated = () => {},
): Promise<number> {
  let applied = await readApplied(db, migrations);
  while (applied.length < migrations.length) {
    const isNew = applied.length === 0 && migrations === landedMigrations;
    const next = isNew ? migrations : migrations.slice(applied.length, applied.length + 1);
    try {
      if (isNew) await createSchema(db);
      else for (const migration of next) await applyMigration(db, migration);
    } catch (error) {
      // Another program was first, if the row is there: it was inserted before anything else was done.
      const now = await readApplied(db, migrations);
      if (now.length === applied.length) throw error;
      applied = now;
      continue;
    }
    applied = [...applied, ...next];
    for (const { name } of next) onMigrated(name);
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

/** Who holds the database is no content of it: the same process holds it with the same epoch after its schema was dropped. */
const NOTE_HOLDER = `
  DO $$ BEGIN
    IF to_regclass('ingot.holder') IS NOT NULL THEN
      PERFORM set_config('ingot.holder', row_to_json(holder)::text, true) FROM ingot.holder;
    END IF;
  END $$;`;
const PUT_HOLDER_BACK = `
  DO $$ BEGIN
    IF current_setting('ingot.holder', true) <> '' AND to_regclass('ingot.holder') IS NOT NULL THEN
      INSERT INTO ingot.holder
      SELECT * FROM json_populate_record(NULL::ingot.holder, current_setting('ingot.holder')::json)
      ON CONFLICT DO NOTHING;
    END IF;
  END $$;`;

/**
 * Drops everything Ingot made, all data with it, and migrates from nothing, in one transaction.
 *
 * @returns the schema's version.
 * @throws IngotError as `hasSchema`.
 */
export async function recreateSchema(
  db: Database,
  migrations: readonly Migration[] = landedMigrations,
): Promise<number> {
  await hasSchema(db);
  await rebuildSchema(db, migrations);
  return migrations.length;
}

/** Drops everything Ingot made, all data with it, and applies `migrations` from nothing. */
export async function rebuildSchema(db: Queryable, migrations: readonly Migration[]): Promise<void> {
  const drop = 'DROP SCHEMA IF EXISTS ingot CASCADE;';
  const script = [TAKE_LOCK, NOTE_HOLDER, drop, await make(migrations), PUT_HOLDER_BACK];
  await db.executeScript('recreate_schema', script.join('\n'), 'conversion');
}

async function createSchema(db: Queryable): Promise<void> {
  const script = [TAKE_LOCK, await make(landedMigrations)];
  await db.executeScript('create_schema', script.join('\n'), 'conversion');
}

/** Makes all of it where there is nothing. */
async function make(migrations: readonly Migration[]): Promise<string> {
  const parts =
    migrations === landedMigrations
      ? [MAKE_NAMESPACE, await loadLandedSchema(), ...migrations.map(record)]
      : [MAKE_LEDGER, ...migrations.map(step)];
  return parts.join('\n');
}

/** Applies one migration, which has to be the next one. Also within the transaction that has rebuilt the schema. */
export async function applyMigration(db: Queryable, migration: Migration): Promise<void> {
  const script = TAKE_LOCK + MAKE_LEDGER + step(migration) + PUT_HOLDER_BACK;
  await db.executeScript(migration.name, script, 'conversion');
}

const step = (migration: Migration): string => `\n${record(migration)}\n${migration.sql}\n`;

/** Names are checked when migrations are read, so that nothing in them needs quoting. */
const record = ({ version, name, sha256 }: Migration): string =>
  `INSERT INTO ingot.schema_migrations (version, name, sha256) VALUES (${version}, '${name}', '${sha256}');`;

/**
 * Whether there is a schema of Ingot's, of whatever version.
 *
 * @throws IngotError if something lies in a schema of that name that Ingot has no record of: on a server
 *   `schema_mismatch`, for it is another program's; in a data directory, where nobody else makes anything,
 *   `database_unusable`.
 */
export async function hasSchema(db: Database): Promise<boolean> {
  const { rows } = await db.query<{ found: boolean; holdsSomething: boolean }>(findLedger);
  if (rows[0]?.found) return true;
  if (rows[0]?.holdsSomething) throw unrecorded(db);
  return false;
}

function unrecorded({ kind, location }: Database): IngotError {
  if (kind === 'pglite') {
    return new IngotError(
      'database_unusable',
      `The database in ${location} is damaged: its table ingot.schema_migrations is missing.`,
      { hint: HOW_TO_REPLACE, trouble: 'damaged' },
    );
  }
  return new IngotError(
    'schema_mismatch',
    `The schema "ingot" in the database ${location} is not Ingot's: its table schema_migrations is missing. It was left as it is.`,
    { hint: 'Choose another database with --database, or rename that schema.', trouble: 'schema_taken' },
  );
}

/** For one that may not bring it up to date. */
export function schemaOlder({ location }: Database): IngotError {
  return new IngotError(
    'schema_mismatch',
    `The schema of the database ${location} is missing or older than this program's, and was opened read-only.`,
    {
      hint: 'Open it once without --read-only, with no other Ingot on it: that brings it up to date.',
      trouble: 'schema_older',
    },
  );
}

async function readApplied(
  db: Database,
  migrations: readonly Migration[],
): Promise<readonly AppliedMigration[]> {
  if (!(await hasSchema(db))) return [];
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
