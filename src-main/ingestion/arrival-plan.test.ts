import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ARRIVALS, SCATTER_WINDOW_RECORDS } from '../../src-shared/run-settings';
import { type PlayedPart, planArrivals, UNPACED_BATCH_RECORDS } from './arrival-plan';
import { MOST_DATA_AT_ONCE } from './batch-room';
import type { SourceRecord } from './record';

type Settings = Parameters<typeof planArrivals>[1];
const settings = (changes: Partial<Settings> = {}): Settings => ({
  arrival: 'sequential',
  delay: { fromMs: 0, toMs: 1000 },
  seed: 1,
  simulate: true,
  ...changes,
});

function reject(record: number): SourceRecord {
  return { record, kind: 'reject', field: 'record', reason: 'record: must be an object', excerpt: '1' };
}

function withData(record: number, data: string): SourceRecord {
  const update = { id: 'a', accountType: 'mint', tokens: '1', version: '1', callbackTimeMs: 0, data };
  return { record, kind: 'update', update, arrivalMs: 1_000_000 + 10 * record };
}

async function* inChunks(count: number, size: number) {
  for (let begin = 0; begin < count; begin += size) {
    yield Array.from({ length: Math.min(size, count - begin) }, (_, place) => reject(begin + place));
  }
}

async function plan(count: number, changes: Partial<Settings>, chunkSize = 7, played?: PlayedPart) {
  const groups = [];
  const chunks = inChunks(count, chunkSize);
  for await (const group of planArrivals(chunks, settings(changes), played)) groups.push(group);
  return groups;
}

/** The rest of a plan after `records` were played, and the instant from which it continues. */
async function planRest(count: number, changes: Partial<Settings>, chunkSize: number, records: number) {
  const instants: (number | null)[] = [];
  const part = { records, passed: (at: number | null) => void instants.push(at) };
  return { rest: flat(await plan(count, changes, chunkSize, part)), instants };
}

const flat = (groups: Awaited<ReturnType<typeof plan>>) =>
  groups.flat().map(({ source, at }) => ({ record: source.record, at }));

describe('the plan of arrivals', () => {
  it('waits before each record, the first included', async () => {
    const planned = flat(await plan(4, { delay: { fromMs: 500, toMs: 500 } }));
    expect(planned.map(({ at }) => at)).toEqual([500, 1000, 1500, 2000]);
  });

  it('draws each gap out of the whole range, both ends included', async () => {
    const planned = flat(await plan(400, { delay: { fromMs: 2, toMs: 4 } }));
    const gaps = planned.map(({ at }, place) => (at ?? 0) - (planned[place - 1]?.at ?? 0));
    expect([...new Set(gaps)].sort()).toEqual([2, 3, 4]);
  });

  it('scatters all records over one window, in order of instant', async () => {
    const planned = flat(await plan(500, { arrival: 'scatter', delay: { fromMs: 100, toMs: 300 } }));
    const instants = planned.map(({ at }) => at ?? -1);
    expect(instants).toEqual([...instants].sort((a, b) => a - b));
    expect(Math.min(...instants)).toBeGreaterThanOrEqual(100);
    expect(Math.max(...instants)).toBeLessThanOrEqual(300);
    expect(planned.map(({ record }) => record)).not.toEqual(planned.map((_, place) => place));
    expect(new Set(planned.map(({ record }) => record)).size).toBe(500);
  });

  it('begins the next window where the last one ended when there are more records than one may hold', async () => {
    const planned = flat(await plan(SCATTER_WINDOW_RECORDS + 10, { arrival: 'scatter' }, 1000));
    expect(planned.slice(-10).every(({ at }) => at !== null && at >= 1000 && at <= 2000)).toBe(true);
  });

  it('gives no instants when nothing is paced, and fills its batches when simulated', async () => {
    const groups = await plan(2 * UNPACED_BATCH_RECORDS + 1, { arrival: 'none' }, 64);
    expect(groups.map((group) => group.length)).toEqual([UNPACED_BATCH_RECORDS, UNPACED_BATCH_RECORDS, 1]);
    expect(flat(groups).every(({ at }) => at === null)).toBe(true);
  });

  it.each([
    ['scatter', SCATTER_WINDOW_RECORDS],
    ['none', UNPACED_BATCH_RECORDS],
  ] as const)('hands out a full group of %s though the source is silent after it', async (arrival, size) => {
    let isAsked = false;
    const silentAfter = async function* () {
      yield Array.from({ length: size }, (_, record) => reject(record));
      isAsked = true;
      await new Promise<never>(() => {});
    };
    const instant = { delay: { fromMs: 5, toMs: 5 }, simulate: arrival === 'none' };
    const { value } = await planArrivals(silentAfter(), settings({ arrival, ...instant })).next();
    expect(value).toHaveLength(size);
    expect(isAsked).toBe(false);
  });

  it('does not hold records back to fill a batch when not simulated', async () => {
    const groups = await plan(20, { arrival: 'none', simulate: false }, 7);
    expect(groups.map((group) => group.length)).toEqual([7, 7, 6]);
  });

  it('is the same for the same seed however the source was cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...ARRIVALS),
        fc.integer({ min: 0, max: 0xffff_ffff }),
        fc.integer({ min: 1, max: 50 }),
        async (arrival, seed, chunkSize) => {
          expect(flat(await plan(50, { arrival, seed }, chunkSize))).toEqual(
            flat(await plan(50, { arrival, seed }, 50)),
          );
        },
      ),
    );
  });

  it('hands out groups of one size when simulated, however the source was cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...ARRIVALS),
        fc.integer({ min: 0, max: 3 }),
        fc.integer({ min: 1, max: 2_300 }),
        async (arrival, toMs, chunkSize) => {
          const records = 2 * UNPACED_BATCH_RECORDS + 300;
          const changes = { arrival, delay: { fromMs: 0, toMs } };
          const groups = await plan(records, changes, chunkSize);
          expect(groups.map(({ length }) => length)).toEqual([
            UNPACED_BATCH_RECORDS,
            UNPACED_BATCH_RECORDS,
            300,
          ]);
          expect(groups).toEqual(await plan(records, changes, records));
          const [first = []] = groups;
          const { length: played } = first;
          const part = { records: played, passed: () => undefined };
          expect(await plan(records, changes, chunkSize, part)).toEqual(groups.slice(1));
        },
      ),
      { numRuns: 30 },
    );
  });

  it.each(ARRIVALS)('hands out no more data at once than a batch may hold (%s)', async (arrival) => {
    const data = 'x'.repeat(MOST_DATA_AT_ONCE / 4);
    const large = async function* () {
      for (let record = 0; record < 9; record += 1) yield [withData(record, data)];
    };
    const delay = { fromMs: 5, toMs: 5 };
    const sizes: number[] = [];
    for await (const group of planArrivals(large(), settings({ arrival, delay }))) sizes.push(group.length);
    expect(sizes).toEqual([4, 4, 1]);
  });

  it('keeps the gaps of a recording, through what has no instant and a clock that was put back', async () => {
    const chunks = async function* () {
      const at = (record: number, arrivalMs: number) => ({ ...withData(record, ''), arrivalMs });
      yield [reject(0), at(1, 5_000), at(2, 5_250)];
      yield [reject(3), at(4, 5_100), at(5, 9_000)];
    };
    const instants: (number | null)[] = [];
    const passed = (at: number | null) => void instants.push(at);
    for (const [records, expected] of [
      [0, [0, 0, 250, 250, 250, 4_000]],
      [2, [250, 250, 250, 4_000]],
      [5, [4_000]],
    ] as const) {
      const recorded = settings({ arrival: 'recorded', simulate: false });
      const groups = planArrivals(chunks(), recorded, { records, passed });
      const found = [];
      for await (const group of groups) found.push(...group);
      expect(found.map(({ at }) => at)).toEqual(expected);
    }
    expect(instants).toEqual([0, 250]);
  });

  it('ends a window of scatter early when its records are large, and takes it up at any place', async () => {
    const data = 'x'.repeat(MOST_DATA_AT_ONCE);
    const large = async function* () {
      for (let record = 0; record < 69; record += 1) yield [withData(record, data)];
    };
    const planned = async (records: number) => {
      const part = { records, passed: () => undefined };
      const groups = [];
      for await (const group of planArrivals(large(), settings({ arrival: 'scatter' }), part))
        groups.push(group);
      return flat(groups);
    };
    const whole = await planned(0);
    const windows = whole.map(({ at }) => Math.floor((at ?? -1) / 1000));
    expect(windows).toEqual(Array.from({ length: 69 }, (_, place) => Math.floor(place / 32)));
    for (const played of [1, 31, 32, 33, 64, 69]) expect(await planned(played)).toEqual(whole.slice(played));
  });

  it('continues after any part, as if played in one go', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...ARRIVALS),
        fc.integer({ min: 0, max: 0xffff_ffff }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 50 }),
        async (arrival, seed, chunkSize, played) => {
          const whole = flat(await plan(50, { arrival, seed }));
          const { rest, instants } = await planRest(50, { arrival, seed }, chunkSize, played);
          expect(rest).toEqual(whole.slice(played));
          expect(instants).toEqual([whole[played - 1]?.at]);
        },
      ),
    );
  });

  it.each([-1, 0, 1])('goes on where a window of scatter ends, and %i from there', async (offset) => {
    const count = SCATTER_WINDOW_RECORDS + 3;
    const played = SCATTER_WINDOW_RECORDS + offset;
    const whole = flat(await plan(count, { arrival: 'scatter' }, 1000));
    const { rest } = await planRest(count, { arrival: 'scatter' }, 1000, played);
    expect(rest).toEqual(whole.slice(played));
  });

  it.each(ARRIVALS)('refuses a source that ends before the part that was played (%s)', async (arrival) => {
    await expect(planRest(5, { arrival }, 2, 6)).rejects.toMatchObject({ code: 'source_broken' });
  });

  it.each(ARRIVALS)('hands out what was read before a fault of the source (%s)', async (arrival) => {
    const broken = async function* () {
      yield [reject(0), reject(1)];
      throw new Error('cut off');
    };
    const seen: number[] = [];
    const play = async () => {
      for await (const group of planArrivals(broken(), settings({ arrival }))) {
        seen.push(...group.map(({ source }) => source.record));
      }
    };
    await expect(play()).rejects.toThrow('cut off');
    expect(seen.sort()).toEqual([0, 1]);
  });
});
