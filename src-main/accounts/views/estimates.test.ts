import { beforeEach, expect, it } from 'vitest';
import type { HistoryQuery } from '../../../src-shared/views';
import type { Database } from '../../database/database';
import { describeOnEachDatabase } from '../../database/testing/each-database';
import { createSystemClock } from '../../time/clock';
import { createViews, type Views } from './create-views';

const NONE_PENDING = { count: () => 0, earliestMs: () => null, each: () => {} };

/** Enough for more than 8 MB of latest states; above that not every request counts. */
const MANY = 80_000;

const insertAccounts = (database: Database, from: number, count: number) =>
  database.query(
    {
      name: 'insert_accounts',
      deadline: 'write',
      text: `
        WITH n AS (SELECT n, md5(n::text) AS id FROM generate_series($1::int4, $1::int4 + $2::int4 - 1) AS n),
        history AS (
          INSERT INTO account_updates (seq, run_id, record_index, position, callback_time_ms, at_ms, due_ms, account_id, slot,
            version, account_type, tokens, data)
          SELECT n, 1, n, n, 0, n, n, id, 0, 1, 'mint', n, '{}' FROM n
        )
        INSERT INTO accounts (id, account_type, tokens, slot, version, update_seq, created_seq)
        SELECT id, 'mint', n, 0, 1, n, n FROM n`,
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
  /** The count runs in the background: it ends, or the test does. */
  const untilExact = async () => {
    for (;;) {
      const window = await page();
      if (window.totalIs === 'exact') return window;
    }
  };
  beforeEach(async () => {
    database = await open();
    views = createViews({ database, clock: createSystemClock(), pending: NONE_PENDING });
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
    const grown = await page();
    expect(grown.totalIs).toBe('estimate');
    expect(grown.total).toBeGreaterThan(MANY * 0.7);
    expect(grown.total).toBeLessThan(MANY * 1.3);
  });

  it('is never below what the window itself shows', async () => {
    await insertAccounts(database, 0, 20);
    views.noteChange();
    await page();
    await insertAccounts(database, 20, 5);
    // The views do not know of the change yet.
    const window = await views.accounts({
      window: { from: { edge: 'start' }, limit: 24 },
      sort: { by: 'tokens', direction: 'asc' },
      filter: {},
    });
    expect(window).toMatchObject({ total: 25, totalIs: 'estimate' });
  });

  it('of callbacks in a state, of the history and of a run is what the runs counted: no row is read', async () => {
    await database.query({
      name: 'store_runs',
      deadline: 'write',
      text: `
        INSERT INTO runs (source, settings, state, clock, counts)
        SELECT 'a.json', '{}', 'stopped', '{"kind": "virtual", "atMs": 0}', format(
          '{"indexed": %s, "stale": %s, "fired": %s, "cancelled": %s, "pending": 2}', 20 * n, 7 * n, 11 * n, 5 * n)::jsonb
        FROM generate_series(1, 2) AS n`,
    });
    await insertAccounts(database, 0, 30);
    const watched: Database = {
      ...database,
      query: (statement, values = []) => {
        if (/_total$|_estimate$/.test(statement.name)) throw new Error('it counts rows');
        return database.query(statement, values);
      },
    };
    const { history, callbacks } = createViews({
      database: watched,
      clock: createSystemClock(),
      pending: { count: () => 4, earliestMs: () => null, each: () => {} },
    });
    const window = { from: { edge: 'start' }, limit: 10 } as const;
    const direction = 'desc';
    for (const [filter, total] of [
      [{}, 81],
      [{ outcomes: ['stale'] }, 21],
      [{ runId: '2' }, 54],
      [{ callbackStates: ['fired', 'cancelled'] }, 48],
      [{ runId: '2', callbackStates: ['fired'] }, 22],
      [{ runId: '1', callbackStates: ['pending'] }, 2],
    ] as const) {
      const asked = structuredClone(filter) as HistoryQuery['filter'];
      // A window that reaches both edges knows better, and these rows are fewer than the runs say.
      const page = await history({ window, direction, filter: asked });
      if (!page.atEnd || !page.atStart) expect(page).toMatchObject({ total, totalIs: 'exact' });
    }
    expect(await callbacks({ window: { from: { near: 0.5 }, limit: 10 }, state: 'fired' })).toMatchObject({
      rows: [],
    });
  });
});
