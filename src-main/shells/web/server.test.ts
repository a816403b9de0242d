import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NO_COUNTS } from '../../../src-shared/events';
import { recordingLogger } from '../../host/testing/recording-logger';
import { createVirtualClock } from '../../time/testing/virtual-clock';
import { startWebServer } from './server';
import { useWebServer } from './testing/serve';

describe('the web shell', () => {
  const open = useWebServer();

  it('serves the window under a policy that lets nothing else in', async () => {
    const { server, page } = open();
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
    const { page, windowDirectory } = open();
    await writeFile(join(windowDirectory, 'assets/index-new.js'), 'export {};');
    await page('/');
    expect(await page('/assets/index-new.js')).toMatchObject({ status: 200 });
  });

  it('runs an upload, and its feed adds up to what the engine counted', async () => {
    const { upload } = open();
    const { client, socket } = await open().socket();
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
    const settings = { arrival: 'none' } as const;
    const { runId } = await client.call('run.start', { source: { kind: 'upload', uploadId }, settings });
    const last = await client.untilFrame(
      ({ status }) => status?.runId === runId && status.state === 'completed',
    );
    const counts = last.status?.counts ?? NO_COUNTS;
    expect(counts.records).toBe(2000);
    expect(counts.indexed + counts.stale + counts.duplicate + counts.conflict).toBe(2000);
    const covered = client.frames.reduce(
      (sum, frame) => (frame.kind === 'events' ? sum + frame.events.length + frame.omitted : sum),
      0,
    );
    // An alert: this machine may be slow.
    const notices = client.events().filter(({ event }) => event === 'notice').length;
    // Every record and callback once, and the run's start, draining, report, summary and end.
    expect(covered - notices).toBe(2000 + counts.fired + counts.cancelled + 5);
    expect(last.stats).toMatchObject({ updates: 2000, pending: 0 });
    const { rows } = await client.call('database.info', {});
    expect(rows.accountUpdates).toBe(counts.indexed + counts.stale);
    socket.close();
  });

  it('loses nothing to a page that is loaded again in mid-run', async () => {
    const { upload } = open();
    const first = await open().socket();
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
    const second = await open().socket();
    second.client.subscribe(seen);
    await second.client.untilFrame(({ status }) => status?.state === 'completed');
    const events = [...first.client.events(), ...second.client.events()];
    const numbers = events.map(({ seq }) => seq);
    expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index));
    // A new window also gets recent events, here of an earlier test's run.
    const indexed = events.filter((event) => event.event === 'indexed' && event.id.startsWith('reload'));
    expect(indexed).toHaveLength(60);
    second.socket.close();
  });

  it('gives a backup as a file to keep', async () => {
    const { test, page } = open();
    const { client, socket } = await open().socket();
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
    const { server, test, windowDirectory } = open();
    const options = {
      host: test.host,
      clock: createVirtualClock(),
      logger: recordingLogger().logger,
      windowDirectory,
      sessions: [],
      keepSessions: () => undefined,
      key: 'key',
      control: async () => ({ address: null, problem: null }),
    };
    await expect(startWebServer({ ...options, port: server.port })).rejects.toMatchObject({
      code: 'invalid_input',
      message: `Port ${server.port} is taken.`,
    });
  });
});
