import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { PlannedRecord } from '../ingestion/arrival-plan';
import { MOST_DATA_AT_ONCE } from '../ingestion/batch-room';
import { toRecords } from '../ingestion/testing/memory-source';
import { LARGEST_BATCH_RECORDS, readAhead } from './read-ahead';
import { update } from './testing/open-engine';

const plan = (count: number, from = 0): readonly PlannedRecord[] =>
  toRecords(Array.from({ length: count }, (_, n) => update('a', from + n))).map((source) => ({
    source,
    at: null,
  }));

/** Groups of these sizes; counts those that were requested. */
function groupsOf(sizes: Iterable<number>, fault?: Error) {
  const asked = { groups: 0 };
  const groups = (async function* () {
    let from = 0;
    for (const size of sizes) {
      asked.groups += 1;
      yield plan(size, from);
      from += size;
    }
    if (fault) throw fault;
  })();
  return { asked, groups };
}

const versionsOf = (batches: readonly (readonly PlannedRecord[])[]) =>
  batches.flat().map(({ source }) => (source.kind === 'update' ? source.update.version : ''));

/** By its stopwatch each batch takes `batchMs`. */
function stopwatch(batchMs: number) {
  let ms = 0;
  return {
    monotonicMs() {
      ms += batchMs;
      return ms;
    },
    breathe: () => setImmediate(),
  };
}

/** Takes all batches, each after the reader has had its turns. */
async function takeAll(batches: AsyncGenerator<readonly PlannedRecord[]>) {
  const taken: (readonly PlannedRecord[])[] = [];
  for await (const batch of batches) {
    taken.push(batch);
    for (let turn = 0; turn < 100; turn += 1) await setImmediate();
  }
  return taken;
}

it('hands out what has come meanwhile as one batch, all of it and in order', async () => {
  const { groups } = groupsOf([3, 1, 500, 2, 7]);
  const taken = await takeAll(readAhead(groups, stopwatch(1)));
  expect(taken.map((batch) => batch.length)).toEqual([3, 510]);
  expect(versionsOf(taken)).toEqual(Array.from({ length: 513 }, (_, n) => String(n)));
});

it('lets batches grow while they are quick, up to the largest', async () => {
  const { groups } = groupsOf(Array.from({ length: 60 }, () => 1_000));
  const sizes = (await takeAll(readAhead(groups, stopwatch(1)))).map((batch) => batch.length);
  expect(Math.max(...sizes)).toBe(LARGEST_BATCH_RECORDS);
  expect(sizes.slice(0, 4)).toEqual([1_000, 2_000, 4_000, LARGEST_BATCH_RECORDS]);
  expect(sizes.reduce((sum, size) => sum + size)).toBe(60_000);
});

it('keeps batches small while they are slow', async () => {
  const { groups } = groupsOf(Array.from({ length: 20 }, () => 1_000));
  const sizes = (await takeAll(readAhead(groups, stopwatch(10_000)))).map((batch) => batch.length);
  expect(new Set(sizes)).toEqual(new Set([1_000]));
});

it('does not read on without end while nobody takes', async () => {
  const { asked, groups } = groupsOf(Array.from({ length: 1_000 }, () => 1));
  const batches = readAhead(groups, stopwatch(1));
  await batches.next();
  for (let turn = 0; turn < 5_000; turn += 1) await setImmediate();
  expect(asked.groups).toBeLessThan(100);
  await batches.return(undefined);
});

it('neither reads on nor fills a batch beyond what may be held of large records', async () => {
  const data = 'x'.repeat(MOST_DATA_AT_ONCE / 4);
  let asked = 0;
  const groups = (async function* () {
    for (; asked < 12; asked += 1) {
      yield toRecords([update('a', asked, { data })]).map((source) => ({ source, at: null }));
    }
  })();
  const batches = readAhead(groups, stopwatch(1));
  await batches.next();
  for (let turn = 0; turn < 100; turn += 1) await setImmediate();
  expect(asked).toBe(4);
  const sizes: (number | undefined)[] = [];
  for (let turn = 0; turn < 100; turn += 1) await setImmediate();
  for (let batch = await batches.next(); !batch.done; batch = await batches.next()) {
    sizes.push(batch.value.length);
    for (let turn = 0; turn < 100; turn += 1) await setImmediate();
  }
  expect(sizes).toEqual([4, 4, 3]);
});

it('reads on only when what was taken has been sent off', async () => {
  const { asked, groups } = groupsOf(Array.from({ length: 20 }, () => 1_000));
  const batches = readAhead(groups, stopwatch(10_000));
  await batches.next();
  for (let turn = 0; turn < 100; turn += 1) await setImmediate();
  const before = asked.groups;
  await batches.next();
  for (let step = 0; step < 100; step += 1) await Promise.resolve();
  expect(asked.groups).toBe(before);
  for (let turn = 0; turn < 100; turn += 1) await setImmediate();
  expect(asked.groups).toBe(before + 1);
  await batches.return(undefined);
});

it('hands out what was read before a fault, then the fault', async () => {
  const { groups } = groupsOf([2, 3], new Error('broken'));
  const batches = readAhead(groups, stopwatch(1));
  const taken: (readonly PlannedRecord[])[] = [];
  const all = (async () => {
    for await (const batch of batches) taken.push(batch);
  })();
  await expect(all).rejects.toThrow('broken');
  expect(versionsOf(taken)).toEqual(['0', '1', '2', '3', '4']);
});
