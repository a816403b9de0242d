import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FeedEvent } from '../../src-shared/feed';
import type { HostMessage } from '../../src-shared/wire';
import { createTestDataDir } from '../database/testing/each-database';
import { AT_ONCE, record } from './testing/connected-host';
import { openTestHost, type TestHost } from './testing/open-test-host';
import { createTestClient, type TestClient } from './testing/test-client';

describe('a pause of all callbacks', () => {
  const workers: Worker[] = [];
  const noteWorker = (worker: Worker) => workers.push(worker);
  let test: TestHost;
  let client: TestClient;

  beforeAll(async () => {
    process.on('worker', noteWorker);
    test = await openTestHost({ target: { kind: 'data-dir', dataDir: createTestDataDir() } });
    const connection = test.host.connectClient({
      send: (message: HostMessage) => client.receive(structuredClone(message)),
      bufferedBytes: () => 0,
      refuse: (reason) => {
        throw reason;
      },
    });
    client = createTestClient((message) => connection.receive(structuredClone(message)));
    client.subscribe(null);
  });
  afterAll(async () => {
    process.off('worker', noteWorker);
    await test.close();
  });
  afterEach(() => client.call('callbacks.resume', {}));

  const untilEvent = (wanted: string, skip: number) =>
    client.untilFrame(
      (frame) =>
        frame.kind === 'events' &&
        frame.events.some((event) => event.event === 'database' && event.change === wanted),
      skip,
    );
  /** Its callback is due at once; the run does not wait for it. */
  const runOne = async (id: string) => {
    const path = join(test.allowed, `${id}.json`);
    await writeFile(path, JSON.stringify([record(id, 1)]));
    const skip = client.frames.length;
    const settings = { ...AT_ONCE, wait: false };
    const { runId } = await client.call('run.start', { source: { kind: 'path', path }, settings });
    await client.untilFrame(({ status }) => status?.runId === runId && status.state === 'completed', skip);
  };
  /** The callback of `id` fires, but only after callbacks are resumed. */
  const expectFiredOnResume = async (id: string) => {
    expect(await client.call('callbacks.counts', {})).toMatchObject({ fired: 0, paused: true });
    const skip = client.frames.length;
    await client.call('callbacks.resume', {});
    const isFired = (event: FeedEvent) => event.event === 'fired' && event.id === id;
    await client.untilFrame((frame) => frame.kind === 'events' && frame.events.some(isFired), skip);
    const told = client.events().flatMap((event) => {
      if (event.event === 'fired') return [`fired ${event.id}`];
      return event.event === 'notice' && event.message === 'Callbacks are resumed.' ? ['resumed'] : [];
    });
    expect(told.slice(-2)).toEqual(['resumed', `fired ${id}`]);
  };

  it('outlives the loss of the database', async () => {
    await client.call('callbacks.pause', {});
    await runOne('lost');
    const skip = client.frames.length;
    await workers.at(-1)?.terminate();
    await untilEvent('reopened', skip);
    await expectFiredOnResume('lost');
  });

  it('outlives a reset, and a restore', async () => {
    await client.call('database.reset', { confirm: 'reset' });
    await client.call('callbacks.pause', {});
    await runOne('kept');
    const { backup } = await client.call('database.reset', { confirm: 'reset' });
    expect(await client.call('callbacks.counts', {})).toMatchObject({ pending: 0, paused: true });
    await client.call('database.restore', { backupId: backup?.backupId ?? '' });
    await expectFiredOnResume('kept');
  });

  it('outlives a simulated run in which it was made', async () => {
    await client.call('database.reset', { confirm: 'reset' });
    const path = join(test.allowed, 'simulated.json');
    // Enough records that the run is far from its end when stopped.
    const records = Array.from({ length: 5_000 }, (_, index) =>
      record(`simulated-${index}`, 1, { callbackTimeMs: 86_400_000 }),
    );
    await writeFile(path, JSON.stringify(records));
    await client.call('run.start', { source: { kind: 'path', path }, settings: { simulate: true } });
    await client.call('callbacks.pause', {});
    expect(await client.call('run.stop', {})).toMatchObject({ state: 'stopped' });
    await runOne('after');
    await expectFiredOnResume('after');
  });
});
