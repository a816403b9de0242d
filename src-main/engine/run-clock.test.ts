import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
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
