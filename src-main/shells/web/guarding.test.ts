import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { MAX_CLIENT_MESSAGE_BYTES } from '../../../src-shared/wire';
import { createVirtualClock } from '../../time/testing/virtual-clock';
import { TOKEN_GOOD_MS } from './guard';
import { ask, openSession, openSocket } from './testing/browse';
import { KEY, useWebServer } from './testing/serve';

describe('the web shell', () => {
  const clock = createVirtualClock();
  const open = useWebServer(() => ({}), clock);

  describe('lets in', () => {
    it('whoever has a token, once, and takes the token out of the address', async () => {
      const { server } = open();
      const address = server.issueLink().address;
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
      const { origin, server } = open();
      const address = server.issueLink().address;
      const own = await openSession(address);
      expect((await ask(origin, { headers: { cookie: own } })).status).toBe(200);
      expect(await ask(address, { headers: { cookie: own } })).toMatchObject({ status: 303 });
    });

    it('with an address only for ten minutes', async () => {
      const { server } = open();
      const [early, late] = [server.issueLink().address, server.issueLink().address];
      await clock.waitUntil(clock.now() + TOKEN_GOOD_MS - 1);
      expect(await ask(early)).toMatchObject({ status: 303 });
      await clock.waitUntil(clock.now() + 1);
      expect(await ask(late)).toMatchObject({ status: 403 });
      expect(TOKEN_GOOD_MS).toBe(600_000);
    });

    it('a browser that comes from the redirecting file, and gives it its cookie by a page of our own', async () => {
      const { server } = open();
      const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
      const answer = await ask(server.issueLink().address, { headers });
      expect(answer.status).toBe(200);
      expect(answer.headers['set-cookie']).toHaveLength(1);
      expect(answer.body).toContain('content="0;url=/"');
      // Without a token no link from elsewhere works, nor does a script's request with one.
      const other = server.issueLink().address;
      expect(await ask(new URL(other).origin, { headers })).toMatchObject({ status: 403 });
      const fetched = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' };
      expect(await ask(other, { headers: fetched })).toMatchObject({ status: 403 });
      expect(await ask(other)).toMatchObject({ status: 303 });
    });

    it('nobody by HEAD, which leaves the address good', async () => {
      const { server } = open();
      const { address } = server.issueLink();
      const looked = await ask(address, { method: 'HEAD' });
      expect(looked).toMatchObject({ status: 303, body: '' });
      expect(looked.headers['set-cookie']).toBeUndefined();
      expect(await ask(address)).toMatchObject({ status: 303 });
      expect(await ask(address, { method: 'HEAD' })).toMatchObject({ status: 403 });
    });

    it('a command that has the key of this process, and no page that has not', async () => {
      const { origin, cookie } = open();
      const control = (headers: Record<string, string>, body = '{"ask":"link"}') =>
        ask(
          `${origin}/control`,
          { method: 'POST', headers: { 'content-type': 'application/json', ...headers } },
          body,
        );
      const key = { authorization: `Bearer ${KEY}` };
      expect(await control(key)).toMatchObject({
        status: 200,
        body: expect.stringContaining('asked to link'),
      });
      expect(await control(key, '{"ask":"stop"}')).toMatchObject({ status: 400 });
      for (const headers of [
        {},
        { cookie, origin },
        { cookie, origin, authorization: 'Bearer guessed' },
        { ...key, origin: 'http://evil.example' },
        { ...key, host: 'evil.example' },
        { ...key, 'sec-fetch-site': 'cross-site' },
      ]) {
        expect(await control(headers)).toMatchObject({ status: 403 });
      }
    });

    it('tokens of 256 bits', () => {
      const { server } = open();
      const token = new URL(server.issueLink().address).searchParams.get('token') ?? '';
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
      const { page } = open();
      const answer = await page('/', headers);
      expect(answer.status).toBe(403);
      expect(answer.body).not.toContain('<style');
    });

    it('a used address with a page that says what to do, in a browser', async () => {
      const { server } = open();
      const { address } = server.issueLink();
      await ask(address);
      const headers = { accept: 'text/html,application/xhtml+xml' };
      const page = await ask(address, { headers });
      expect(page).toMatchObject({ status: 403, headers: { 'content-type': 'text/html; charset=utf-8' } });
      expect(page.body).toContain('This link is no longer valid');
      expect(page.body).toContain('<code>ingot link</code>');
      const nonce = /<style nonce="([^"]+)">/.exec(page.body)?.[1];
      expect(page.headers['content-security-policy']).toContain(`style-src 'nonce-${nonce}'`);
      const plain = await ask(address);
      expect(plain.headers['content-type']).toContain('text/plain');
      expect(plain.body).toContain('ingot link');
    });

    it('a guessed token', async () => {
      const { origin } = open();
      const answer = await ask(`${origin}/?token=${'A'.repeat(43)}`);
      expect(answer).toMatchObject({ status: 403 });
      expect(answer.headers['set-cookie']).toBeUndefined();
    });

    it('a token with the wrong host, which then still works', async () => {
      const { server } = open();
      const address = server.issueLink().address;
      expect(await ask(address, { headers: { host: 'evil.example' } })).toMatchObject({ status: 403 });
      expect(await ask(address)).toMatchObject({ status: 303 });
    });

    it.each<[string, Record<string, string>]>([
      ['without a cookie', { cookie: '' }],
      ['from another origin', { origin: 'http://evil.example' }],
      ['without an origin', { origin: '' }],
      ['with another host', { host: 'evil.example' }],
    ])('an upload %s', async (_, headers) => {
      const { upload } = open();
      expect((await upload([], headers)).status).toBe(403);
    });

    it.each<[string, (own: Record<'cookie' | 'origin', string>) => Record<string, string>]>([
      ['without a cookie', ({ origin }) => ({ origin })],
      ['from another origin', ({ cookie }) => ({ cookie, origin: 'http://evil.example' })],
      ['without an origin', ({ cookie }) => ({ cookie })],
      ['with another host', (own) => ({ ...own, host: 'evil.example' })],
    ])('a socket %s', async (_, headersOf) => {
      const { origin, cookie } = open();
      await expect(openSocket(origin, headersOf({ cookie, origin }))).rejects.toThrow('403');
    });

    it('a socket anywhere but in its place', async () => {
      const { origin, cookie } = open();
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
      const { origin, cookie } = open();
      const { hostname, port } = new URL(origin);
      // A raw request: an address would be normalized first.
      const answer = await ask(origin, { hostname, port, path, headers: { cookie } });
      expect([400, 404]).toContain(answer.status);
      expect(answer.body).not.toContain('root:');
    });

    it.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE'])('the method %s', async (method) => {
      const { origin, cookie } = open();
      const answer = await ask(`${origin}/`, { method, headers: { cookie, origin } });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    });

    it('a message that is too large, and the socket with it', async () => {
      const { socket, closed } = await open().socket();
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
      const { socket, closed } = await open().socket();
      socket.send(text);
      expect(await closed).toBe(1008);
    });

    it('bytes where text is meant', async () => {
      const { socket, closed } = await open().socket();
      socket.send(Buffer.from('{"type":"subscribe","afterSeq":null}'), { binary: true });
      expect(await closed).toBe(1008);
    });

    it('an unknown method, and goes on', async () => {
      const { client, socket } = await open().socket();
      await expect(client.callAnything('process.exit', {})).rejects.toMatchObject({ code: 'invalid_input' });
      expect(await client.call('app.info', {})).toMatchObject({ name: 'Ingot' });
      socket.close();
    });

    it('a path outside of the allowed directories', async () => {
      const { test } = open();
      const { client, socket } = await open().socket();
      const path = join(test.forbidden, 'a.json');
      await writeFile(path, '[]');
      await expect(
        client.call('run.start', { source: { kind: 'path', path }, settings: {} }),
      ).rejects.toMatchObject({ code: 'forbidden' });
      socket.close();
    });
  });
});
