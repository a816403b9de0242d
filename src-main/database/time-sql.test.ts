import fc from 'fast-check';
import { expect, test } from 'vitest';
import { numberArray } from './array-literal';
import type { Statement } from './database';
import { describeOnEachDatabase } from './testing/each-database';
import { epochMsOf, LATEST_EPOCH_MS, timestampOf } from './time-sql';

const anyEpochMs = fc.oneof(
  fc.bigInt({ min: 0n, max: LATEST_EPOCH_MS }),
  // The usual range of due times.
  fc.bigInt({ min: 1_700_000_000_000n, max: 1_900_000_000_000n }),
  fc.constantFrom(0n, 1n, 3_599_999n, 3_600_000n, 2n ** 53n - 1n, LATEST_EPOCH_MS - 1n, LATEST_EPOCH_MS),
);

describeOnEachDatabase('times in SQL', (open) => {
  test('come back as the millisecond they were', async () => {
    const db = await open();
    const roundTrip: Statement = {
      name: 'round_trip',
      deadline: 'read',
      text: `
        SELECT ${epochMsOf(timestampOf('ms'))} AS ms
        FROM unnest($1::int8[]) WITH ORDINALITY AS given (ms, place) ORDER BY place`,
    };
    await fc.assert(
      fc.asyncProperty(fc.array(anyEpochMs, { minLength: 1, maxLength: 60 }), async (given) => {
        const { rows } = await db.query<{ ms: string }>(roundTrip, [numberArray(given)]);
        expect(rows.map((row) => BigInt(row.ms))).toEqual(given);
      }),
    );
  });

  test('keep the order of milliseconds, however close', async () => {
    const db = await open();
    const compare: Statement = {
      name: 'compare_neighbours',
      deadline: 'read',
      text: `SELECT ${timestampOf('$1')} < ${timestampOf('$2')} AS ordered, ${timestampOf('$2')} - ${timestampOf('$1')} AS gap`,
    };
    await fc.assert(
      fc.asyncProperty(anyEpochMs, async (ms) => {
        fc.pre(ms < LATEST_EPOCH_MS);
        const { rows } = await db.query(compare, [String(ms), String(ms + 1n)]);
        expect(rows).toEqual([{ ordered: true, gap: '00:00:00.001' }]);
      }),
    );
  });

  test('mean what a JavaScript date means', async () => {
    const db = await open();
    const print: Statement = {
      name: 'print_time',
      deadline: 'read',
      text: `SELECT ${timestampOf('$1')} AS at`,
    };
    const { rows } = await db.query<{ at: string }>(print, [Date.parse('2026-11-22T19:43:29.007Z')]);
    expect(rows).toEqual([{ at: '2026-11-22 19:43:29.007+00' }]);
  });

  test('do not depend on the time zone of the session', async () => {
    const db = await open();
    const print: Statement = {
      name: 'print_time',
      deadline: 'read',
      text: `SELECT ${epochMsOf(timestampOf('$1'))} AS ms`,
    };
    const insideDst = Date.parse('2026-03-29T01:30:00.001Z');
    await db.transaction(async (tx) => {
      await tx.query({
        name: 'set_zone',
        deadline: 'read',
        text: "SELECT set_config('TimeZone', 'Europe/Berlin', true)",
      });
      expect((await tx.query(print, [insideDst])).rows).toEqual([{ ms: String(insideDst) }]);
    });
  });

  test('are null where there is none', async () => {
    const db = await open();
    const both: Statement = {
      name: 'no_time',
      deadline: 'read',
      text: `SELECT ${timestampOf('$1')} AS at, ${epochMsOf('$2::timestamptz')} AS ms`,
    };
    expect((await db.query(both, [null, null])).rows).toEqual([{ at: null, ms: null }]);
  });
});
