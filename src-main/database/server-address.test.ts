import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Statement } from './database';
import { openPostgres } from './postgres';
import { connectionError, parseServerUrl } from './server-address';
import { createTestDatabase, createTestFolder } from './testing/each-database';
import { failureOf } from './testing/expect-failure';
import { CERTIFICATE } from './testing/tls-certificate';
import { openTlsFront } from './testing/tls-front';

const warnings: Error[] = [];
const note = (warning: Error) => warnings.push(warning);
beforeAll(() => void process.on('warning', note));
afterAll(() => void process.off('warning', note));

let server: URL;
let sockets = '';
beforeAll(async () => {
  server = new URL(await createTestDatabase());
  const db = await openPostgres({ url: server.href });
  const { rows } = await db.query<{ folder: string }>({
    name: 'folder',
    deadline: 'read',
    text: `SELECT current_setting('unix_socket_directories') AS folder`,
  });
  sockets = rows[0]?.folder ?? '';
  await db.close();
});

const connectionOf: Statement = {
  name: 'connection',
  deadline: 'read',
  text: 'SELECT current_database() AS database, inet_server_port() AS port',
};

/** Where an address leads: the port is null for a socket. */
async function reach(url: string) {
  const db = await openPostgres({ url, maxConnections: 1 });
  onTestFinished(() => db.abandon());
  const { rows } = await db.query<{ database: string; port: number | null }>(connectionOf);
  return { ...rows[0], location: db.location };
}

const closedPort = async () => {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
};

test.skipIf(process.platform === 'win32')('each way to write a socket leads to it', async () => {
  const { password, port } = server;
  const database = server.pathname.slice(1);
  const encoded = encodeURIComponent(sockets);
  const location = `postgres://postgres@${encoded}:${port}/${database}`;
  for (const url of [
    `postgres://postgres:${password}@/${database}?host=${sockets}&port=${port}`,
    `postgres:///${database}?host=${encoded}&port=${port}&user=postgres&password=${password}`,
    `postgres://postgres:${password}@${encoded}:${port}/${database}`,
    `postgres://postgres:${password}@elsewhere.invalid/${database}?host=${sockets}&port=${port}`,
    `postgres://?host=${sockets}&port=${port}&user=postgres&password=${password}&dbname=${database}`,
    `postgres://postgres:${password}@/${database}?host=${sockets}&port=${port}&sslmode=require`,
  ]) {
    expect(await reach(url)).toEqual({ database, port: null, location });
  }
});

test.skipIf(process.platform === 'win32')('a socket that is not there is said to be so', async () => {
  const url = `postgres://me@/db?host=${sockets}&port=1`;
  expect((await failureOf(openPostgres({ url }))).message).toMatch(/: there is no such socket\.$/);
});

test('of several hosts the first that answers is used, and the location names it', async () => {
  const { password, port } = server;
  const database = server.pathname.slice(1);
  const dead = await closedPort();
  const location = `postgres://postgres@127.0.0.1:${port}/${database}`;
  for (const url of [
    `postgres://postgres:${password}@127.0.0.1:${dead},127.0.0.1:${port}/${database}`,
    `postgres://postgres:${password}@/${database}?host=127.0.0.1,127.0.0.1&port=${dead},${port}`,
  ]) {
    expect(await reach(url)).toEqual({ database, port: Number(port), location });
  }
});

test('several hosts that all fail are each named, and a refused password ends the search', async () => {
  const dead = [await closedPort(), await closedPort()];
  const both = await failureOf(
    openPostgres({ url: `postgres://me:hunter2@127.0.0.1:${dead[0]},127.0.0.1:${dead[1]}/db` }),
  );
  for (const port of dead) expect(both.message).toContain(`127.0.0.1:${port}/db cannot be used`);
  expect(both.message).not.toContain('hunter2');
  const wrong = await failureOf(
    openPostgres({ url: `postgres://postgres:hunter2@${server.host},127.0.0.1:${dead[0]}/postgres` }),
  );
  expect(wrong).toMatchObject({ details: { sqlstate: '28P01' } });
  expect(wrong.message).not.toContain(String(dead[0]));
});

test('parts of an address keep what is special in them', () => {
  const [one] = parseServerUrl(
    'postgres://a%40b:p%2F%3Aw%25@[::1]:6543/my%20db?application_name=x%26y',
    '-c a=b',
  );
  expect(one?.location).toBe('postgres://a%40b@[::1]:6543/my%20db');
  const url = new URL(one?.connectionStrings[0] ?? '');
  expect(Object.fromEntries(url.searchParams)).toMatchObject({
    user: 'a@b',
    password: 'p/:w%',
    application_name: 'x&y',
    options: '-c a=b',
  });
});

test.each([
  ['host=/run dbname=db user=me password=hunter2', 'cannot be read'],
  ['postgres://me:hunter2@h:port/db', 'cannot be read'],
  ['postgres://me:hunter2@h/db?hostaddr=10.0.0.1', 'does not know the parameter hostaddr'],
  ['postgres://me:hunter2@h/db?service=prod', 'does not know the parameter service'],
  ['postgres://me:hunter2@h/db?sslmode=none', 'sslmode is one of disable, allow, prefer, require'],
])('what is no address says what one looks like: %s', async (url, message) => {
  const error = await failureOf(openPostgres({ url }));
  expect(error).toMatchObject({
    code: 'invalid_input',
    message: expect.stringContaining(message),
    details: { hint: expect.stringMatching(/host:5432.*\?host=\/var\/run.*one:5432,two:5432/s) },
  });
  expect(JSON.stringify([error.message, error.details])).not.toContain('hunter2');
});

test.each([
  ['28000', 'no pg_hba.conf entry for host "10.0.0.9", user "me", database "db", no encryption', /TLS only/],
  ['28000', 'no pg_hba.conf entry for host "10.0.0.9", user "me", database "db", SSL encryption', /pg_hba/],
  ['28000', 'role "me" is not permitted to log in', /does not accept the user/],
])('a refusal by pg_hba.conf is not blamed on the password: %s, %s', (code, message, words) => {
  expect(connectionError('postgres://h/db', { code, message }).message).toMatch(words);
});

test('TLS is used where the server has it, and verified where the address says so', async () => {
  const front = await openTlsFront(Number(server.port));
  onTestFinished(() => front.close());
  const authority = join(createTestFolder(), 'authority.pem');
  writeFileSync(authority, CERTIFICATE);
  const use = (parameters: Readonly<Record<string, string>>) => {
    const url = new URL(server);
    url.port = String(front.port);
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return url.href;
  };
  for (const parameters of [
    {},
    { sslmode: 'prefer' },
    { sslmode: 'allow' },
    { sslmode: 'no-verify' },
    { sslmode: 'require', sslrootcert: authority },
    { sslmode: 'verify-full', sslrootcert: authority },
    { sslrootcert: authority },
  ]) {
    await reach(use(parameters));
  }
  expect(front.asked).toEqual({ tls: 7, plain: 0 });
  await reach(use({ sslmode: 'disable' }));
  expect(front.asked).toEqual({ tls: 7, plain: 1 });
  for (const sslmode of ['require', 'verify-ca', 'verify-full']) {
    expect(await failureOf(openPostgres({ url: use({ sslmode }) }))).toMatchObject({
      message: expect.stringContaining('its certificate cannot be verified'),
      details: { hint: expect.stringMatching(/sslrootcert=FILE.*sslmode=no-verify/) },
    });
  }
  expect(front.asked.plain).toBe(1);
});

test('where the server has no TLS, what is verified is refused, and what only prefers it falls back', async () => {
  const use = (sslmode: string) => `${server.href}?sslmode=${sslmode}`;
  for (const sslmode of ['prefer', 'allow', 'disable']) await reach(use(sslmode));
  for (const sslmode of ['require', 'verify-ca', 'verify-full', 'no-verify']) {
    expect(await failureOf(openPostgres({ url: use(sslmode) }))).toMatchObject({
      message: expect.stringContaining('it has no TLS (SSL)'),
      details: { hint: expect.stringContaining('sslmode=prefer') },
    });
  }
});

test('a certificate file that is not there is named', async () => {
  const url = `${server.href}?sslrootcert=/nowhere/authority.pem`;
  expect((await failureOf(openPostgres({ url }))).message).toContain('/nowhere/authority.pem');
});

test('the driver never warns on standard error of how an address is read', () => {
  expect(warnings).toEqual([]);
});
