import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, inject, onTestFinished, test } from 'vitest';
import type { IngotError } from '../../src-shared/errors';
import type { Statement } from './database';
import { openPostgres } from './postgres';
import { createTestDatabase } from './testing/each-database';
import { failureOf } from './testing/expect-failure';

async function open(url: string, maxConnections?: number) {
  const db = await openPostgres({ url, ...(maxConnections ? { maxConnections } : {}) });
  onTestFinished(() => db.abandon());
  return db;
}

function serverUrl(change: (url: URL) => void): string {
  const server = inject('testPostgres');
  if ('failure' in server) throw new Error(server.failure);
  const url = new URL(server.url);
  change(url);
  return url.href;
}

const textOf = (error: IngotError) =>
  JSON.stringify([error.message, error.details, error.stack, String(error.cause)]);

/** A port without a listener. */
async function closedPort(): Promise<string> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return String(address.port);
}

const pid: Statement = { name: 'pid', deadline: 'read', text: 'SELECT pg_backend_pid() AS pid' };
const cutOff: Statement = {
  name: 'cut_off',
  deadline: 'read',
  text: 'SELECT pg_terminate_backend($1::int4)',
};

test('a server that is not there is said to be so, without the password', async () => {
  const port = await closedPort();
  const error = await failureOf(openPostgres({ url: `postgres://me:hunter2@127.0.0.1:${port}/data` }));
  expect(error).toMatchObject({
    code: 'database_unavailable',
    message: `The database server postgres://me@127.0.0.1:${port}/data cannot be used: nothing listens there.`,
  });
  expect(textOf(error)).not.toContain('hunter2');
});

test('a host that is not known is said to be so', async () => {
  const error = await failureOf(openPostgres({ url: 'postgres://me:hunter2@nowhere.invalid/data' }));
  expect(error).toMatchObject({
    code: 'database_unavailable',
    message: 'The database server postgres://me@nowhere.invalid/data cannot be used: its host is not known.',
  });
});

test('a wrong password is refused, and not repeated', async () => {
  const url = serverUrl((it) => {
    it.password = 'hunter2';
  });
  const error = await failureOf(openPostgres({ url }));
  expect(error).toMatchObject({
    code: 'database_unavailable',
    message: expect.stringContaining('does not accept the user or the password'),
    details: { sqlstate: '28P01' },
  });
  expect(textOf(error)).not.toContain('hunter2');
});

test('a database that the server does not have is said to be so', async () => {
  const url = serverUrl((it) => {
    it.pathname = '/not_there';
  });
  expect(await failureOf(openPostgres({ url }))).toMatchObject({
    code: 'database_unavailable',
    message: expect.stringContaining('has no database of that name'),
  });
});

test.each(['data', 'https://me:hunter2@example.org/', 'postgres://me:hunter2@[/'])(
  'an address that is none is refused, and not repeated: %s',
  async (url) => {
    const error = await failureOf(openPostgres({ url }));
    expect(error.code).toBe('invalid_input');
    expect(textOf(error)).not.toContain('hunter2');
  },
);

test.each([
  'postgres://ada:1234/hunter2@127.0.0.1/db',
  'postgres://ada:12#hunter2@h/db',
  'postgres://ada:12?hunter2@h/db',
  'postgres://ada:12?hunter2=x@h/db',
  'postgres://ada:/hunter2@h/db',
  'postgres://ada:12/x?hunter2@h/db',
  'postgres://ada:p@ss/hunter2@h/db',
])('a password that the address cannot hold as it stands is refused, and not repeated: %s', async (url) => {
  const error = await failureOf(openPostgres({ url }));
  expect(error).toMatchObject({
    code: 'invalid_input',
    message: 'The address of the database server cannot be read: an @ is in the wrong place.',
    details: { hint: expect.stringContaining('percent-encoded') },
  });
  expect(textOf(error)).not.toContain('hunter2');
});

test('an @ in the user name and in a parameter is no fault', async () => {
  const port = await closedPort();
  const url = `postgres://me@corp:hunter2@127.0.0.1:${port}/data?application_name=a@b`;
  expect(await failureOf(openPostgres({ url }))).toMatchObject({
    message: `The database server postgres://me%40corp@127.0.0.1:${port}/data cannot be used: nothing listens there.`,
  });
});

test('settings in the address are kept beside those of the program', async () => {
  const url = new URL(await createTestDatabase());
  url.searchParams.set('options', '-c statement_timeout=12345 -c TimeZone=Asia/Tokyo');
  url.searchParams.set('application_name', 'mine');
  const db = await open(url.href);
  const { rows } = await db.query({
    name: 'settings',
    deadline: 'read',
    text: `
      SELECT current_setting('statement_timeout') AS timeout, current_setting('TimeZone') AS zone,
        current_setting('plan_cache_mode') AS plans, current_setting('application_name') AS name`,
  });
  expect(rows).toEqual([{ timeout: '12345ms', zone: 'UTC', plans: 'force_custom_plan', name: 'mine' }]);
});

test('an idle connection that the server cuts is replaced', async () => {
  const url = await createTestDatabase();
  const [db, other] = [await open(url, 1), await open(url, 1)];
  const { rows } = await db.query<{ pid: number }>(pid);
  await other.query(cutOff, [rows[0]?.pid ?? null]);
  // Whether or not the pool has noticed: at most one statement meets the dead connection.
  await db
    .query(pid)
    .catch((error: unknown) => expect(error).toMatchObject({ code: 'database_unavailable' }));
  expect((await db.query({ name: 'one', deadline: 'write', text: 'SELECT 1 AS one' })).rows).toEqual([
    { one: 1 },
  ]);
});

test('a transaction whose connection is cut rejects, and the next one works', async () => {
  const url = await createTestDatabase();
  const [db, other] = [await open(url, 1), await open(url, 1)];
  const error = await failureOf(
    db.transaction(async (tx) => {
      const { rows } = await tx.query<{ pid: number }>(pid);
      await other.query(cutOff, [rows[0]?.pid ?? null]);
      await tx.query(pid);
    }),
  );
  expect(error).toMatchObject({ code: 'database_unavailable' });
  expect(await db.transaction(async () => 'works')).toBe('works');
});

test('a stray % in the password is named, and the password is not', async () => {
  const error = await failureOf(openPostgres({ url: 'postgres://me:hunter2%@127.0.0.1:5432/db' }));
  expect(error).toMatchObject({
    code: 'invalid_input',
    details: { hint: expect.stringContaining('percent-encoded') },
  });
  expect(textOf(error)).not.toMatch(/hunter2|TimeZone/);
});

test.each(['prefer', 'allow'])('sslmode=%s falls back on a server without TLS', async (sslmode) => {
  const url = new URL(await createTestDatabase());
  url.searchParams.set('sslmode', sslmode);
  expect((await (await open(url.href)).query(pid)).rows).toHaveLength(1);
});

test.each(['require', 'verify-ca', 'verify-full'])('sslmode=%s does not', async (sslmode) => {
  const url = serverUrl((it) => it.searchParams.set('sslmode', sslmode));
  expect(await failureOf(openPostgres({ url }))).toMatchObject({ message: expect.stringContaining('SSL') });
});

test('a database of another encoding than UTF8 is refused when it is opened', async () => {
  const admin = await open(
    serverUrl(() => {}),
    1,
  );
  const name = `latin1_${process.pid}`;
  await admin.executeScript(
    'make',
    `CREATE DATABASE ${name} ENCODING 'LATIN1' TEMPLATE template0 LOCALE_PROVIDER libc LOCALE 'C'`,
  );
  const url = serverUrl((it) => {
    it.pathname = `/${name}`;
  });
  expect(await failureOf(openPostgres({ url }))).toMatchObject({
    code: 'database_unusable',
    message: expect.stringContaining('is LATIN1; Ingot needs UTF8'),
  });
});
