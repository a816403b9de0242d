import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createVirtualClock } from '../../src-main/time/testing/virtual-clock';
import { createSchedule, sendOnSchedule } from './schedule';
import type { WorkloadReader } from './workload';

const arbitrarySchedule = fc
  .record({
    perSecond: fc.double({ min: 0.1, max: 100_000, noNaN: true }),
    records: fc.integer({ min: 2, max: 10_000 }),
    beginMs: fc.double({ min: 0, max: 1e9, noNaN: true }),
  })
  .map(createSchedule);

it('says of no update that it is due before its instant, and of none that it is not due after it', () => {
  fc.assert(
    fc.property(arbitrarySchedule, fc.double({ min: 0, max: 1.2, noNaN: true }), (schedule, share) => {
      const nowMs = schedule.beginMs + share * schedule.durationMs;
      const due = schedule.dueBy(nowMs);
      if (due > 1) expect(schedule.intendedMs(due - 1)).toBeLessThanOrEqual(nowMs);
      // The fractions may be off by a millionth of an interval.
      const slackMs = 0.001 / schedule.perSecond + 1e-6;
      if (due < schedule.records) expect(schedule.intendedMs(due)).toBeGreaterThan(nowMs - slackMs);
    }),
  );
});

it('has the opening update alone before its beginning, and all of them at its end', () => {
  const schedule = createSchedule({ perSecond: 10, records: 21, beginMs: 500 });
  expect(schedule.dueBy(499.9)).toBe(1);
  expect(schedule.dueBy(500)).toBe(2);
  expect(schedule.dueBy(500 + schedule.durationMs)).toBe(21);
});

/** Records of one byte, as if read from a file. */
function readerOf(records: number, taken: number): WorkloadReader {
  let at = taken;
  return {
    get taken() {
      return at;
    },
    async take(count) {
      const many = Math.min(count, records - at);
      at += many;
      return Buffer.alloc(many);
    },
    close: async () => {},
  };
}

/** Sends a whole schedule in virtual time; returns the instant of each update, in order. */
async function send(room: (sent: number) => number): Promise<{ sentMs: number[]; intendedMs: number[] }> {
  const clock = createVirtualClock();
  const schedule = createSchedule({ perSecond: 100, records: 101, beginMs: 1_000 });
  const sentMs: number[] = [];
  await sendOnSchedule(readerOf(101, 1), {
    schedule,
    clock,
    sink: {
      write(bytes) {
        for (const _ of bytes) sentMs.push(clock.monotonicMs());
        const fullForMs = room(sentMs.length);
        return fullForMs === 0 ? null : clock.waitUntil(clock.now() + fullForMs);
      },
    },
  });
  return { sentMs, intendedMs: sentMs.map((_, index) => schedule.intendedMs(index + 1)) };
}

it('sends each update at its instant', async () => {
  const { sentMs, intendedMs } = await send(() => 0);
  expect(sentMs).toEqual(intendedMs);
});

it('catches up with what fell due while the pipe was full, and moves nothing that comes after', async () => {
  const { sentMs, intendedMs } = await send((sent) => (sent === 20 ? 305 : 0));
  const lateMs = sentMs.map((ms, index) => ms - (intendedMs[index] ?? 0));
  expect(lateMs.slice(0, 20)).toEqual(Array(20).fill(0));
  // The 21st was intended 10 ms after the 20th, and was sent when there was room again, with all others due by then.
  expect(lateMs.slice(20, 50)).toEqual(Array.from({ length: 30 }, (_, index) => 295 - 10 * index));
  expect(lateMs.slice(50)).toEqual(Array(50).fill(0));
});
