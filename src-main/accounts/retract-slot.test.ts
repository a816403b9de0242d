import { expect, it } from 'vitest';
import { NO_COUNTS } from '../../src-shared/events';
import { startClock } from '../../src-shared/run-clock';
import { NO_BINS } from '../callbacks/figures';
import { knownRun } from '../callbacks/known-run';
import type { Database, Queryable, QueryResult, SqlValue, Statement } from '../database/database';
import { describeOnEachDatabase } from '../database/testing/each-database';
import { rememberAccounts } from './known-accounts';
import { retractSlot } from './retract-slot';

describeOnEachDatabase('a dead slot', (empty) => {
  it('is an error, and is not on record, if its accounts do not fall back', async () => {
    const db = await empty();
    await db.executeScript(
      'fill',
      `INSERT INTO accounts (id, account_type, tokens, slot, version, update_seq, created_seq)
      VALUES ('a', 'mint', 1, 5, 0, 1, 1)`,
    );
    let asked = 0;
    const stuck = (tx: Queryable): Queryable => ({
      ...tx,
      async query<Row>(statement: Statement, values?: readonly SqlValue[]): Promise<QueryResult<Row>> {
        if (statement.name !== 'fall_back') return tx.query<Row>(statement, values);
        asked += 1;
        if (asked > 1) throw new Error('It asked again.');
        return { rows: [], affectedRows: 0 };
      },
    });
    const stuckDb: Database = {
      ...db,
      transaction: (work) => db.transaction((tx) => work(stuck(tx))),
    };
    const run = knownRun({
      runId: '1',
      speed: 1,
      clock: startClock(0, 1),
      counts: NO_COUNTS,
      timeline: NO_BINS,
    });
    const retracted = retractSlot(stuckDb, {
      run,
      slot: '5',
      at: 0,
      nowMs: 0,
      known: rememberAccounts(),
      sequence: { take: () => 2n },
      runOf: () => run,
      checkpoint: async () => {},
    });
    await expect(retracted).rejects.toThrow('Accounts of the dead slot 5 did not fall back.');
    const text = 'SELECT slot FROM dead_slots';
    expect((await db.query({ name: 'look', deadline: 'read', text })).rows).toEqual([]);
  });
});
