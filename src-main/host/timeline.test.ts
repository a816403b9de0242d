import { describe, expect, it } from 'vitest';
import { mapKinds, TIMELINE_KINDS } from '../../src-shared/timeline';
import type { Timeline } from '../../src-shared/views';
import { createTestDataDir } from '../database/testing/each-database';
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

describe('the timeline of a run', () => {
  const open = useConnectedHost();

  it('has every event at its time on the clock of the run, and is the same after a restart', async () => {
    const target = { kind: 'data-dir', dataDir: createTestDataDir() } as const;
    const first = connect(await openTestHost({ target }));
    first.client.subscribe(null);
    const path = await first.write('all.json', RECORDS);
    const { runId, counts } = await first.run({ kind: 'path', path }, PACED);
    const kept = await first.client.call('timeline.get', { runId });
    await first.test.close();
    expect(sums(kept)).toEqual(mapKinds((kind) => counts[kind]));
    expect(kept.source).toBe('all.json');
    expect(kept.counted).toEqual(sums(kept));
    expect(TIMELINE_KINDS.filter((kind) => counts[kind] === 0)).toEqual([]);
    // The last of them arrived seven gaps after the first.
    expect(kept.bins.indexed.length).toBeGreaterThan(Math.floor((7 * 400) / kept.binMs));

    const second = connect(await openTestHost({ target }));
    const stored = await second.client.call('timeline.get', { runId });
    await second.test.close();
    expect(stored).toEqual(kept);
  });

  it('continues in a run that is resumed, each event counted once', async () => {
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

  it('has narrower bins for a part of a run, and counts only what happened in that part', async () => {
    const { client, write, run } = open();
    const path = await write('all.json', RECORDS);
    const { runId, counts } = await run({ kind: 'path', path }, { ...PACED, simulate: true });
    await run({ kind: 'path', path }, { ...PACED, simulate: true });
    const range = async (from: number, to: number) => {
      const found = await client.call('timeline.range', { runId, from, to });
      return mapKinds((kind) => sum(found?.bins[kind] ?? []));
    };
    const { indexed, stale, fired, cancelled } = counts;
    const stored = { ...mapKinds(() => 0), indexed, stale, fired, cancelled };
    expect(await range(0, 100_000)).toEqual(stored);
    const cuts = [0, 400, 401, 1_600, 2_800, 3_200, 100_000];
    const parts = await Promise.all(cuts.slice(1).map((to, at) => range(cuts[at] ?? 0, to)));
    expect(mapKinds((kind) => parts.reduce((all, part) => all + part[kind], 0))).toEqual(stored);
    // Arrivals at 400, 800, 1,200, …: the stale one is the fourth.
    expect(await range(1_600, 1_601)).toMatchObject({ indexed: 0, stale: 1 });
    expect(await range(1_599, 1_600)).toMatchObject({ indexed: 0, stale: 0 });
    const narrow = await client.call('timeline.range', { runId, from: 300, to: 500 });
    expect(narrow?.binMs).toBe(1);
    expect(narrow?.bins.indexed?.indexOf(1)).toBe(100);
  });

  it('of a run that there is not is not found', async () => {
    await expect(open().client.call('timeline.get', { runId: '77' })).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(open().client.call('timeline.range', { runId: '77', from: 0, to: 9 })).rejects.toMatchObject(
      { code: 'not_found' },
    );
  });
});
