import { beforeEach, expect, it } from 'vitest';
import type { Database, SqlValue } from '../../database/database';
import { describeOnEachDatabase } from '../../database/testing/each-database';
import { createSystemClock } from '../../engine/clock';
import { createViews, type Views } from './create-views';

/** Enough for more than 8 MB of latest states, from where on counting is not for every request. */
const MANY = 80_000;

const insertAccounts = (database: Database, from: number, count: number) =>
  database.query(
    {
      name: 'insert_accounts',
      deadline: 'write',
      text: `
        WITH n AS (SELECT n, md5(n::text) AS id FROM generate_series($1::int4, $1::int4 + $2::int4 - 1) AS n),
        history AS (
          INSERT INTO account_updates (account_id, version, run_id, record_index, account_type, tokens, data,
            callback_time_ms, outcome, callback_due_at)
          SELECT id, 1, 1, n, 'mint', n, '{}', 0, 'indexed', now() FROM n
          RETURNING account_id, seq
        )
        INSERT INTO accounts (id, account_type, tokens, version, update_seq)
        SELECT id, 'mint', n, 1, seq FROM n JOIN history ON account_id = id`,
    },
    [from, count],
  );

describeOnEachDatabase('the total of a window', (open) => {
  let database: Database;
  let views: Views;
  const page = () =>
    views.accounts({
      window: { from: { edge: 'start' }, limit: 10 },
      sort: { by: 'tokens', direction: 'asc' },
      filter: {},
    });
  /** A count goes on in the background: it ends, or the test does. */
  const untilExact = async () => {
    for (;;) {
      const window = await page();
      if (window.totalIs === 'exact') return window;
    }
  };
  beforeEach(async () => {
    database = await open();
    views = createViews({ database, clock: createSystemClock() });
  });

  it('is counted on the spot while the table is small', async () => {
    await insertAccounts(database, 0, 300);
    views.noteChange();
    expect(await page()).toMatchObject({ total: 300, totalIs: 'exact' });
    await insertAccounts(database, 300, 1);
    views.noteChange();
    expect(await page()).toMatchObject({ total: 301, totalIs: 'exact' });
  });

  it('is a near estimate on a large table, exact soon after nothing changes any more, and an estimate again', async () => {
    await insertAccounts(database, 0, MANY);
    views.noteChange();
    const estimated = await page();
    expect(estimated.totalIs).toBe('estimate');
    expect(estimated.total).toBeGreaterThan(MANY * 0.7);
    expect(estimated.total).toBeLessThan(MANY * 1.3);
    expect((await untilExact()).total).toBe(MANY);

    await insertAccounts(database, MANY, 1);
    views.noteChange();
    expect(await page()).toMatchObject({ total: MANY, totalIs: 'estimate' });
  });

  it('is never below what the window itself shows', async () => {
    await insertAccounts(database, 0, 20);
    views.noteChange();
    await page();
    await insertAccounts(database, 20, 5);
    // Nobody has told of the change yet.
    const window = await views.accounts({
      window: { from: { edge: 'start' }, limit: 24 },
      sort: { by: 'tokens', direction: 'asc' },
      filter: {},
    });
    expect(window).toMatchObject({ total: 25, totalIs: 'estimate' });
  });

  it('of callbacks in a state is counted without a look at the history, of which nothing is asked', async () => {
    // More of each than a window takes, or nothing has to be counted.
    await insertAccounts(database, 0, 60);
    await database.query({
      name: 'settle_some',
      deadline: 'write',
      text: `
        INSERT INTO settled_callbacks (seq, fired, settled_at)
        SELECT update_seq, tokens % 3 = 0, now() FROM accounts WHERE tokens % 3 < 2`,
    });
    await database.query({
      name: 'let_others_wait',
      deadline: 'write',
      text: `UPDATE accounts SET callback_due_at = now() + interval '1 hour' WHERE tokens % 3 = 2`,
    });
    const counts: { readonly text: string; readonly values: readonly SqlValue[] }[] = [];
    const watched: Database = {
      ...database,
      query: (statement, values = []) => {
        if (statement.name.endsWith('_total')) counts.push({ text: statement.text, values });
        return database.query(statement, values);
      },
    };
    const watchedViews = createViews({ database: watched, clock: createSystemClock() });
    const window = { from: { edge: 'start' }, limit: 10 } as const;
    for (const state of ['pending', 'fired', 'cancelled'] as const) {
      const filter = { callbackStates: [state] };
      expect(await watchedViews.callbacks({ window, state })).toMatchObject({ total: 20 });
      expect(await watchedViews.history({ window, direction: 'desc', filter })).toMatchObject({ total: 20 });
    }
    expect(counts.length).toBeGreaterThanOrEqual(3);
    for (const { text, values } of counts) {
      const plan = await database.query(
        { name: 'explain', deadline: 'read', text: `EXPLAIN (COSTS OFF) ${text}` },
        values,
      );
      expect(JSON.stringify(plan.rows)).not.toContain('account_updates');
    }
  });
});
