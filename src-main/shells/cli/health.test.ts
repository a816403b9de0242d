import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createTestDataDir } from '../../database/testing/each-database';
import { answer, openReceiver } from '../../deliveries/testing/receiver';
import { exposedValue } from '../../observability/testing/read-exposition';
import { landedMigrations } from '../../storage/landed-migrations';
import { makeFile, makeFolder, record, runCli, startCli, toNdjson } from './testing/run-cli';

/** A port that nobody has. */
function findFreePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

const health = async (...args: string[]) => {
  const { code, stdout } = await runCli(['health', '--json', ...args]);
  return { code, ...JSON.parse(stdout) };
};

/** Every check is passed. On a slow machine the event loop may be late, and nothing else. */
const expectReady = ({ code, status, checks }: Awaited<ReturnType<typeof health>>) => {
  const failed = checks.filter(({ ok }: { ok: boolean }) => !ok).map(({ name }: { name: string }) => name);
  expect([code, status]).toEqual(failed.length === 0 ? [0, 'ready'] : [1, 'not ready']);
  expect(failed.filter((name: string) => name !== 'event_loop')).toEqual([]);
};

describe('health', () => {
  it('of a directory without a database says so, and makes none', async () => {
    const dataDir = makeFolder();
    const first = await health('--data-dir', dataDir);
    expect(first).toMatchObject({
      code: 1,
      status: 'not ready',
      checks: [{ name: 'database', ok: false, reason: expect.stringContaining('the first run makes it') }],
    });
    expect(await health('--data-dir', dataDir)).toEqual(first);
  });

  it('of a database that no program has looks into it: what waits there, its schema, the disk', async () => {
    const dataDir = createTestDataDir();
    expect(await health('--data-dir', dataDir)).toMatchObject({
      code: 1,
      checks: [{ name: 'database', ok: true }, { name: 'migrations', ok: false, value: 0 }, {}, {}],
    });
    const file = makeFile(toNdjson([record({ callbackTimeMs: 3_600_000 })]));
    const ingested = await runCli(['ingest', file, '--arrival', 'none', '--no-wait', '--data-dir', dataDir]);
    expect(ingested.code).toBe(0);
    const { code, stdout } = await runCli(['health', '--data-dir', dataDir]);
    expect(stdout).toMatch(
      new RegExp(
        [
          '^ready',
          'ok {8}database {4}The database answers, after .* ms\\.',
          `ok {8}migrations  The schema is current: version ${landedMigrations.length}\\.`,
          'ok {8}disk {8}.* are free on the disk with the data directory\\.',
          'ok {8}callbacks {3}No callback is overdue\\.\n$',
        ].join('\n'),
      ),
    );
    expect(code).toBe(0);
  });

  it('of a run under way is what the run says on its port, which also counts what it does', async ({
    skip,
  }) => {
    skip(process.platform === 'win32', 'a signal ends a program at once on Windows');
    const port = await findFreePort();
    const dataDir = createTestDataDir();
    const receiver = await openReceiver(answer(500));
    const target = ['hook', '--webhook', receiver.url, '--allow-private', '--arm', '--data-dir', dataDir];
    await runCli(['targets', 'add', ...target]);
    const run = startCli([
      'ingest',
      '-',
      '--json',
      '--arrival',
      'none',
      '--deliver',
      '--data-dir',
      dataDir,
      '--metrics-port',
      String(port),
    ]);
    run.write(toNdjson([record({ callbackTimeMs: 0 }), record({ id: 'later', callbackTimeMs: 3_600_000 })]));
    // The second attempt begins after the first is stored.
    await receiver.until(2);
    const asked = await health('--port', String(port));
    expectReady(asked);
    expect(asked.checks.map(({ name }: { name: string }) => name)).toEqual([
      'database',
      'migrations',
      'event_loop',
      'disk',
      'callbacks',
    ]);
    // The directory is the run's, and says where to ask.
    expectReady(await health('--data-dir', dataDir));
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(exposedValue(metrics, 'ingot_updates_total', { outcome: 'indexed' })).toBe(2);
    expect(exposedValue(metrics, 'ingot_deliveries_waiting')).toBe(1);
    expect(exposedValue(metrics, 'ingot_callbacks_pending')).toBe(1);
    expect(exposedValue(metrics, 'ingot_run_state', { state: 'running' })).toBe(1);
    expect(exposedValue(metrics, 'ingot_build_info', { shell: 'cli' })).toBe(1);
    run.signal('SIGINT');
    expect((await run.ended).code).toBe(130);
    expect(await health('--port', String(port))).toMatchObject({
      code: 1,
      checks: [{ name: 'program', ok: false, reason: `No Ingot answers on port ${port}.` }],
    });
  });

  it('of a run that serves nothing cannot be told, and a port that is taken does not keep a run from its work', async () => {
    const port = await findFreePort();
    const stranger = createServer((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n[]')).listen(
      port,
      '127.0.0.1',
    );
    const dataDir = createTestDataDir();
    const run = startCli([
      'ingest',
      '-',
      '--json',
      '--arrival',
      'none',
      '--data-dir',
      dataDir,
      '--metrics-port',
      String(port),
    ]);
    run.write(toNdjson([record({ callbackTimeMs: 0 })]));
    await run.untilLine('indexed');
    const { code, checks } = await health('--data-dir', dataDir);
    expect(code).toBe(1);
    expect(checks).toMatchObject([{ name: 'program', ok: false }]);
    expect(checks[0].reason).toMatch(/is in use by ingot \(process \d+\) .* start it with --metrics-port\.$/);
    expect(await health('--port', String(port))).toMatchObject({
      checks: [{ name: 'program', reason: `What answers on port ${port} is no Ingot.` }],
    });
    run.endInput();
    const ended = await run.ended;
    expect(ended.code).toBe(0);
    expect(ended.stderr).toContain(`no metrics are served: Port ${port} is taken.`);
    stranger.close();
  });

  it.each([
    [['--port', '0'], /--port is "0": it must be a whole number from 1 to 65535/],
    [['--port', '9464', '--data-dir', 'x'], /--port excludes --data-dir and --database/],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await runCli(['health', ...args]);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });
});
