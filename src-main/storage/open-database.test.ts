import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import type { Statement } from '../database/database';
import { createTestDatabase, createTestDataDir, createTestFolder } from '../database/testing/each-database';
import holdDirectory from '../database/testing/hold-directory?modulePath';
import { landedMigrations } from './landed-migrations';
import { recreateSchema } from './migrate';
import { type DatabaseTarget, type OpenedDatabase, openDatabase } from './open-database';

const options = { program: 'Ingot', nowMs: Date.UTC(2026, 10, 22, 20, 0) };

async function open(target: DatabaseTarget): Promise<OpenedDatabase> {
  const db = await openDatabase(target, options);
  onTestFinished(() => db.abandon());
  return db;
}
const openDir = (dataDir: string) => open({ kind: 'data-dir', dataDir });

const addReject: Statement = {
  name: 'add_reject',
  deadline: 'write',
  text: "INSERT INTO rejects (run_id, record_index, position, at_ms, field, reason, excerpt) VALUES (1, 1, 1, 1, '', '', '')",
};
const countRejects: Statement = {
  name: 'count_rejects',
  deadline: 'read',
  text: 'SELECT count(*)::int4 AS n FROM rejects',
};

/** Every file below a folder with its bytes, except the two that name the holder. */
function contentOf(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return Object.fromEntries(
    files
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => !/(ingot\.lock|postmaster\.pid)$/.test(path))
      .map((path) => [path, readFileSync(path, 'latin1')]),
  );
}

test('a data directory is made, migrated, and kept', async () => {
  const dataDir = join(createTestFolder(), 'not', 'there', 'yet');
  const db = await openDir(dataDir);
  expect(db).toMatchObject({ kind: 'pglite', location: dataDir, schemaVersion: landedMigrations.length });
  await db.query(addReject);
  await db.close();
  expect(existsSync(join(dataDir, 'pg', 'PG_VERSION'))).toBe(true);
  const again = await openDir(dataDir);
  expect((await again.query(countRejects)).rows).toEqual([{ n: 1 }]);
});

test('a database in memory is migrated', async () => {
  const db = await open({ kind: 'memory' });
  expect(db).toMatchObject({ kind: 'pglite', location: 'memory', schemaVersion: landedMigrations.length });
});

test('a server is migrated, and kept', async () => {
  const url = await createTestDatabase();
  const db = await open({ kind: 'server', url });
  expect(db).toMatchObject({ kind: 'postgres', schemaVersion: landedMigrations.length });
  await db.query(addReject);
  await db.close();
  const again = await open({ kind: 'server', url });
  expect((await again.query(countRejects)).rows).toEqual([{ n: 1 }]);
});

test('a data directory that another process holds is refused', async () => {
  const dataDir = createTestDataDir();
  const child = spawn(process.execPath, [holdDirectory, dataDir], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(createInterface(child.stdout), 'line');
  await expect(openDir(dataDir)).rejects.toMatchObject({
    code: 'database_unusable',
    message: expect.stringContaining(`process ${child.pid}`),
    details: { trouble: 'held' },
  });
});

test('closing lets go of the data directory', async () => {
  const dataDir = createTestDataDir();
  const db = await openDir(dataDir);
  await expect(openDir(dataDir)).rejects.toMatchObject({ code: 'database_unusable' });
  await db.close();
  await expect(openDir(dataDir)).resolves.toBeDefined();
});

test('an abandoned data directory can be opened again', async () => {
  const dataDir = createTestDataDir();
  const db = await openDir(dataDir);
  await db.query(addReject);
  await db.abandon();
  expect((await (await openDir(dataDir)).query(countRejects)).rows).toEqual([{ n: 1 }]);
});

test('a directory of another Postgres version is left untouched, and named', async () => {
  const dataDir = createTestDataDir();
  writeFileSync(join(dataDir, 'pg', 'PG_VERSION'), '17\n');
  const before = contentOf(dataDir);
  await expect(openDir(dataDir)).rejects.toMatchObject({
    code: 'database_unusable',
    message: `The database in ${dataDir} was made by Postgres 17; this program reads Postgres 18 only. It was not changed.`,
    details: { trouble: 'postgres_version' },
  });
  expect(contentOf(dataDir)).toEqual(before);
});

test('a directory with files that are no database is left untouched, and named', async () => {
  const dataDir = createTestFolder();
  mkdirSync(join(dataDir, 'pg'));
  writeFileSync(join(dataDir, 'pg', 'holiday.jpg'), 'dear to someone');
  await expect(openDir(dataDir)).rejects.toMatchObject({
    code: 'database_unusable',
    message: `${join(dataDir, 'pg')} holds files, but no database. It was not changed.`,
    details: { trouble: 'not_a_database' },
  });
  expect(readdirSync(join(dataDir, 'pg'))).toEqual(['holiday.jpg']);
});

test.each([
  [
    'without its control file',
    'could not open file "global/pg_control"',
    (pg: string) => rmSync(join(pg, 'global', 'pg_control')),
  ],
  [
    'with a cut-off control file',
    'could not read file "global/pg_control"',
    (pg: string) => truncateSync(join(pg, 'global', 'pg_control'), 100),
  ],
  [
    'without its transaction log',
    'required WAL directory "pg_wal" does not exist',
    (pg: string) => rmSync(join(pg, 'pg_wal'), { recursive: true }),
  ],
  [
    'with a garbled control file',
    'cannot be opened: ',
    (pg: string) => writeFileSync(join(pg, 'global', 'pg_control'), Buffer.alloc(8192, 7)),
  ],
  [
    'with its transaction log cut off',
    'could not locate a valid checkpoint record',
    (pg: string) => {
      for (const name of readdirSync(join(pg, 'pg_wal'))) {
        if (/^[0-9A-F]{24}$/.test(name)) truncateSync(join(pg, 'pg_wal', name), 0);
      }
    },
  ],
  ['without its version', 'PG_VERSION is missing', (pg: string) => rmSync(join(pg, 'PG_VERSION'))],
])('a damaged directory is left untouched, and named: %s', async (_, reason, damage) => {
  const dataDir = createTestDataDir();
  damage(join(dataDir, 'pg'));
  const before = contentOf(dataDir);
  // Twice: the remains of the first try do not hold it.
  for (let attempt = 0; attempt < 2; attempt++) {
    await expect(openDir(dataDir)).rejects.toMatchObject({
      code: 'database_unusable',
      message: expect.stringContaining(reason),
      details: { trouble: 'damaged' },
    });
  }
  expect(contentOf(dataDir)).toEqual(before);
});

test('a first start that was interrupted is begun again', async () => {
  const dataDir = createTestDataDir();
  rmSync(join(dataDir, 'pg', 'base'), { recursive: true });
  writeFileSync(join(dataDir, 'pg.unfinished'), '');
  const db = await openDir(dataDir);
  expect((await db.query(countRejects)).rows).toEqual([{ n: 0 }]);
  expect(existsSync(join(dataDir, 'pg.unfinished'))).toBe(false);
});

test('a database that is newer than the program is refused, and let go of', async () => {
  const dataDir = createTestDataDir();
  const db = await openDir(dataDir);
  await db.executeScript(
    'from_the_future',
    "INSERT INTO schema_migrations VALUES (9000, '9000_flying_cars.sql', 'x')",
  );
  await db.close();
  for (let attempt = 0; attempt < 2; attempt++) {
    await expect(openDir(dataDir)).rejects.toMatchObject({
      code: 'schema_mismatch',
      details: { trouble: 'schema_newer' },
    });
  }
});

test('a schema that this program cannot bring up to date can be opened as it is, and started afresh', async () => {
  const target: DatabaseTarget = { kind: 'server', url: await createTestDatabase() };
  const newer = await open(target);
  await newer.query({
    name: 'from_the_future',
    deadline: 'write',
    text: "INSERT INTO schema_migrations (version, name, sha256) VALUES (9999, '9999_later.sql', '')",
  });
  await newer.close();
  await expect(openDatabase(target, options)).rejects.toMatchObject({ code: 'schema_mismatch' });

  const asItIs = await openDatabase(target, { ...options, migrated: false });
  onTestFinished(() => asItIs.abandon());
  expect(await recreateSchema(asItIs)).toBe(landedMigrations.length);
  await asItIs.close();
  expect((await open(target)).schemaVersion).toBe(landedMigrations.length);
});
