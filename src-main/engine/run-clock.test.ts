import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LATEST_EPOCH_MS } from '../database/time-sql';
import { createRunClock } from './run-clock';

describe('the run clock', () => {
  it('lives `speed` of its milliseconds in one of the wall', () => {
    const clock = createRunClock(1000, 20);
    expect(clock.at(1050)).toBe(1000);
    expect(clock.wallOf(1000)).toBe(1050);
    expect(clock.dueAtMs(1050, 500)).toBe(1075);
  });

  it('never names an instant of the wall before its own has come', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e9 }),
        fc.double({ min: 0.01, max: 1e5, noNaN: true }),
        (at, speed) => {
          const clock = createRunClock(0, speed);
          expect(clock.wallOf(at) * speed).toBeGreaterThanOrEqual(at * (1 - 1e-12));
        },
      ),
    );
  });

  const speeds = fc.oneof(
    fc.integer({ min: 1, max: 1_000_000 }).map((thousandths) => thousandths / 1000),
    fc.double({ min: 0.001, max: 1e6, noNaN: true }),
  );
  const someTime = fc.nat(100_000_000);

  it('shows at least what it was waited for, and what a callback was to wait after that', () => {
    fc.assert(
      fc.property(speeds, someTime, someTime, (speed, at, callbackTimeMs) => {
        const clock = createRunClock(0, speed);
        const arrivalMs = clock.wallOf(at);
        expect(clock.at(arrivalMs)).toBeGreaterThanOrEqual(at);
        const waitedMs = clock.at(clock.dueAtMs(arrivalMs, callbackTimeMs)) - clock.at(arrivalMs);
        expect(waitedMs).toBeGreaterThanOrEqual(callbackTimeMs);
      }),
      { examples: [[0.29, 29 * 29, 0]] },
    );
  });

  it('shows nothing that is still to come', () => {
    fc.assert(
      fc.property(speeds, someTime, (speed, nowMs) => {
        const clock = createRunClock(0, speed);
        expect(clock.wallOf(clock.at(nowMs))).toBeLessThanOrEqual(nowMs);
      }),
    );
  });

  it('has no callback due later than the database can say, however slow it goes', () => {
    const dueAtMs = createRunClock(0, 0.001).dueAtMs(2 ** 41, Number.MAX_SAFE_INTEGER);
    expect(BigInt(dueAtMs)).toBeLessThanOrEqual(LATEST_EPOCH_MS);
    expect(BigInt(dueAtMs)).toBeGreaterThan(LATEST_EPOCH_MS - 2n);
  });

  it('rounds up, never down, where doubles are two milliseconds apart', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 41 }),
        fc.integer({ min: 0, max: 2 ** 41 }),
        (start, below) => {
          const delay = Number.MAX_SAFE_INTEGER - below;
          const due = createRunClock(start, 1).dueAtMs(start, delay);
          expect(BigInt(due)).toBeGreaterThanOrEqual(BigInt(start) + BigInt(delay));
          expect(BigInt(due) - BigInt(start) - BigInt(delay)).toBeLessThanOrEqual(2n);
        },
      ),
    );
  });
});
