import { randomBytes } from 'node:crypto';
import { expect, inject, onTestFinished, test } from 'vitest';
import { migrate } from '../storage/migrate';
import { openDatabase } from '../storage/open-database';
import type { AbandonableDatabase } from './abandonable';
import { openPostgres } from './postgres';
import { refusalOf } from './server-requirements';
import { createTestDatabase } from './testing/each-database';
import { failureOf } from './testing/expect-failure';
import { startTestPostgres } from './testing/test-postgres';

async function open(url: string): Promise<AbandonableDatabase> {
  const db = await openPostgres({ url, maxConnections: 2 });
  onTestFinished(() => db.abandon());
  return db;
}

/** A new database, the setup that its superuser runs, and the address of a user without rights of its own. */
async function prepare(sql: (user: string, database: string) => string) {
  const url = new URL(await createTestDatabase());
  const user = `user_${randomBytes(8).toString('hex')}`;
  const admin = await open(url.href);
  await admin.executeScript('make_user', `CREATE ROLE ${user} LOGIN PASSWORD 'pw'`);
  onTestFinished(() => admin.executeScript('drop_user', `DROP OWNED BY ${user}; DROP ROLE ${user}`));
  await admin.executeScript('prepare', sql(user, url.pathname.slice(1)));
  const own = new URL(url);
  own.username = user;
  own.password = 'pw';
  return { admin, user, database: url.pathname.slice(1), url: own.href };
}

const opened = (url: string, { readOnly } = { readOnly: false }) =>
  openDatabase({ kind: 'server', url, readOnly }, { program: 'test', nowMs: 0, migrated: !readOnly });

test('a user who may not make the schema is told which right is missing, and how to get it', async () => {
  const { url, user, database } = await prepare(() => 'SELECT 1');
  expect(await failureOf(opened(url))).toMatchObject({
    code: 'database_unusable',
    message: expect.stringMatching(
      new RegExp(`^The user "${user}" lacks rights in .*: CREATE on the database\\.$`),
    ),
    details: { hint: expect.stringContaining(`GRANT CREATE ON DATABASE "${database}" TO "${user}"`) },
  });
});

test('each way that the refusal names helps', async () => {
  const granted = await prepare((user, database) => `GRANT CREATE ON DATABASE ${database} TO ${user}`);
  const made = await prepare((user) => `CREATE SCHEMA ingot AUTHORIZATION ${user}`);
  for (const { url } of [granted, made]) {
    const db = await opened(url);
    expect(db.schemaVersion).toBeGreaterThan(0);
    await db.close();
  }
});

test("rights on another user's schema are looked at one by one", async () => {
  const { url, admin, user } = await prepare(() => 'SELECT 1');
  await migrate(admin);
  const missing = async () => (await failureOf(opened(url))).message.replace(/^.*: /, '');
  expect(await missing()).toBe(
    'USAGE on the schema "ingot", SELECT, INSERT, UPDATE, DELETE on the tables of the schema "ingot".',
  );
  await admin.executeScript('grant', `GRANT ALL ON SCHEMA ingot TO ${user}`);
  expect(await missing()).toBe('SELECT, INSERT, UPDATE, DELETE on the tables of the schema "ingot".');
  await admin.executeScript('grant', `GRANT SELECT ON ALL TABLES IN SCHEMA ingot TO ${user}`);
  expect(await missing()).toBe('SELECT, INSERT, UPDATE, DELETE on the tables of the schema "ingot".');
  // Reading needs no right to write.
  await (await opened(url, { readOnly: true })).close();
  await admin.executeScript('grant', `GRANT ALL ON ALL TABLES IN SCHEMA ingot TO ${user}`);
  await (await opened(url)).close();
});

test('a database that is set to read only is refused where it is to be written to', async () => {
  const { url, database } = await prepare(
    (user, name) =>
      `GRANT CREATE ON DATABASE ${name} TO ${user}; ALTER DATABASE ${name} SET default_transaction_read_only = on`,
  );
  expect(await failureOf(opened(url))).toMatchObject({
    code: 'database_unusable',
    message: expect.stringContaining('is set to read only'),
    details: {
      hint: expect.stringContaining(`ALTER DATABASE "${database}" SET default_transaction_read_only = off`),
    },
  });
  await (await opened(url, { readOnly: true })).close();
});

test('a standby is refused where it is to be written to, and of several hosts the primary is taken', async () => {
  const standby = await startTestPostgres('standby');
  onTestFinished(() => standby.stop());
  expect(await failureOf(opened(standby.url))).toMatchObject({
    code: 'database_unusable',
    message: expect.stringContaining('is a standby: it takes no writes'),
  });
  const reading = await openPostgres({ url: standby.url, readOnly: true });
  expect(reading.location).toContain('127.0.0.1');
  await reading.close();

  const primary = inject('testPostgres');
  if ('failure' in primary) throw new Error(primary.failure);
  // The same password, as for a primary and its standby.
  const { password, host } = new URL(standby.url);
  const database = new URL(await createTestDatabase());
  const admin = await open(primary.url);
  const user = `both_${randomBytes(4).toString('hex')}`;
  await admin.executeScript('role', `CREATE ROLE ${user} SUPERUSER LOGIN PASSWORD '${password}'`);
  onTestFinished(() => admin.executeScript('drop', `DROP ROLE ${user}`));
  const one = await failureOf(
    openPostgres({ url: `postgres://postgres:${password}@${host},${host}/postgres` }),
  );
  expect(one.message.match(/is a standby/g)).toHaveLength(2);
  expect(one.message).not.toContain(password);
  // The first host does not exist.
  const db = await open(`postgres://${user}:${password}@127.0.0.1:1,${database.host}${database.pathname}`);
  expect(db.location).toBe(`postgres://${user}@${database.host}${database.pathname}`);
});

test('an old server is refused with its version, and the oldest that serves is not', () => {
  const facts = {
    database: 'db',
    user: 'me',
    encoding: 'UTF8',
    version: '14.22 (Debian)',
    majorVersion: 14,
    isStandby: false,
    isReadOnly: false,
    hasSchema: true,
    missingRights: null,
  };
  expect(refusalOf(facts, 'postgres://h/db', false)).toMatchObject({
    code: 'database_unusable',
    message: 'The database server postgres://h/db is Postgres 14.22 (Debian); Ingot needs 15 or newer.',
  });
  expect(refusalOf({ ...facts, majorVersion: 15 }, 'postgres://h/db', true)).toBeNull();
});

test('a write that the server refuses later says why and what to do', async () => {
  const db = await open(await createTestDatabase());
  await migrate(db);
  const [{ command } = { command: '' }] = (
    await db.query<{ command: string }>({
      name: 'name',
      deadline: 'read',
      text: `SELECT format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()) AS command`,
    })
  ).rows;
  await db.executeScript('become_read_only', command);
  const later = await openPostgres({ url: await sameDatabase(db), readOnly: true });
  onTestFinished(() => later.abandon());
  expect(await failureOf(later.executeScript('write', 'DELETE FROM accounts'))).toMatchObject({
    code: 'database_error',
    details: { sqlstate: '25006', hint: expect.stringContaining('takes no writes') },
  });
});

async function sameDatabase(db: AbandonableDatabase): Promise<string> {
  const server = inject('testPostgres');
  if ('failure' in server) throw new Error(server.failure);
  const url = new URL(server.url);
  url.pathname = new URL(db.location).pathname;
  return url.href;
}
