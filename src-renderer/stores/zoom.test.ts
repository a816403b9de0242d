import { expect, test } from 'vitest';
import { NO_COUNTS, type RunStatus } from '../../src-shared/events';
import { mapKinds } from '../../src-shared/timeline';
import type { RangeQuery, TimelineRange } from '../../src-shared/views';
import { createManualClock } from '../clock-for-tests';
import type { Client } from '../transport/client';
import { createLive } from './live';
import { loadTimeline, sumBetween } from './timeline';
import { createZoom } from './zoom';

const model = (runId: string) =>
  loadTimeline({
    runId,
    source: 'a.json',
    clock: { kind: 'virtual', atMs: 0 },
    binMs: 100,
    bins: { ...mapKinds(() => []), indexed: [0, 0, 4], duplicate: [0, 0, 3] },
    counted: { ...mapKinds(() => 0), indexed: 4, duplicate: 3 },
  });
const WHOLE = { fromMs: 0, columnMs: 100, columns: 100 };

function open(state: RunStatus['state'] = 'completed') {
  const asked: RangeQuery[] = [];
  const answers: ((range: TimelineRange | null) => Promise<void>)[] = [];
  // Only `timeline.range` is called here.
  const call = ((_: string, query: RangeQuery) => {
    asked.push(query);
    return new Promise((resolve) => {
      answers.push(async (range) => {
        resolve(range);
        await new Promise<void>((done) => setImmediate(done));
      });
    });
  }) as unknown as Client['call'];
  const clock = createManualClock();
  const live = createLive();
  live.setState({ status: { runId: '1', at: 400, state, counts: NO_COUNTS } as RunStatus });
  const zoom = createZoom({ client: { call }, clock, live });
  zoom.fit(model('1'), WHOLE);
  return { asked, answers, clock, live, zoom };
}

test('only the latest part is read, one after the other, and none as wide as its bins', async () => {
  const { asked, answers, clock, zoom } = open();
  zoom.show({ runId: '1', from: 0, to: 10_000 });
  expect(asked).toEqual([]);
  zoom.by(0.5, 0);
  zoom.by(0.5, 0);
  zoom.by(0.5, 0);
  await answers[0]?.(null);
  expect(zoom.store.getState().tooMany).toBe(true);
  clock.advance(100);
  expect(asked.map(({ to }) => to)).toEqual([5_000, 1_250]);
  zoom.by(100, 0);
  expect(zoom.store.getState().shown).toBeNull();
  await answers[1]?.({ runId: '1', from: 0, to: 1_250, binMs: 2, bins: {} });
  expect(zoom.store.getState().narrow).toBeNull();
});

test('narrow bins count where they are, and what they do not know stays in the wide ones', async () => {
  const { answers, zoom } = open();
  zoom.show({ runId: '1', from: 200, to: 300 });
  const indexed = Array.from({ length: 41 }, (_, at) => (at === 40 ? 4 : 0));
  await answers[0]?.({ runId: '1', from: 200, to: 300, binMs: 1, bins: { indexed } });
  const { narrow } = zoom.store.getState();
  expect(sumBetween(model('1'), 240, 241, narrow)).toMatchObject({ indexed: 4, duplicate: 0 });
  expect(sumBetween(model('1'), 249, 251, narrow)).toMatchObject({ indexed: 0, duplicate: 3 });
  expect(sumBetween(model('2'), 240, 241, narrow).indexed).toBe(0);
});

test('a part in which the run goes on is read again until the run has ended', async () => {
  const { asked, answers, clock, live, zoom } = open('running');
  zoom.show({ runId: '1', from: 300, to: 500 });
  await answers[0]?.({ runId: '1', from: 300, to: 500, binMs: 1, bins: {} });
  clock.advance(1_100);
  expect(asked).toHaveLength(2);
  live.setState({ status: { runId: '1', at: 450, state: 'completed', counts: NO_COUNTS } as RunStatus });
  await answers[1]?.({ runId: '1', from: 300, to: 500, binMs: 1, bins: {} });
  clock.advance(1_100);
  await answers[2]?.({ runId: '1', from: 300, to: 500, binMs: 1, bins: {} });
  clock.advance(5_000);
  expect(asked).toHaveLength(3);
});

test('another run begins with its whole', () => {
  const { zoom } = open();
  zoom.by(0.5, 5_000);
  zoom.select({ runId: '1', from: 1, to: 2 });
  expect(zoom.fit(model('1'), WHOLE)).toEqual({ fromMs: 2_500, columnMs: 50, columns: 100 });
  zoom.pan(-1);
  expect(zoom.store.getState().shown).toMatchObject({ from: 0, to: 5_000 });
  expect(zoom.fit(model('2'), WHOLE)).toEqual(WHOLE);
  expect(zoom.store.getState()).toMatchObject({ shown: null, selected: null });
});
