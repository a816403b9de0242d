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
 * Everything is in a Postgres schema of its own, so that a reset drops all of it and nothing else on a shared server. It is the
 * whole of the session's search path: `ingot`, or that of a space. `IF NOT EXISTS` would require the right to create schemas even where an administrator has created it.
 */
const MAKE_NAMESPACE = `
  DO $$ BEGIN
    IF to_regnamespace(current_setting('search_path')) IS NULL THEN
      EXECUTE format('CREATE SCHEMA %I', current_setting('search_path'));
    END IF;
  END $$;`;
const MAKE_LEDGER = `${MAKE_NAMESPACE}
  CREATE TABLE IF NOT EXISTS schema_migrations (
    version int PRIMARY KEY,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
  );`;

/** An arbitrary number: two programs that change the schema of one server wait for each other. */
export const TAKE_LOCK = 'SELECT pg_advisory_xact_lock(4972070215);';

/**
 * Checks the columns too: other programs have a table of that name. Everything in a schema depends on it with deptype `n`; what
 * an administrator has granted on it has another type.
 */
const findLedger: Statement = {
  name: 'find_schema_migrations',
  deadline: 'read',
  text: `
    SELECT
      (SELECT count(*) = 3 FROM pg_attribute
        WHERE attrelid = to_regclass('schema_migrations')
          AND attname IN ('version', 'name', 'sha256') AND NOT attisdropped) AS found,
      EXISTS (SELECT FROM pg_depend
        WHERE refclassid = 'pg_namespace'::regclass AND refobjid = to_regnamespace(current_setting('search_path'))
          AND deptype = 'n') AS "holdsSomething"`,
};

const readLedger: Statement = {
  name: 'read_schema_migrations',
  deadline: 'read',
  text: 'SELECT version, name, sha256 FROM schema_migrations ORDER BY version',
};

/** Called with the name of each applied migration. */
export type OnMigrated = (name: string) => void;

/**
 * Brings the schema to the newest version, each migration in one transaction with its row in `schema_migrations`. Does nothing if
 * it is up to date. A new database gets the whole schema by one script instead, in a quarter of the time.
 *
 * @returns the schema's version.
 * @throws IngotError `schema_mismatch` if the database is newer than the program, or was made by a migration that has changed
 * since; as `hasSchema`; `database_error` if a migration fails: earlier ones stay.
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
      // Another program may have been faster: the row is inserted first.
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
 * Checks the schema and changes nothing.
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

/** The holder is not content: the same process keeps the database with the same epoch after its schema was dropped. */
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
 * Drops everything of Ingot's with all data, and migrates from nothing, in one transaction.
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

/** Drops everything of Ingot's with all data, and applies `migrations` from nothing. */
export async function rebuildSchema(db: Queryable, migrations: readonly Migration[]): Promise<void> {
  const drop = `
    DO $$ BEGIN EXECUTE format('DROP SCHEMA IF EXISTS %I CASCADE', current_setting('search_path')); END $$;`;
  const script = [TAKE_LOCK, NOTE_HOLDER, drop, await make(migrations), PUT_HOLDER_BACK];
  await db.executeScript('recreate_schema', script.join('\n'), 'conversion');
}

async function createSchema(db: Queryable): Promise<void> {
  const script = [TAKE_LOCK, await make(landedMigrations)];
  await db.executeScript('create_schema', script.join('\n'), 'conversion');
}

/** Creates everything in an empty schema. */
async function make(migrations: readonly Migration[]): Promise<string> {
  const parts =
    migrations === landedMigrations
      ? [MAKE_NAMESPACE, await loadLandedSchema(), ...migrations.map(record)]
      : [MAKE_LEDGER, ...migrations.map(step)];
  return parts.join('\n');
}

/** Applies the next migration. Also within the transaction that has rebuilt the schema. */
export async function applyMigration(db: Queryable, migration: Migration): Promise<void> {
  const script = TAKE_LOCK + MAKE_LEDGER + step(migration) + PUT_HOLDER_BACK;
  await db.executeScript(migration.name, script, 'conversion');
}

const step = (migration: Migration): string => `\n${record(migration)}\n${migration.sql}\n`;

/** Names are validated when migrations are read, so no quoting is needed. */
const record = ({ version, name, sha256 }: Migration): string =>
  `INSERT INTO schema_migrations (version, name, sha256) VALUES (${version}, '${name}', '${sha256}');`;

/**
 * Whether Ingot's schema exists, in any version.
 *
 * @throws IngotError if a schema of that name has content without a record of Ingot's: on a server `schema_mismatch`, because it
 * is another program's; in a data directory, where no other program creates anything, `database_unusable`.
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
    `The schema "ingot" in the database ${location} is not Ingot's: its table schema_migrations is missing. It was not changed.`,
    { hint: 'Choose another database with --database, or rename that schema.', trouble: 'schema_taken' },
  );
}

/** For a caller that must not migrate it. */
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
        hint: 'A landed migration is never edited: put the file back as it was and add a new one. "ingot reset" starts with an empty database.',
        trouble: 'migration_changed',
      },
    );
  });
  return rows;
}
