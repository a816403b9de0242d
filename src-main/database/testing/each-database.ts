import { randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, inject, onTestFinished } from 'vitest';
import { migrate } from '../../storage/migrate';
import type { AbandonableDatabase } from '../abandonable';
import type { Database, Statement } from '../database';
import { openPglite } from '../pglite';
import { openPostgres } from '../postgres';

/**
 * Describes a behaviour once, for PGlite and for a Postgres server.
 *
 * `open` returns a migrated, empty database. One database serves the whole file, because opening takes a second: each call
 * empties it, so call it once per test. Closing it closes only that handle; nothing must be closed.
 */
export function describeOnEachDatabase(
  name: string,
  body: (open: () => Promise<Database>, kind: Database['kind']) => void,
): void {
  for (const kind of ['pglite', 'postgres'] as const) {
    describe(`${name}, on ${kind}`, () => body(() => lend(kind), kind));
  }
}

/** For a test that ends, breaks or rebuilds its database: a separate one, without a schema. */
export async function openEmptyDatabase(kind: Database['kind']): Promise<AbandonableDatabase> {
  const db =
    kind === 'pglite'
      ? await openPglite({ dataDir: createTestDataDir() })
      : await openPostgres({ url: await createTestDatabase() });
  onTestFinished(() => db.abandon());
  return db;
}

/** A data directory with a new, closed database. It is removed after the test file. */
export function createTestDataDir(): string {
  const dataDir = createTestFolder();
  // Twice as fast as the promise.
  cpSync(join(inject('pgliteTemplate'), 'pg'), join(dataDir, 'pg'), { recursive: true });
  return dataDir;
}

/** An empty folder that is removed after the test file. */
export function createTestFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ingot-test-'));
  folders.push(folder);
  return folder;
}

/** The address of a new, empty database on the test run's Postgres server. */
export async function createTestDatabase(): Promise<string> {
  const server = inject('testPostgres');
  if ('failure' in server) throw new Error(server.failure);
  const name = `test_${randomBytes(8).toString('hex')}`;
  const admin = await openPostgres({ url: server.url, maxConnections: 1 });
  try {
    await admin.executeScript('create_database', `CREATE DATABASE ${name}`);
  } finally {
    await admin.close();
  }
  const url = new URL(server.url);
  url.pathname = `/${name}`;
  return url.href;
}

const shared = new Map<Database['kind'], Promise<Database>>();
const folders: string[] = [];

afterAll(async () => {
  for (const database of shared.values()) {
    await database.then(
      (db) => db.close(),
      // Has failed the tests already.
      () => {},
    );
  }
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

async function lend(kind: Database['kind']): Promise<Database> {
  let database = shared.get(kind);
  if (database) await emptyTables(await database);
  else {
    database = openShared(kind);
    shared.set(kind, database);
  }
  return lease(await database);
}

async function openShared(kind: Database['kind']): Promise<Database> {
  const db =
    kind === 'pglite'
      ? await openPglite({ dataDir: createTestDataDir() })
      : await openPostgres({ url: await createTestDatabase() });
  await migrate(db);
  return db;
}

const listTables: Statement = {
  name: 'list_tables',
  deadline: 'read',
  text: `
    SELECT string_agg(format('%I', tablename), ', ') AS tables FROM pg_tables
    WHERE schemaname = 'ingot' AND tablename <> 'schema_migrations'`,
};

const dropSpaces = `
  DO $$ DECLARE space name; BEGIN
    FOR space IN SELECT nspname FROM pg_namespace WHERE starts_with(nspname, 'ingot_space_') LOOP
      EXECUTE format('DROP SCHEMA %I CASCADE', space);
    END LOOP;
  END $$`;

async function emptyTables(db: Database): Promise<void> {
  await db.setSchema('ingot');
  await db.executeScript('drop_spaces', dropSpaces);
  const { rows } = await db.query<{ tables: string | null }>(listTables);
  const tables = rows[0]?.tables;
  if (tables) await db.executeScript('empty_tables', `TRUNCATE ${tables} RESTART IDENTITY CASCADE`);
}

/** The same database, closed independently. */
function lease(db: Database): Database {
  let over = false;
  const use = <T>(work: () => Promise<T>): Promise<T> =>
    over ? Promise.reject(new Error('this test has closed its database')) : work();
  return {
    kind: db.kind,
    location: db.location,
    query: (statement, values) => use(() => db.query(statement, values)),
    copy: (statement, rows) => use(() => db.copy(statement, rows)),
    transaction: (work) => use(() => db.transaction(work)),
    executeScript: (name, sql, deadline) => use(() => db.executeScript(name, sql, deadline)),
    setSchema: (schema) => use(() => db.setSchema(schema)),
    close: async () => {
      over = true;
    },
  };
}
