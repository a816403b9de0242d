import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findRate } from './find-rate';

/** A program that holds any rate up to `limit`. */
async function search(limit: number, from: number, most = 1_000_000) {
  const tried: number[] = [];
  const found = await findRate(
    async (perSecond) => {
      tried.push(perSecond);
      return { reasons: perSecond <= limit ? [] : ['too much'] };
    },
    { from, most },
  );
  return { ...found, tried };
}

describe('the search for the highest rate that holds', () => {
  it('comes within 6 % of it, in few steps, wherever it begins', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 100_000 }),
        fc.integer({ min: 1, max: 100_000 }),
        async (limit, from) => {
          const { holds, fails, tried } = await search(limit, from);
          expect(holds).toBeLessThanOrEqual(limit);
          expect(fails).toBeGreaterThan(limit);
          expect(fails).toBeLessThanOrEqual(Math.max((holds ?? 0) * 1.06, (holds ?? 0) + 1));
          expect(tried.length).toBeLessThan(32);
          expect(new Set(tried).size).toBe(tried.length);
        },
      ),
    );
  });

  it('doubles, then tries the middle', async () => {
    const { tried } = await search(3_100, 500);
    expect(tried).toEqual([500, 1_000, 2_000, 4_000, 3_000, 3_500, 3_300, 3_200, 3_100]);
  });

  it('says that no rate holds', async () => {
    expect(await search(0, 100)).toMatchObject({ holds: null, fails: 1 });
  });

  it('ends at the highest rate that may be tried', async () => {
    expect(await search(5_000, 1_000, 3_000)).toMatchObject({ holds: 3_000, fails: null });
  });
});
