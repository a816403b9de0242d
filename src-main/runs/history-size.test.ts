import { expect, it } from 'vitest';
import { LEAST_AGE_MS } from '../../src-shared/retention';
import type { Update } from '../../src-shared/update';
import { describeOnEachDatabase } from '../database/testing/each-database';
import { memorySource } from '../ingestion/testing/memory-source';
import { measureTables } from '../storage/retention';
import { createVirtualClock } from '../time/testing/virtual-clock';
import { createEngine } from './engine';
import { lookAtRetention } from './retention';
import { paced, silentLogger } from './testing/play-run';

const ACCOUNTS = 10;
const MINUTE = 60_000;
/** Some 1 kB each. */
const update = (number: number): Update => ({
  id: `a${number % ACCOUNTS}`,
  accountType: 'mint',
  tokens: String(number),
  version: String(number),
  data: JSON.stringify({ text: 'x'.repeat(1_000) }),
  callbackTimeMs: 1_000,
});

describeOnEachDatabase('history that is limited by its size', (empty, kind) => {
  it('is removed down to the limit once it is an hour old, and again when its room is used', async () => {
    const db = await empty();
    const clock = createVirtualClock(1_000_000);
    const engine = await createEngine({ database: db, clock, logger: silentLogger });
    let given = 0;
    const play = async (count: number) => {
      const source = memorySource(Array.from({ length: count }, () => update(given++)));
      await (await engine.startRun(source, paced({ arrival: 'none', wait: false }))).ended;
    };
    /** What is stored, and what is said to be removed. */
    const count = async () => {
      const { floor, removed } = await engine.retention.info();
      const { rows } = await db.query<{ kept: number; old: number; accounts: number; bytes: number }>(
        {
          name: 'kept',
          deadline: 'read',
          text: `SELECT count(*)::int4 AS kept, count(*) FILTER (WHERE seq <= $1::int8)::int4 AS old,
            count(DISTINCT account_id) FILTER (WHERE seq <= $1::int8)::int4 AS accounts,
            sum(pg_column_size(u.*))::int4 AS bytes FROM account_updates AS u`,
        },
        [floor?.seq ?? '-1'],
      );
      const [{ kept, old, accounts, bytes } = { kept: -1, old: -1, accounts: -1, bytes: -1 }] = rows;
      expect(kept + removed.indexed).toBe(given);
      // Up to the floor there is the state of each account then.
      expect([old, accounts]).toEqual(floor === null ? [0, 0] : [ACCOUNTS, ACCOUNTS]);
      return { floor: Number(floor?.seq), kept, bytes };
    };
    const emptyBytes = await measureTables(db);

    await play(1_500);
    const before = await count();
    const size = await measureTables(db);
    // Twice as large as it may be.
    const limit = Math.round(size / 2);
    await engine.retention.set({ ageMs: null, sizeBytes: limit });
    for (const waitMs of [1, 2 * MINUTE]) {
      await clock.waitUntil(clock.now() + waitMs);
      const info = await engine.retention.info();
      expect([info.heldBy, info.floor]).toEqual([expect.stringContaining('within the last hour'), null]);
      expect((await lookAtRetention(db, clock.now())).heldBy).toBe(info.heldBy);
    }
    await clock.waitUntil(clock.now() + LEAST_AGE_MS);
    const after = await count();
    expect((await engine.retention.info()).heldBy).toBeNull();
    expect((await lookAtRetention(db, clock.now())).heldBy).toBeNull();
    // Four fifths of the limit are left.
    expect(after.kept / before.kept).toBeCloseTo(0.4, 1);
    expect(after.bytes + emptyBytes).toBeLessThan(limit);
    // On a server, when room is used again is up to its own vacuum.
    if (kind === 'pglite') {
      const room = await measureTables(db);
      await play(200);
      await clock.waitUntil(clock.now() + MINUTE);
      expect((await count()).floor).toBe(after.floor);
      // They went where removed ones were.
      expect((await measureTables(db)) - room).toBeLessThan(100_000);
      await play(800);
      await clock.waitUntil(clock.now() + LEAST_AGE_MS + MINUTE);
      expect((await count()).floor).toBeGreaterThan(after.floor);
    }
    await engine.close();
  });
});
