import { expect, test } from 'vitest';
import type { Statement } from '../database/database';
import { describeOnEachDatabase } from '../database/testing/each-database';
import {
  checkpoint,
  checkpointIfDue,
  findHistoryGrowth,
  vacuumAnalyze,
  walSinceCheckpoint,
} from './maintenance';

const addRejects: Statement = {
  name: 'add_rejects',
  deadline: 'write',
  text: `
    INSERT INTO rejects (run_id, record_index, position, at_ms, field, reason, excerpt)
    SELECT 1, n, n, n, 'version', repeat('r', 100), '' FROM generate_series(1, 5000) AS numbers (n)`,
};
/** Some 15 blocks. */
const addUpdates: Statement = {
  name: 'add_updates',
  deadline: 'write',
  text: `
    INSERT INTO account_updates (seq, run_id, record_index, position, callback_time_ms, at_ms, account_id, slot, version,
      account_type, tokens, data)
    SELECT n, 1, n, n, 0, 0, 'a', 0, n, 'mint', 1, '{}' FROM generate_series(1, 1000) AS numbers (n)`,
};
const countedRejects: Statement = {
  name: 'counted_rejects',
  deadline: 'read',
  text: "SELECT reltuples::int4 AS n FROM pg_class WHERE oid = 'rejects'::regclass",
};

describeOnEachDatabase('maintenance', (open, kind) => {
  test('a vacuum with analyze counts the rows', async () => {
    const db = await open();
    await db.query(addRejects);
    await vacuumAnalyze(db);
    expect((await db.query(countedRejects)).rows).toEqual([{ n: 5000 }]);
  });

  test('the history has grown by what was written since its statistics', async () => {
    const db = await open();
    await vacuumAnalyze(db);
    expect(await findHistoryGrowth(db)).toEqual({ known: 0, grown: 0 });
    await db.query(addUpdates);
    const { known, grown } = await findHistoryGrowth(db);
    expect(known).toBe(0);
    expect(grown).toBeGreaterThan(10);
    await vacuumAnalyze(db);
    expect(await findHistoryGrowth(db)).toEqual({ known: grown, grown: 0 });
  });

  test('a checkpoint can be asked for', async () => {
    const db = await open();
    await expect(checkpoint(db)).resolves.toBeUndefined();
  });

  test('a checkpoint is made when enough was written, and only on the embedded database', async () => {
    const db = await open();
    await checkpoint(db);
    expect(await checkpointIfDue(db, 100_000)).toBe(false);
    await db.query(addRejects);
    expect(await checkpointIfDue(db, 100_000)).toBe(kind === 'pglite');
    if (kind === 'pglite') expect(await walSinceCheckpoint(db)).toBeLessThan(100_000);
  });

  test('a checkpoint in a long transaction leaves it open', async () => {
    const db = await open();
    await checkpoint(db);
    const undone = db.transaction(async (tx) => {
      await tx.query(addRejects);
      const made = await checkpointIfDue({ kind: db.kind, query: tx.query }, 100_000);
      throw new Error(`made: ${made}`);
    });
    await expect(undone).rejects.toThrow(`made: ${kind === 'pglite'}`);
    const { rows } = await db.query({
      name: 'count_rejects',
      deadline: 'read',
      text: 'SELECT count(*)::int4 AS n FROM rejects',
    });
    expect(rows).toEqual([{ n: 0 }]);
  });
});
