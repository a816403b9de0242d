import { expect, it } from 'vitest';
import { IngotError } from '../../src-shared/errors';
import { formatGoal, parseGoal } from '../../src-shared/run-goal';
import { describeOnEachDatabase } from '../database/testing/each-database';
import type { RecordSource } from '../ingestion/record';
import { memorySource } from '../ingestion/testing/memory-source';
import { createVirtualClock } from '../time/testing/virtual-clock';
import { openEngine, untilEvent, update } from './testing/open-engine';
import { paced, simulated } from './testing/play-run';

/** One arrives every 500 ms. */
const GIVEN = [
  update('a', 1, { callbackTimeMs: 700 }),
  update('b', 5, { callbackTimeMs: 100_000 }),
  update('b', 4),
  update('b', 5, { tokens: '6' }),
  update('b', 6, { callbackTimeMs: 100_000 }),
  { invalid: 'version: required' },
  update('c', 1, { accountType: 'escrow', callbackTimeMs: 100_000 }),
  update('a', 1, { callbackTimeMs: 700 }),
];

/** Never says whether there is more. */
const silentAfter = (source: RecordSource): RecordSource => ({
  ...source,
  async *chunks() {
    yield* source.chunks();
    await new Promise(() => {});
  },
});

/** A new run goes to each of these. Then so many records are in, and its clock shows this time. */
const PLACES: readonly (readonly [text: string, records: number, at: number])[] = [
  ['record', 1, 500],
  ['record:3', 4, 2_000],
  ['1.1s', 2, 1_100],
  ['account:b', 2, 1_000],
  ['type:escrow', 7, 3_500],
  ['indexed', 1, 500],
  ['stale', 3, 1_500],
  ['conflict', 4, 2_000],
  ['rejected', 6, 3_000],
  ['duplicate', 8, 4_000],
  ['fired', 2, 1_200],
  ['cancelled', 5, 2_500],
];

const WAYS = [
  ['steps, on its own clock', paced(), true],
  ['runs on at its speed, on its own clock', paced({ speed: 20 }), false],
  ['steps, on a virtual clock', simulated(), true],
  ['runs on, on a virtual clock', simulated(), false],
] as const;

describeOnEachDatabase('a run that is to pause', (empty) => {
  it.each(WAYS)('%s, and stands where it came', async (_way, settings, jump) => {
    const { engine } = await openEngine(await empty(), createVirtualClock(0, { passesAlways: true }));
    const found: unknown[] = [];
    for (const [text] of PLACES) {
      // Each run has accounts of its own.
      const own = (id: string) => `${text} ${id}`;
      const given = GIVEN.map((each) => ('id' in each ? { ...each, id: own(each.id) } : each));
      const goal = parseGoal(text === 'account:b' ? `account:${own('b')}` : text);
      const run = await engine.startRun(memorySource(given), settings);
      const there = untilEvent(
        engine,
        (said) => said.event === 'run' && said.status.state === 'paused' && said.status.until === null,
      );
      await run.until(goal, jump);
      if (!jump) await there;
      const { counts, at, state } = run.status();
      found.push([text, counts.records, at, state]);
      run.stop();
      await run.ended;
    }
    expect(found).toEqual(PLACES.map((place) => [...place, 'paused']));
    await engine.close();
  });

  it('says that it did not come there once that is certain, and steps stay paused', async () => {
    const { engine, events } = await openEngine(await empty(), createVirtualClock());
    const run = await engine.startRun(memorySource(GIVEN), paced());
    await run.until(parseGoal('record:6'), true);
    await run.until(parseGoal('conflict'), true);
    expect(run.status()).toMatchObject({ state: 'paused', until: null, counts: { records: 8, pending: 2 } });
    await expect(run.until(parseGoal('record'), true)).rejects.toMatchObject({ code: 'conflict' });
    await run.resume();
    await run.until(parseGoal('2h'), false);
    await run.ended;
    expect(events.flatMap((said) => (said.event === 'notice' ? [said.message] : []))).toEqual([
      'The run did not come to the next conflict: all records are in.',
      'The run did not come to 2:00:00.000: it has ended.',
    ]);
    await engine.close();
  });

  it('stays paused when a person pauses it before a goal has had its turn', async () => {
    const { engine } = await openEngine(await empty(), createVirtualClock());
    const run = await engine.startRun(silentAfter(memorySource(GIVEN)), paced());
    const asked = run.until(parseGoal('conflict'), false);
    await Promise.all([asked, run.pause()]);
    expect(run.status()).toMatchObject({ state: 'paused', until: null });
    run.stop();
    await run.ended;
    await engine.close();
  });

  it('lets go of who waits for a step when it is stopped, another is asked for, or its source breaks', async () => {
    const { engine, events } = await openEngine(await empty(), createVirtualClock());
    const fault = new IngotError('source_broken', 'memory.json breaks off.');
    const stopped = await engine.startRun(silentAfter(memorySource(GIVEN)), paced());
    await stopped.until(parseGoal('duplicate'), true);
    const replaced = stopped.until(parseGoal('record'), true);
    const left = stopped.until(parseGoal('1h'), true);
    await replaced;
    stopped.stop();
    await Promise.all([left, stopped.ended]);
    const broken = await engine.startRun(memorySource([update('x', 1)], { fault }), paced());
    await broken.until(parseGoal('conflict'), true);
    expect((await broken.ended).state).toBe('failed');
    expect(events.flatMap((said) => (said.event === 'notice' ? [said.message] : []))).toEqual([
      'The run did not come to the next conflict: it has ended.',
    ]);
    await engine.close();
  });

  it('refuses what has passed or cannot come, and stays as it is', async () => {
    const { engine } = await openEngine(await empty(), createVirtualClock());
    const run = await engine.startRun(memorySource(GIVEN), paced());
    await run.until(parseGoal('record:3'), true);
    await run.resume();
    for (const text of ['record:3', '2s']) {
      await expect(run.until(parseGoal(text), true)).rejects.toMatchObject({
        message: `The run has passed ${text === '2s' ? '00:02.000' : 'record 3'}.`,
      });
    }
    engine.callbacks.pause();
    await expect(run.until(parseGoal('fired'), false)).rejects.toMatchObject({ code: 'conflict' });
    expect(run.status().state).toBe('running');
    await engine.close();
  });
});

it('reads what it writes, and nothing else', () => {
  for (const [text] of PLACES)
    expect(formatGoal(parseGoal(formatGoal(parseGoal(text))))).toBe(formatGoal(parseGoal(text)));
  expect(parseGoal('1m03s')).toEqual({ kind: 'time', at: 63_000 });
  for (const text of [
    '',
    'record:',
    'record:-1',
    'record:1.5',
    'account:',
    'gone',
    'fired:1',
    'stale:a',
    '12',
  ]) {
    expect(() => parseGoal(text), text).toThrow('nothing that a run can pause at');
  }
});
