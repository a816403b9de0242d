import { describe, expect, it } from 'vitest';
import { exposedValue, readExposition } from '../../observability/testing/read-exposition';
import { ask } from './testing/browse';
import { useWebServer } from './testing/serve';

describe('the web shell', () => {
  const open = useWebServer();
  const paths = ['/metrics', '/healthz', '/readyz'];

  it('tells a scraper without a session its metrics, in the format of Prometheus', async () => {
    const answer = await ask(`${open().origin}/metrics`);
    expect(answer).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
    });
    expect(exposedValue(answer.body, 'ingot_database_up')).toBe(1);
    expect(exposedValue(answer.body, 'ingot_build_info', { shell: 'web' })).toBe(1);
    expect(readExposition(answer.body).length).toBeGreaterThan(100);
  });

  it('counts in its metrics what a run did', async () => {
    const { upload, socket, origin } = open();
    const { uploadId } = JSON.parse(
      (await upload([{ id: 'a', accountType: 'mint', tokens: 1, version: 1, callbackTimeMs: 0, data: {} }]))
        .body,
    );
    const { client, socket: own } = await socket();
    client.subscribe(null);
    await client.call('run.start', {
      source: { kind: 'upload', uploadId },
      settings: { arrival: 'none' },
    });
    await client.untilFrame(({ status }) => status?.state === 'completed');
    own.close();
    const { body } = await ask(`${origin}/metrics`);
    expect(exposedValue(body, 'ingot_updates_total', { outcome: 'indexed' })).toBe(1);
    expect(exposedValue(body, 'ingot_callbacks_total', { state: 'fired' })).toBe(1);
    expect(exposedValue(body, 'ingot_batch_size_sum')).toBe(1);
  });

  it('says that it is alive, and ready with every check and its reason', async () => {
    const { origin } = open();
    expect(await ask(`${origin}/healthz`)).toMatchObject({ status: 200, body: '{"status":"alive"}\n' });
    const ready = await ask(`${origin}/readyz`);
    expect(ready.headers).toMatchObject({ 'content-type': 'application/json; charset=utf-8' });
    const health = JSON.parse(ready.body);
    // On a slow machine only the event loop may be late.
    expect(health.status).toBe(ready.status === 200 ? 'ready' : 'not ready');
    expect(health.checks.map(({ name }: { name: string }) => name)).toEqual([
      'database',
      'migrations',
      'event_loop',
      'callbacks',
    ]);
    for (const check of health.checks) {
      const ok = check.name === 'event_loop' ? ready.status === 200 : true;
      expect(check).toMatchObject({ ok, reason: expect.stringMatching(/\.$/) });
    }
  });

  it.each(paths)('refuses %s under another name, or to a page of another site', async (path) => {
    const { origin } = open();
    for (const headers of [
      { host: 'evil.example' },
      { host: 'localhost' },
      { origin: 'http://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
    ]) {
      const answer = await ask(`${origin}${path}`, { headers });
      expect(answer.status).toBe(403);
      expect(answer.body).not.toContain('ingot_');
    }
  });

  it('answers by the name localhost too, and says in a refusal which address to use', async () => {
    const { origin } = open();
    const host = `localhost:${new URL(origin).port}`;
    for (const path of paths) {
      const { status } = await ask(`${origin}${path}`, { headers: { host } });
      // This test ignores a slow machine's late event loop.
      expect(path === '/readyz' ? [200, 503] : [200]).toContain(status);
    }
    const named = await ask(`${origin}/`, { headers: { host } });
    expect(named).toMatchObject({
      status: 403,
      body: expect.stringContaining(`Ingot answers at ${origin}.`),
    });
  });

  it.each([...paths, '/', '/assets/index-abc.js', '/backups/none', '/nothing', '/ws'])(
    'answers HEAD of %s as GET, without the body',
    async (path) => {
      const { origin, cookie } = open();
      for (const headers of [{}, { cookie }]) {
        const got = await ask(`${origin}${path}`, { headers });
        const looked = await ask(`${origin}${path}`, { method: 'HEAD', headers });
        expect(looked).toMatchObject({ status: got.status, body: '' });
        expect(looked.headers['content-type']).toBe(got.headers['content-type']);
      }
    },
  );

  it('answers HEAD of a backup with its length, without reading it', async () => {
    const { page, origin, cookie, socket } = open();
    const { client, socket: own } = await socket();
    const { backupId } = await client.call('database.backup', {});
    own.close();
    const got = await page(`/backups/${backupId}`);
    const looked = await ask(`${origin}/backups/${backupId}`, { method: 'HEAD', headers: { cookie } });
    expect(looked).toMatchObject({ status: 200, body: '' });
    expect(looked.headers['content-length']).toBe(got.headers['content-length']);
    expect(Number(looked.headers['content-length'])).toBeGreaterThan(0);
  });

  it.each(paths)('answers %s by GET and HEAD only', async (path) => {
    const { origin, cookie } = open();
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      expect((await ask(`${origin}${path}`, { method, headers: { origin } })).status).toBe(403);
      const withSession = await ask(`${origin}${path}`, { method, headers: { origin, cookie } });
      expect(withSession.status).toBeGreaterThanOrEqual(400);
    }
  });

  it.each([
    '/metrics/',
    '/metrics/../',
    '/metricsx',
    '/readyz/..',
    '//metrics',
    '/METRICS',
    '/healthz%2f',
    '/ws',
    '/',
  ])('opens nothing else without a session: %s', async (path) => {
    const { hostname, port } = new URL(open().origin);
    const answer = await ask(open().origin, { hostname, port, path });
    expect(answer.status).toBe(403);
  });
});
