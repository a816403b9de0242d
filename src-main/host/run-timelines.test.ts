import { describe, expect, it } from 'vitest';
import { IngotError } from '../../src-shared/errors';
import { NO_COUNTS, type RunStatus } from '../../src-shared/events';
import { mapKinds, TIMELINE_KINDS } from '../../src-shared/timeline';
import type { Timeline } from '../../src-shared/views';
import { createTestDataDir } from '../database/testing/each-database';
import { createRunTimelines } from './run-timelines';
import { connect, record, useConnectedHost } from './testing/connected-host';
import { openTestHost } from './testing/open-test-host';

const sum = (line: readonly number[]) => line.reduce((total, count) => total + count, 0);
const sums = ({ bins }: Timeline) => mapKinds((kind) => sum(bins[kind]));

const RECORDS = [
  record('a', 1),
  record('a', 2),
  record('a', 1),
  record('a', 0),
  record('a', 2, { tokens: 6 }),
  record('b', 1, { tokens: -1 }),
  record('c', 1, { callbackTimeMs: 5_000 }),
  record('c', 2),
];
const PACED = { arrival: 'sequential', delay: { fromMs: 400, toMs: 400 }, speed: 20 } as const;

describe('the timelines that the host keeps', () => {
  const open = useConnectedHost();

  it('have every event of a run at its time, and after a restart those that the database stores', async () => {
    const target = { kind: 'data-dir', dataDir: createTestDataDir() } as const;
    const first = connect(await openTestHost({ target }));
    first.client.subscribe(null);
    const path = await first.write('all.json', RECORDS);
    const { runId, counts } = await first.run({ kind: 'path', path }, PACED);
    const kept = await first.client.call('timeline.get', { runId });
    await first.test.close();
    expect(sums(kept)).toEqual(mapKinds((kind) => counts[kind]));
    expect(kept.counted).toEqual(sums(kept));
    expect(TIMELINE_KINDS.filter((kind) => counts[kind] === 0)).toEqual([]);

    const second = connect(await openTestHost({ target }));
    const stored = await second.client.call('timeline.get', { runId });
    await second.test.close();
    expect(stored.counted).toEqual(kept.counted);
    expect(sums(stored)).toEqual({ ...sums(kept), duplicate: 0, conflict: 0 });
    expect(stored.bins.indexed).toEqual(kept.bins.indexed);
    expect(stored.bins.stale).toEqual(kept.bins.stale);
  });

  it('go on with a run that is resumed, each event counted once', async () => {
    const { client, write } = open();
    const days = { arrival: 'sequential', delay: { fromMs: 86_400_000, toMs: 86_400_000 } } as const;
    const path = await write('resumed.json', RECORDS);
    await client.call('run.start', { source: { kind: 'path', path }, settings: days });
    await client.call('run.pause', {});
    for (let step = 0; step < 5; step += 1) await client.call('run.step', {});
    await client.call('run.stop', {});
    await client.call('runs.resume', { runId: '1' });
    await client.call('run.pause', {});
    await client.call('run.step', {});
    const timeline = await client.call('timeline.get', { runId: '1' });
    expect(sums(timeline)).toMatchObject({ indexed: 2, stale: 1, duplicate: 1, conflict: 1, rejected: 1 });
    expect(timeline.counted).toMatchObject({ indexed: 2, stale: 1, duplicate: 1, conflict: 1, rejected: 1 });
  });
});

describe('a timeline that cannot be read', () => {
  const status = (runId: string, records: number) =>
    ({
      runId,
      counts: { ...NO_COUNTS, records },
      startedAtMs: 1_000,
      endedAtMs: null,
      at: 500,
      speed: 1,
    }) as RunStatus;

  it('is an error, and is read again by the next call, once', async () => {
    let reads = 0;
    let current: RunStatus = status('7', 40);
    const timelines = createRunTimelines({
      status: () => current,
      views: () => ({
        run: async () => undefined,
        timeline: async ({ beforeMs }) => {
          reads += 1;
          if (reads === 1) throw new IngotError('database_unavailable', 'It is away.');
          expect(beforeMs).toBe(1_500);
          return { startMs: 1_000, binMs: 25, bins: { ...mapKinds(() => []), stale: [40] } };
        },
      }),
    });
    timelines.hear([
      { event: 'run', status: current },
      {
        event: 'stale',
        at: 600,
        record: 0,
        id: 'a',
        version: '1',
        latest: '2',
        accountType: 'mint',
        tokens: '1',
      },
    ]);
    current = { ...current, counts: { ...current.counts, stale: 41 } };
    await expect(timelines.read('7')).rejects.toMatchObject({ code: 'database_unavailable' });
    const answers = await Promise.all([timelines.read('7'), timelines.read('7')]);
    for (const { bins } of answers) {
      expect(bins.stale[0]).toBe(40);
      expect(bins.stale[600 / 25]).toBe(1);
    }
    expect(reads).toBe(2);
  });
});
