import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { NO_COUNTS } from '../../../src-shared/events';
import { MAX_CLIENT_MESSAGE_BYTES } from '../../../src-shared/wire';
import { openTestHost, type TestHost } from '../../host/testing/open-test-host';
import { recordingLogger } from '../../host/testing/recording-logger';
import { startWebServer, type WebServer } from './server';
import { ask, openSession, openSocket } from './testing/browse';

describe('the web shell', () => {
  let test: TestHost;
  let server: WebServer;
  let origin: string;
  let cookie: string;
  let windowDirectory: string;

  beforeAll(async () => {
    windowDirectory = await mkdtemp(join(tmpdir(), 'ingot-window-'));
    await mkdir(join(windowDirectory, 'assets'));
    await writeFile(join(windowDirectory, 'index.html'), '<style nonce="__CSP_NONCE__"></style>');
    await writeFile(join(windowDirectory, 'assets/index-abc.js'), 'export {};');
    await writeFile(join(windowDirectory, 'assets/index-abc.js.map'), '{}');
    await symlink('/etc/passwd', join(windowDirectory, 'assets/passwd.txt'));
    test = await openTestHost();
    server = await startWebServer({
      host: test.host,
      logger: recordingLogger().logger,
      port: 0,
      windowDirectory,
    });
    origin = `http://127.0.0.1:${server.port}`;
    cookie = await openSession(server.issueAddress());
  });
  afterAll(async () => {
    await server.close();
    await test.close();
    await rm(windowDirectory, { recursive: true });
  });

  const page = (path: string, headers: Record<string, string> = {}) =>
    ask(`${origin}${path}`, { headers: { cookie, ...headers } });
  const upload = (records: readonly object[], headers: Record<string, string> = {}) => {
    const boundary = 'xxBOUNDARYxx';
    const body = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="up.json"\r\nContent-Type: application/json\r\n\r\n${JSON.stringify(records)}\r\n--${boundary}--\r\n`;
    return ask(
      `${origin}/upload`,
      {
        method: 'POST',
        headers: { cookie, origin, 'content-type': `multipart/form-data; boundary=${boundary}`, ...headers },
      },
      body,
    );
  };

  describe('lets in', () => {
    it('whoever has a token, once, and takes the token out of the address', async () => {
      const address = server.issueAddress();
      const first = await ask(address);
      expect(first).toMatchObject({ status: 303, headers: { location: '/' } });
      expect(first.headers['set-cookie']?.[0]).toMatch(
        /^ingot_\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
      );
      const second = await ask(address);
      expect(second.status).toBe(403);
      expect(second.headers['set-cookie']).toBeUndefined();
    });

    it('whoever has the cookie, also with the used address', async () => {
      const address = server.issueAddress();
      const own = await openSession(address);
      expect((await ask(origin, { headers: { cookie: own } })).status).toBe(200);
      expect(await ask(address, { headers: { cookie: own } })).toMatchObject({ status: 303 });
    });

    it('tokens of 256 bits', () => {
      const token = new URL(server.issueAddress()).searchParams.get('token') ?? '';
      expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    });
  });

  describe('refuses', () => {
    it.each<[string, Record<string, string>]>([
      ['no cookie', { cookie: '' }],
      ['a cookie that it did not give', { cookie: 'ingot_1=abc' }],
      ['another host', { host: 'evil.example' }],
      ['another name for this machine', { host: 'localhost:80' }],
      ['another port', { host: '127.0.0.1:1' }],
      ['another origin', { origin: 'http://evil.example' }],
      ['an origin of its own by another name', { origin: 'http://localhost' }],
      ['no origin worth the name', { origin: 'null' }],
      ['a page of another site', { 'sec-fetch-site': 'cross-site' }],
    ])('a page with %s', async (_, headers) => {
      const answer = await page('/', headers);
      expect(answer.status).toBe(403);
      expect(answer.body).not.toContain('<style');
    });

    it('a guessed token', async () => {
      const answer = await ask(`${origin}/?token=${'A'.repeat(43)}`);
      expect(answer).toMatchObject({ status: 403 });
      expect(answer.headers['set-cookie']).toBeUndefined();
    });

    it('a token with the wrong host, which then still works', async () => {
      const address = server.issueAddress();
      expect(await ask(address, { headers: { host: 'evil.example' } })).toMatchObject({ status: 403 });
      expect(await ask(address)).toMatchObject({ status: 303 });
    });

    it.each<[string, Record<string, string>]>([
      ['without a cookie', { cookie: '' }],
      ['from another origin', { origin: 'http://evil.example' }],
      ['without an origin', { origin: '' }],
      ['with another host', { host: 'evil.example' }],
    ])('an upload %s', async (_, headers) => {
      expect((await upload([], headers)).status).toBe(403);
    });

    it.each<[string, () => Record<string, string>]>([
      ['without a cookie', () => ({ origin })],
      ['from another origin', () => ({ cookie, origin: 'http://evil.example' })],
      ['without an origin', () => ({ cookie })],
      ['with another host', () => ({ cookie, origin, host: 'evil.example' })],
    ])('a socket %s', async (_, headers) => {
      await expect(openSocket(origin, headers())).rejects.toThrow('403');
    });

    it('a socket anywhere but in its place', async () => {
      const socket = new WebSocket(`${origin.replace('http', 'ws')}/elsewhere`, {
        headers: { cookie, origin },
      });
      const failed = await new Promise<Error>((resolve) => socket.once('error', resolve));
      expect(failed.message).toContain('404');
    });

    it.each([
      '/../package.json',
      '/..%2f..%2fpackage.json',
      '/assets/../../package.json',
      '/%2e%2e/%2e%2e/etc/passwd',
      '/assets/passwd.txt',
      '/assets/index-abc.js.map',
      '//etc/passwd',
      '/index.html%00.js',
      '/backups/..%2f..%2fetc%2fpasswd',
    ])('the path %s', async (path) => {
      const { hostname, port } = new URL(origin);
      // By hand: an address would be straightened before it is sent.
      const answer = await ask(origin, { hostname, port, path, headers: { cookie } });
      expect([400, 404]).toContain(answer.status);
      expect(answer.body).not.toContain('root:');
    });

    it.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE'])('the method %s', async (method) => {
      const answer = await ask(`${origin}/`, { method, headers: { cookie, origin } });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    });

    it('a message that is too large, and the socket with it', async () => {
      const { socket, closed } = await openSocket(origin, { cookie, origin });
      socket.send(
        JSON.stringify({ type: 'call', callId: 1, method: 'x'.repeat(MAX_CLIENT_MESSAGE_BYTES), params: {} }),
      );
      expect(await closed).toBe(1009);
    });

    it.each([
      ['that is no JSON', '{'],
      ['that is not of the protocol', '{"type":"eval","code":"1"}'],
      ['that says too much', '{"type":"subscribe","afterSeq":null,"as":"root"}'],
    ])('a message %s, and the socket with it', async (_, text) => {
      const { socket, closed } = await openSocket(origin, { cookie, origin });
      socket.send(text);
      expect(await closed).toBe(1008);
    });

    it('bytes where text is meant', async () => {
      const { socket, closed } = await openSocket(origin, { cookie, origin });
      socket.send(Buffer.from('{"type":"subscribe","afterSeq":null}'), { binary: true });
      expect(await closed).toBe(1008);
    });

    it('an unknown method, and goes on', async () => {
      const { client, socket } = await openSocket(origin, { cookie, origin });
      await expect(client.callAnything('process.exit', {})).rejects.toMatchObject({ code: 'invalid_input' });
      expect(await client.call('app.info', {})).toMatchObject({ name: 'Ingot' });
      socket.close();
    });

    it('a path outside of the allowed directories', async () => {
      const { client, socket } = await openSocket(origin, { cookie, origin });
      const path = join(test.forbidden, 'a.json');
      await writeFile(path, '[]');
      await expect(
        client.call('run.start', { source: { kind: 'path', path }, settings: {} }),
      ).rejects.toMatchObject({ code: 'forbidden' });
      socket.close();
    });
  });

  it('serves the window under a policy that lets nothing else in', async () => {
    const first = await page('/');
    expect(first.status).toBe(200);
    const policy = first.headers['content-security-policy'];
    const nonce = /<style nonce="([^"]+)">/.exec(first.body)?.[1];
    expect(policy).toContain(`style-src 'self' 'nonce-${nonce}'`);
    expect(policy).toContain("default-src 'none'; script-src 'self';");
    expect(policy).toContain(`connect-src 'self' ws://127.0.0.1:${server.port};`);
    expect(policy).not.toMatch(/unsafe|\*|https:/);
    expect(first.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'x-frame-options': 'DENY',
    });
    expect((await page('/')).body).not.toBe(first.body);
    expect(await page('/assets/index-abc.js')).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/javascript; charset=utf-8', 'x-content-type-options': 'nosniff' },
    });
  });

  it('takes a new build of the window when the page is loaded again', async () => {
    await writeFile(join(windowDirectory, 'assets/index-new.js'), 'export {};');
    await page('/');
    expect(await page('/assets/index-new.js')).toMatchObject({ status: 200 });
  });

  it('runs an upload, and its feed adds up to what the engine counted', async () => {
    const { client, socket } = await openSocket(origin, { cookie, origin });
    client.subscribe(null);
    const records = Array.from({ length: 2000 }, (_, n) => ({
      id: `a${n % 300}`,
      accountType: 'mint',
      tokens: n,
      callbackTimeMs: 0,
      data: {},
      version: n % 7 === 0 ? n : 2000 - n,
    }));
    const { uploadId } = JSON.parse((await upload(records)).body) as { uploadId: string };
    const skip = client.frames.length;
    await client.call('run.start', { source: { kind: 'upload', uploadId }, settings: { arrival: 'none' } });
    const last = await client.untilFrame(({ status }) => status?.state === 'completed', skip);
    const counts = last.status?.counts ?? NO_COUNTS;
    expect(counts.records).toBe(2000);
    expect(counts.indexed + counts.stale + counts.duplicate + counts.conflict).toBe(2000);
    const covered = client.frames.reduce(
      (sum, frame) => (frame.kind === 'events' ? sum + frame.events.length + frame.omitted : sum),
      0,
    );
    // Every record and callback once, and the run's beginning, draining, report, summary and end.
    expect(covered).toBe(2000 + counts.fired + counts.cancelled + 5);
    expect(last.stats).toMatchObject({ updates: 2000, pending: 0 });
    const { rows } = await client.call('database.info', {});
    expect(rows.accountUpdates).toBe(counts.indexed + counts.stale);
    socket.close();
  });

  it('loses nothing to a page that is loaded again in mid-run', async () => {
    const first = await openSocket(origin, { cookie, origin });
    first.client.subscribe(null);
    const records = Array.from({ length: 60 }, (_, n) => ({
      id: `reload${n}`,
      accountType: 'mint',
      tokens: n,
      callbackTimeMs: 1,
      data: {},
      version: 1,
    }));
    const { uploadId } = JSON.parse((await upload(records)).body) as { uploadId: string };
    await first.client.call('run.start', {
      source: { kind: 'upload', uploadId },
      settings: { arrival: 'sequential', delay: { fromMs: 5, toMs: 15 } },
    });
    await first.client.untilFrame(
      ({ status }) => (status?.counts.records ?? 0) >= 10 && status?.endedAtMs === null,
    );
    first.socket.close();
    await first.closed;
    const seen = first.client.frames.at(-1)?.lastSeq ?? 0;
    const second = await openSocket(origin, { cookie, origin });
    second.client.subscribe(seen);
    await second.client.untilFrame(({ status }) => status?.state === 'completed');
    const events = [...first.client.events(), ...second.client.events()];
    const numbers = events.map(({ seq }) => seq);
    expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index));
    expect(events.filter(({ event }) => event === 'indexed')).toHaveLength(60);
    second.socket.close();
  });

  it('gives a backup as a file to keep', async () => {
    const { client, socket } = await openSocket(origin, { cookie, origin });
    const { backupId, name } = await client.call('database.backup', {});
    const path = await test.host.backups.pathOf(backupId);
    const answer = await page(`/backups/${backupId}`);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-disposition']).toBe(`attachment; filename="${name}"`);
    expect(path.endsWith(name)).toBe(true);
    expect((await page('/backups/ingot-00000000T000000000Z-000000')).status).toBe(404);
    socket.close();
  });

  it('says in plain words that a port is taken', async () => {
    const options = { host: test.host, logger: recordingLogger().logger, windowDirectory };
    await expect(startWebServer({ ...options, port: server.port })).rejects.toMatchObject({
      code: 'invalid_input',
      message: `Port ${server.port} is taken.`,
    });
  });
});
