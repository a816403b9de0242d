import { expect, test } from 'vitest';
import { IngotError } from '../../src-shared/errors';
import { NO_COUNTS, type RunStatus } from '../../src-shared/events';
import { mapKinds } from '../../src-shared/timeline';
import type { Timeline } from '../../src-shared/views';
import { createManualClock } from '../clock-for-tests';
import type { Client } from '../transport/client';
import { createLive } from './live';
import { createTimelineReader } from './timeline-reader';

const status = { runId: '1', counts: { ...NO_COUNTS, records: 5, indexed: 5 } } as RunStatus;
const timeline = (runId: string): Timeline => ({
  runId,
  source: 'a.json',
  clock: { kind: 'virtual', atMs: 0 },
  binMs: 25,
  bins: { ...mapKinds(() => []), indexed: [5] },
  counted: { ...mapKinds(() => 0), indexed: 5 },
});

function open() {
  const calls: { resolve(answer: Timeline): void; reject(error: IngotError): void }[] = [];
  const answers = () =>
    new Promise<Timeline>((resolve, reject) => {
      calls.push({ resolve, reject });
    });
  // Only `timeline.get` is called here.
  const call = answers as unknown as Client['call'];
  const clock = createManualClock();
  const live = createLive();
  live.setState({ status });
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
  return { clock, live, calls, settled, reader: createTimelineReader({ call }, clock, live) };
}

test('a timeline that cannot be read is said to be unknown, and asked for again until it can', async () => {
  const { clock, live, calls, settled, reader } = open();
  reader.read();
  calls[0]?.reject(new IngotError('database_unavailable', 'It is away.'));
  await settled();
  expect(live.getState()).toMatchObject({ timeline: null, timelineError: { message: 'It is away.' } });
  expect(calls).toHaveLength(1);
  clock.advance(2_000);
  calls[1]?.resolve(timeline('1'));
  await settled();
  expect(live.getState()).toMatchObject({ timeline: { runId: '1' }, timelineError: null });
  clock.advance(60_000);
  expect(calls).toHaveLength(2);
});

test('the answer for another run than the one shown is not drawn, and the shown one is asked for', async () => {
  const { live, calls, settled, reader } = open();
  reader.read();
  live.setState({ status: { ...status, runId: '2' } });
  calls[0]?.resolve(timeline('1'));
  await settled();
  expect(live.getState().timeline).toBeNull();
  calls[1]?.resolve(timeline('2'));
  await settled();
  expect(live.getState().timeline?.runId).toBe('2');
});

test('many reasons to read at once are one call at a time', async () => {
  const { calls, settled, reader } = open();
  for (let reason = 0; reason < 5; reason += 1) reader.read();
  expect(calls).toHaveLength(1);
  calls[0]?.resolve(timeline('1'));
  await settled();
  expect(calls).toHaveLength(2);
  calls[1]?.resolve(timeline('1'));
  await settled();
  expect(calls).toHaveLength(2);
});
