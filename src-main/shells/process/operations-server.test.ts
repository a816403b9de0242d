import { type RequestOptions, request } from 'node:http';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Health } from '../../../src-shared/health';
import { recordingLogger } from '../../host/testing/recording-logger';
import { type OperationsServer, startOperationsServer } from './operations-server';

const READY: Health = { status: 'ready', checks: [] };
const NOT_READY: Health = {
  status: 'not ready',
  checks: [{ name: 'database', ok: false, reason: 'The database is closed.' }],
};

function ask(port: number, path: string, options: RequestOptions = {}) {
  return new Promise<{ status: number; body: string; headers: object }>((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, ...options }, (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += String(chunk);
      });
      const { date: _, ...headers } = response.headers;
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body, headers }));
    });
    asked.on('error', reject);
    asked.end();
  });
}

describe('the server of metrics and health', () => {
  let health = READY;
  let server: OperationsServer;
  const { logger, entries } = recordingLogger();
  const start = (port: number) =>
    startOperationsServer({
      operations: {
        metrics: {
          contentType: 'text/plain',
          expose: async () => {
            if (health === NOT_READY) throw new Error('a secret of the inside');
            return 'ingot_database_up 1\n';
          },
        },
        checkHealth: async () => health,
      },
      logger,
      port,
    });
  beforeAll(async () => {
    server = await start(0);
  });
  afterAll(() => server.close());

  it('answers what is asked of it', async () => {
    health = READY;
    expect(await ask(server.port, '/metrics')).toMatchObject({ status: 200, body: 'ingot_database_up 1\n' });
    expect(await ask(server.port, '/healthz')).toMatchObject({ status: 200, body: '{"status":"alive"}\n' });
    expect(await ask(server.port, '/readyz?verbose')).toMatchObject({
      status: 200,
      body: '{"status":"ready","checks":[]}\n',
    });
  });

  it('says what is wrong when it is not ready, while it is alive', async () => {
    health = NOT_READY;
    const answer = await ask(server.port, '/readyz');
    expect(answer.status).toBe(503);
    expect(JSON.parse(answer.body)).toEqual(NOT_READY);
    expect((await ask(server.port, '/healthz')).status).toBe(200);
  });

  it('keeps a fault of its own to the log', async () => {
    health = NOT_READY;
    const answer = await ask(server.port, '/metrics');
    expect(answer.status).toBe(500);
    expect(answer.body).not.toContain('secret');
    expect(entries.some(({ message }) => message === 'a request failed inside')).toBe(true);
  });

  it('answers by each name of this machine that leads to it', async () => {
    health = READY;
    const { port } = server;
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`]) {
      expect((await ask(port, '/metrics', { headers: { host } })).status).toBe(200);
    }
    expect((await ask(port, '/metrics', { host: 'localhost' })).status).toBe(200);
    if (networkInterfaces().lo?.some(({ address }) => address === '::1')) {
      expect((await ask(port, '/metrics', { host: '::1' })).status).toBe(200);
    }
  });

  it('says in a refusal which address to use', async () => {
    const headers = { host: 'my-machine.local' };
    const { port } = server;
    expect((await ask(port, '/readyz', { headers })).body).toContain(`Use http://127.0.0.1:${port}/readyz.`);
    expect((await ask(port, '/<script>', { headers })).body).toContain(
      `Use http://127.0.0.1:${port}/metrics.`,
    );
  });

  it('answers HEAD as GET, without the body', async () => {
    health = READY;
    for (const path of ['/metrics', '/healthz', '/readyz', '/nothing']) {
      const got = await ask(server.port, path);
      const looked = await ask(server.port, path, { method: 'HEAD' });
      expect(looked).toMatchObject({ status: got.status, body: '', headers: got.headers });
    }
  });

  it.each([
    ['another host', { host: 'evil.example' }],
    ['this machine at another port', { host: 'localhost' }],
    ['a name that begins like ours', { host: 'localhost.evil.example' }],
    ['an origin, which only a page has', { origin: 'http://127.0.0.1' }],
    ['a page of another site', { 'sec-fetch-site': 'cross-site' }],
  ])('refuses %s', async (_, headers) => {
    for (const path of ['/metrics', '/healthz', '/readyz', '/']) {
      expect((await ask(server.port, path, { headers })).status).toBe(403);
    }
  });

  it('has nothing else, and does nothing', async () => {
    for (const path of ['/', '/ws', '/metrics/', '/../metrics', '/upload', '/backups/x']) {
      expect((await ask(server.port, path)).status).toBe(404);
    }
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      expect((await ask(server.port, '/metrics', { method })).status).toBe(405);
    }
  });

  it('says so when its port is taken', async () => {
    await expect(start(server.port)).rejects.toMatchObject({
      code: 'invalid_input',
      message: `Port ${server.port} is taken.`,
    });
  });

  it('takes posted updates instead, if that is what it is for, and only from programs', async () => {
    const bodies: string[] = [];
    const other = await startOperationsServer({
      operations: null,
      async receiveUpdates({ authorization, body }) {
        let text = '';
        for await (const piece of body) text += String(piece);
        bodies.push(`${authorization} ${text}`);
        return { status: 200, headers: {}, body: { records: 1 } };
      },
      logger,
      port: 0,
    });
    const post = { method: 'POST', headers: { authorization: 'Bearer it' } };
    try {
      expect(await ask(other.port, '/api/updates', post)).toMatchObject({
        status: 200,
        body: '{"records":1}',
      });
      expect(bodies).toEqual(['Bearer it ']);
      const page = { ...post, headers: { ...post.headers, origin: 'http://evil.example' } };
      expect(await ask(other.port, '/api/updates', page)).toMatchObject({ status: 403 });
      expect(await ask(other.port, '/metrics')).toMatchObject({ status: 404 });
      expect(await ask(server.port, '/api/updates', post)).toMatchObject({ status: 404 });
      expect(bodies).toHaveLength(1);
    } finally {
      await other.close();
    }
  });
});
