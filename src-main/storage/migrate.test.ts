import { expect, test } from 'vitest';
import type { Statement } from '../database/database';
import { openPostgres } from '../database/postgres';
import {
  createTestDatabase,
  describeOnEachDatabase,
  openEmptyDatabase,
} from '../database/testing/each-database';
import { landedMigrations, type Migration, readMigrations } from './landed-migrations';
import { hasSchema, migrate, recreateSchema } from './migrate';

const first = { '0001_cats.sql': 'CREATE TABLE cats (name text);' };
const second = { ...first, '0002_dogs.sql': 'CREATE TABLE dogs (name text); ALTER TABLE cats ADD age int;' };
const broken = { ...first, '0002_dogs.sql': 'CREATE TABLE dogs (name text); CREATE TABLE cats (name text);' };

const tables: Statement = {
  name: 'tables',
  deadline: 'read',
  text: "SELECT tablename AS name FROM pg_tables WHERE schemaname NOT LIKE ALL ('{pg_%,information_schema}') ORDER BY 1",
};
const ledger: Statement = {
  name: 'ledger',
  deadline: 'read',
  text: 'SELECT version, name, sha256, applied_at IS NOT NULL AS "hasTime" FROM schema_migrations ORDER BY version',
};

describeOnEachDatabase('migrating', (_, kind) => {
  const namesOf = async (db: Awaited<ReturnType<typeof openEmptyDatabase>>) =>
    (await db.query<{ name: string }>(tables)).rows.map((row) => row.name);

  test('applies what is missing, once, and records it', async () => {
    const db = await openEmptyDatabase(kind);
    const migrations = readMigrations(second);
    expect(await migrate(db, readMigrations(first))).toBe(1);
    expect(await namesOf(db)).toEqual(['cats', 'schema_migrations']);
    expect(await migrate(db, migrations)).toBe(2);
    expect(await migrate(db, migrations)).toBe(2);
    expect(await namesOf(db)).toEqual(['cats', 'dogs', 'schema_migrations']);
    expect((await db.query(ledger)).rows).toEqual(
      migrations.map(({ version, name, sha256 }) => ({ version, name, sha256, hasTime: true })),
    );
  });

  test('leaves nothing of a migration that fails, and keeps those before it', async () => {
    const db = await openEmptyDatabase(kind);
    await expect(migrate(db, readMigrations(broken))).rejects.toMatchObject({
      code: 'database_error',
      details: { sqlstate: '42P07', statement: '0002_dogs.sql' },
    });
    expect(await namesOf(db)).toEqual(['cats', 'schema_migrations']);
    expect(await migrate(db, readMigrations(second))).toBe(2);
  });

  test('refuses a landed file that was changed, and names it', async () => {
    const db = await openEmptyDatabase(kind);
    await migrate(db, readMigrations(second));
    const changed = readMigrations({
      ...second,
      '0001_cats.sql': 'CREATE TABLE cats (name text, tail int);',
    });
    await expect(migrate(db, changed)).rejects.toMatchObject({
      code: 'schema_mismatch',
      message: expect.stringContaining('0001_cats.sql'),
    });
  });

  test('refuses a database that is newer than the program', async () => {
    const db = await openEmptyDatabase(kind);
    await migrate(db, readMigrations(second));
    await expect(migrate(db, readMigrations(first))).rejects.toMatchObject({
      code: 'schema_mismatch',
      message: expect.stringMatching(
        /has schema version 2 \(0002_dogs\.sql\); this program knows versions up to 1\./,
      ),
    });
  });

  test('starting afresh drops what the program made, and nothing else', async () => {
    const db = await openEmptyDatabase(kind);
    await db.executeScript('strangers', 'CREATE TABLE public.strangers (name text)');
    await migrate(db, readMigrations(second));
    await db.executeScript(
      'leftovers',
      'CREATE TABLE leftovers (name text); INSERT INTO cats VALUES (NULL, 9)',
    );
    expect(await recreateSchema(db, readMigrations(first))).toBe(1);
    expect(await namesOf(db)).toEqual(['cats', 'schema_migrations', 'strangers']);
    const cats: Statement = { name: 'cats', deadline: 'read', text: 'SELECT * FROM cats' };
    expect((await db.query(cats)).rows).toEqual([]);
  });

  const precious = 'INSERT INTO ingot.precious VALUES (7)';
  const countPrecious: Statement = {
    name: 'count_precious',
    deadline: 'read',
    text: 'SELECT count(*)::int4 AS n FROM ingot.precious',
  };
  test.each([
    ['a table of others', 'CREATE TABLE ingot.precious (n int);'],
    [
      'a ledger of others as well',
      'CREATE TABLE ingot.precious (n int); CREATE TABLE ingot.schema_migrations (version text);',
    ],
  ])('a schema of that name which holds %s is neither migrated nor dropped', async (_, others) => {
    const db = await openEmptyDatabase(kind);
    await db.executeScript('others', `CREATE SCHEMA ingot; ${others} ${precious}`);
    const refusal =
      kind === 'postgres'
        ? { code: 'schema_mismatch', details: { trouble: 'schema_taken' } }
        : { code: 'database_unusable', details: { trouble: 'damaged' } };
    await expect(migrate(db)).rejects.toMatchObject(refusal);
    await expect(recreateSchema(db)).rejects.toMatchObject(refusal);
    expect((await db.query(countPrecious)).rows).toEqual([{ n: 1 }]);
  });

  test('a schema of that name which somebody made ready is taken', async () => {
    const db = await openEmptyDatabase(kind);
    await db.executeScript(
      'made_ready',
      'CREATE SCHEMA ingot; ALTER DEFAULT PRIVILEGES IN SCHEMA ingot GRANT SELECT ON TABLES TO PUBLIC;',
    );
    expect(await migrate(db, readMigrations(first))).toBe(1);
    expect(await recreateSchema(db, readMigrations(second))).toBe(2);
  });

  test('whether there is a schema is known without making one', async () => {
    const db = await openEmptyDatabase(kind);
    expect(await hasSchema(db)).toBe(false);
    await migrate(db, readMigrations(first));
    expect(await hasSchema(db)).toBe(true);
  });

  test('starting afresh that fails leaves everything as it was', async () => {
    const db = await openEmptyDatabase(kind);
    await migrate(db, readMigrations(second));
    await expect(recreateSchema(db, readMigrations(broken))).rejects.toMatchObject({
      code: 'database_error',
    });
    expect(await namesOf(db)).toEqual(['cats', 'dogs', 'schema_migrations']);
  });
});

test('two programs that migrate one server at once both end with the schema', async () => {
  const url = await createTestDatabase();
  const databases = await Promise.all(
    Array.from({ length: 4 }, () => openPostgres({ url, maxConnections: 1 })),
  );
  try {
    const versions = await Promise.all(databases.map((db) => migrate(db)));
    expect(versions).toEqual(databases.map(() => landedMigrations.length));
  } finally {
    await Promise.all(databases.map((db) => db.close()));
  }
});

test('the same file with Windows line ends is the same migration', () => {
  const [unix, windows] = ['SELECT 1;\nSELECT 2;\n', 'SELECT 1;\r\nSELECT 2;\r\n'].map((text) =>
    readMigrations({ 'migrations/0001_same.sql': text }),
  );
  expect(windows).toEqual(unix);
});

test.each([
  ['a gap', { '0001_a.sql': '', '0003_c.sql': '' }, /0003_c\.sql should have the number 0002/],
  ['a number taken twice', { '0001_a.sql': '', '0001_b.sql': '' }, /0001_b\.sql should have the number 0002/],
  ['another beginning', { '0002_a.sql': '' }, /should have the number 0001/],
  ['a name of another form', { '0001-a.sql': '' }, /is not named like/],
])('migrations with %s are refused', (_, files, message) => {
  expect(() => readMigrations(files)).toThrow(message);
});

test('the migrations of the program are in order', () => {
  const versions = landedMigrations.map((migration: Migration) => migration.version);
  expect(versions).toEqual(versions.map((_, index) => index + 1));
  expect(versions.length).toBeGreaterThan(0);
});
