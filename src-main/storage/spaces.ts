import { IngotError } from '../../src-shared/errors';
import type { SpaceInfo } from '../../src-shared/spaces';
import { MAIN_SPACE } from '../../src-shared/spaces';
import type { Database, Queryable, QueryResult, SqlValue, Statement } from '../database/database';
import { epochMsFromText } from '../database/epoch-ms';
import { epochMsOf } from '../database/time-sql';
import { adjustAccountOrders } from './account-orders';
import { landedMigrations } from './landed-migrations';
import { checkSchema, hasSchema, migrate, type OnMigrated, TAKE_LOCK } from './migrate';

/*
 * A space is a schema with the same tables in the same database. Everything is kept apart by the search path alone, so no
 * statement names a schema. The name of the main one is in `migrate.ts`.
 */

const PREFIX = 'ingot_space_';
/** @param name null: main. */
export const schemaOf = (name: string | null): string => (name === null ? 'ingot' : `${PREFIX}${name}`);

const findSchemas: Statement = {
  name: 'list_spaces',
  deadline: 'read',
  text: `SELECT nspname::text AS schema FROM pg_namespace WHERE starts_with(nspname, '${PREFIX}') ORDER BY nspname`,
};

async function listNames(db: Queryable): Promise<readonly string[]> {
  const { rows } = await db.query<{ schema: string }>(findSchemas);
  return rows.map(({ schema }) => schema.slice(PREFIX.length));
}

const describeSpace: Statement = {
  name: 'describe_space',
  deadline: 'read',
  text: `
    SELECT
      (SELECT ${epochMsOf('min(applied_at)')} FROM schema_migrations) AS made_at_ms,
      count(*)::int4 AS runs,
      coalesce(sum(coalesce((counts ->> 'indexed')::int8, 0) + coalesce((counts ->> 'stale')::int8, 0)), 0)::float8 AS updates,
      (SELECT source FROM runs ORDER BY id LIMIT 1) AS source,
      (SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::float8 FROM pg_class
        WHERE relnamespace = current_schema()::text::regnamespace AND relkind = 'r') AS size_bytes
    FROM runs`,
};

/** All but main, by name. */
export async function listSpaces(db: Database): Promise<readonly SpaceInfo[]> {
  const spaces: SpaceInfo[] = [];
  for (const name of await listNames(db)) {
    const { rows } = await readIn(db, name).query<{
      made_at_ms: string;
      runs: number;
      updates: number;
      source: string | null;
      size_bytes: number;
    }>(describeSpace);
    const [row] = rows;
    if (!row) continue;
    const { runs, updates, source } = row;
    spaces.push({
      name,
      runs,
      updates,
      source,
      sizeBytes: row.size_bytes,
      madeAtMs: epochMsFromText(row.made_at_ms),
    });
  }
  return spaces;
}

/**
 * Everything that the database does from now on concerns this space. Nothing else may use the database meanwhile. If this fails,
 * nothing has changed.
 *
 * @param name null: main.
 * @param how `make`: it is created if it is missing, and brought up to date; `look`: it must be there, up to date.
 * @throws IngotError `not_found`; `schema_mismatch` as `migrate`.
 */
export async function enterSpace(
  db: Database,
  name: string | null,
  { from = null, how, onMigrated }: { from?: string | null; how: 'make' | 'look'; onMigrated?: OnMigrated },
): Promise<void> {
  await db.setSchema(schemaOf(name));
  try {
    if (how === 'make') {
      await migrate(db, landedMigrations, onMigrated);
      await adjustAccountOrders(db);
    } else {
      if (!(await hasSchema(db))) throw noSpace(name);
      if (!(await checkSchema(db))) throw olderSpace(name);
    }
  } catch (error) {
    await db.setSchema(schemaOf(from));
    throw error;
  }
}

/** Drops it with everything in it, in one transaction. @throws IngotError `not_found` */
export async function deleteSpace(db: Database, name: string): Promise<void> {
  if (!(await listNames(db)).includes(name)) throw noSpace(name);
  await db.executeScript('delete_space', `${TAKE_LOCK} DROP SCHEMA ${schemaOf(name)} CASCADE`, 'conversion');
}

/** A name after a source's, which no space has yet: `updates`, then `updates_2`. */
export function nameSpace(source: string, taken: readonly string[]): string {
  const words = source
    .replace(/\.gz$/i, '')
    .replace(/\.\w+$/, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^[^a-z]+/, '')
    .slice(0, 30)
    .replace(/_+$/, '');
  const base = words === '' || words === MAIN_SPACE ? 'space' : words;
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? base : `${base}_${number}`;
    if (!taken.includes(name)) return name;
  }
}

const setSchema: Statement = {
  name: 'look_into_space',
  deadline: 'read',
  text: `SELECT set_config('search_path', $1, true)`,
};

/** The same database, for reading in another space: each statement in a transaction of its own. */
export function readIn(db: Database, name: string | null): Queryable {
  const within = <T>(work: (tx: Queryable) => Promise<T>): Promise<T> =>
    db.transaction(async (tx) => {
      await tx.query(setSchema, [schemaOf(name)]);
      return work(tx);
    });
  return {
    query: <Row>(statement: Statement, values?: readonly SqlValue[]): Promise<QueryResult<Row>> =>
      within((tx) => tx.query<Row>(statement, values)),
    copy: (statement, rows) => within((tx) => tx.copy(statement, rows)),
    executeScript: (script, sql, deadline) => within((tx) => tx.executeScript(script, sql, deadline)),
  };
}

const findBirth: Statement = {
  name: 'find_birth_of_space',
  deadline: 'read',
  text: 'SELECT min(applied_at)::text AS born FROM schema_migrations',
};

/**
 * @returns when its content began: another one of that name, or a reset one, began later.
 * @throws IngotError if it cannot be read by this program's statements.
 */
export async function checkSpace(db: Database, name: string | null): Promise<string> {
  const reader = { ...db, ...readIn(db, name) };
  if (!(await hasSchema(reader))) throw noSpace(name);
  if (!(await checkSchema(reader))) throw olderSpace(name);
  const { rows } = await reader.query<{ born: string }>(findBirth);
  return rows[0]?.born ?? '';
}

const findOpen: Statement = {
  name: 'find_open_space',
  deadline: 'read',
  text: `SELECT current_setting('search_path') AS schema`,
};

/** The space that the database is in; null: main. */
export async function findSpace(db: Queryable): Promise<string | null> {
  const { rows } = await db.query<{ schema: string }>(findOpen);
  const { schema = '' } = rows[0] ?? {};
  return schema.startsWith(PREFIX) ? schema.slice(PREFIX.length) : null;
}

const noSpace = (name: string | null) =>
  new IngotError('not_found', `There is no space ${name ?? MAIN_SPACE}.`, {
    hint: '"ingot spaces" shows those there are.',
  });
const olderSpace = (name: string | null) =>
  new IngotError(
    'schema_mismatch',
    `The space ${name ?? MAIN_SPACE} was made by an older version of Ingot.`,
    { hint: 'Open it once, which brings it up to date.' },
  );
