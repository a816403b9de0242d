import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OUTCOMES, type Outcome } from '../../src-shared/update';
import type { HostMessage } from '../../src-shared/wire';
import { replayModel } from '../runs/testing/reference-model';
import { record } from './testing/connected-host';
import { openTestHost, type TestHost } from './testing/open-test-host';
import { createTestClient, type TestClient } from './testing/test-client';

/** Every account's versions come shuffled, and one record in ten is repeated. */
const RECORDS = Array.from({ length: 1_200 }, (_, n) => {
  const said = n % 10 === 9 ? n - 5 : n;
  return {
    id: `account-${said % 25}`,
    accountType: 'mint',
    tokens: String(said),
    version: String((said * 7_919) % 1_201),
    callbackTimeMs: 3_600_000,
    data: '{}',
  };
});

function expectedCounts(): Record<Outcome, number> {
  const arrivals = RECORDS.map((update, record) => ({
    source: { kind: 'update' as const, record, update },
    at: record,
  }));
  const counts = { indexed: 0, stale: 0, duplicate: 0, conflict: 0, rejected: 0 };
  for (const outcome of replayModel(arrivals, { drain: false }).outcomes.values()) counts[outcome] += 1;
  return counts;
}

describe('a database whose thread dies in the middle of a run', () => {
  const workers: Worker[] = [];
  const noteWorker = (worker: Worker) => workers.push(worker);
  let directory: string;
  let test: TestHost;
  let client: TestClient;

  beforeAll(async () => {
    process.on('worker', noteWorker);
    directory = await mkdtemp(join(tmpdir(), 'ingot-supervision-'));
    test = await openTestHost({ target: { kind: 'data-dir', dataDir: join(directory, 'data') } });
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
    await rm(directory, { recursive: true });
  });

  const killWorker = () => {
    const last = workers.at(-1);
    if (!last) throw new Error('the database has a thread');
    return last.terminate();
  };
  const untilRecords = (records: number, skip: number) =>
    client.untilFrame(({ status }) => (status?.counts.records ?? 0) >= records, skip);
  const untilNotice = (text: string, skip: number) =>
    client.untilFrame(
      (frame) =>
        frame.kind === 'events' &&
        frame.events.some((event) => event.event === 'notice' && event.message.includes(text)),
      skip,
    );
  /** A paused run of two records, a day apart. */
  const startPaused = async (path: string) => {
    await writeFile(path, JSON.stringify([record('paused', 1), record('paused', 2)]));
    const delay = { fromMs: 86_400_000, toMs: 86_400_000 };
    const settings = { arrival: 'sequential', delay } as const;
    await client.call('run.start', { source: { kind: 'path', path }, settings });
    await client.call('run.pause', {});
  };

  it('resumes automatically, each time from its checkpoint, and counts every record once', async () => {
    const path = join(test.allowed, 'jumble.json');
    const text = RECORDS.map(({ tokens, version, data, ...rest }) => {
      const { id, accountType, callbackTimeMs } = rest;
      return `{"id":"${id}","accountType":"${accountType}","tokens":${tokens},"version":${version},"callbackTimeMs":${callbackTimeMs},"data":${data}}`;
    });
    await writeFile(path, `[${text.join(',')}]`);
    const settings = { arrival: 'sequential', delay: { fromMs: 2, toMs: 2 }, wait: false } as const;
    const { runId } = await client.call('run.start', { source: { kind: 'path', path }, settings });

    for (const records of [100, 600]) {
      await untilRecords(records, client.frames.length);
      const skip = client.frames.length;
      await killWorker();
      await untilNotice('continues from record', skip);
    }
    const { status } = await client.untilFrame(
      (frame) => frame.status?.runId === runId && frame.status.state === 'completed',
    );
    const counts = expectedCounts();
    expect(status).toMatchObject({ counts: { records: RECORDS.length, ...counts } });
    expect(OUTCOMES.filter((outcome) => counts[outcome] > 0)).toEqual(['indexed', 'stale', 'duplicate']);

    const info = await client.call('database.info', {});
    expect(info.rows).toMatchObject({ accountUpdates: counts.indexed + counts.stale, accounts: 25, runs: 1 });
    const changes = client.events().flatMap((event) => (event.event === 'database' ? [event.change] : []));
    expect(changes).toEqual(['lost', 'reopened', 'lost', 'reopened']);
    expect(await client.call('database.state', {})).toEqual({ phase: 'open', setback: null });
  });

  it('is paused again if it was', async () => {
    await startPaused(join(test.allowed, 'paused.json'));
    const skip = client.frames.length;
    await killWorker();
    await untilNotice('The run of paused.json continues from record', skip);
    expect(await client.call('run.status', {})).toMatchObject({ source: 'paused.json', state: 'paused' });
    await client.call('run.stop', {});
  });

  it('says why it cannot continue', async () => {
    const path = join(test.allowed, 'changed.json');
    await startPaused(path);
    await appendFile(path, '\n');
    const skip = client.frames.length;
    await killWorker();
    await untilNotice('changed.json is not the file that it was', skip);
    expect(await client.call('run.status', {})).toMatchObject({
      source: 'changed.json',
      state: 'interrupted',
    });
  });
});
