import { beforeEach, expect, it } from 'vitest';
import { ACCOUNT_SORTS, type WindowRequest } from '../../../src-shared/views';
import type { Database } from '../../database/database';
import { vacuumAnalyze } from '../../database/maintenance';
import { describeOnEachDatabase } from '../../database/testing/each-database';
import { createVirtualClock } from '../../engine/virtual-clock';
import { createViews, type Views } from './create-views';

const ACCOUNTS = 4_000;
const LIMIT = 20;
/** Of each statement, with what it looks up for each row of its page. */
const MOST_ROWS_READ = 20 * LIMIT;
const EDGES: readonly WindowRequest['from'][] = [{ edge: 'start' }, { edge: 'end' }];

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly Plans?: readonly PlanNode[];
}

/** Rows that the scans of a plan have looked at, whether or not they passed the filter. */
function rowsRead(node: PlanNode): number {
  const own = node['Node Type'].includes('Scan')
    ? node['Actual Rows'] +
      (node['Rows Removed by Filter'] ?? 0) +
      (node['Rows Removed by Index Recheck'] ?? 0)
    : 0;
  return (node.Plans ?? []).reduce((sum, child) => sum + rowsRead(child), own * node['Actual Loops']);
}

describeOnEachDatabase('a page of a view in which all callbacks wait', (open) => {
  let views: Views;
  /** How many rows each page has read, by its question: its statement is run a second time to tell. */
  let read: Map<string, number>;
  let asked: string;
  beforeEach(async () => {
    const database = await open();
    await fill(database);
    read = new Map();
    const watched: Database = {
      ...database,
      query: async (statement, values = []) => {
        if (statement.name.endsWith('_page')) {
          const text = `EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ${statement.text}`;
          const { rows } = await database.query<{ 'QUERY PLAN': string | readonly { Plan: PlanNode }[] }>(
            { name: 'explain', deadline: 'read', text },
            values,
          );
          const plan = rows[0]?.['QUERY PLAN'];
          const [first] = (typeof plan === 'string' ? JSON.parse(plan) : plan) as { Plan: PlanNode }[];
          if (!first) throw new Error('no plan');
          read.set(asked, (read.get(asked) ?? 0) + rowsRead(first.Plan));
        }
        return database.query(statement, values);
      },
    };
    views = createViews({ database: watched, clock: createVirtualClock() });
  });
  const expectFewRead = (pages: number) => {
    expect(read.size).toBe(pages);
    expect([...read].filter(([, rows]) => rows > MOST_ROWS_READ)).toEqual([]);
  };

  it('reads few rows of the accounts in every order, of all of them and of those in some states', async () => {
    for (const callbackStates of [[], ['pending'], ['pending', 'fired']] as const) {
      for (const by of ACCOUNT_SORTS) {
        // Those of several states in the order of their state: no index holds the ones that have fired.
        if (by === 'callback' && callbackStates.length !== 1) continue;
        for (const direction of ['asc', 'desc'] as const) {
          for (const from of EDGES) {
            asked = JSON.stringify({ by, direction, callbackStates, from });
            const page = await views.accounts({
              sort: { by, direction },
              filter: { callbackStates: [...callbackStates] },
              window: { from, limit: LIMIT },
            });
            expect(page.rows).toHaveLength(LIMIT);
          }
        }
      }
    }
    expectFewRead((3 * ACCOUNT_SORTS.length - 2) * 4);
  });

  it('reads few rows of the history and of the callbacks', async () => {
    for (const from of EDGES) {
      const window = { from, limit: LIMIT };
      for (const direction of ['asc', 'desc'] as const) {
        for (const callbackStates of [[], ['pending'], ['pending', 'fired']] as const) {
          asked = JSON.stringify({ direction, callbackStates, from });
          const filter = { callbackStates: [...callbackStates] };
          expect((await views.history({ direction, filter, window })).rows).toHaveLength(LIMIT);
        }
      }
      asked = JSON.stringify({ callbacks: from });
      expect((await views.callbacks({ state: 'pending', window })).rows).toHaveLength(LIMIT);
    }
    expectFewRead(2 * 7);
  });
});

/** Accounts of one version each, whose callbacks wait. */
async function fill(database: Database): Promise<void> {
  await database.query(
    {
      name: 'insert_accounts',
      deadline: 'write',
      text: `
        WITH history AS (
          INSERT INTO account_updates (account_id, version, run_id, record_index, account_type, tokens, data,
            callback_time_ms, outcome, callback_due_at)
          SELECT md5(n::text), 1, 1, n, 'mint', n, '{}', 0, 'indexed', now() + interval '1 hour'
          FROM generate_series(1, $1::int4) AS n
          RETURNING *
        )
        INSERT INTO accounts (id, account_type, tokens, version, update_seq, callback_due_at)
        SELECT account_id, account_type, tokens, version, seq, callback_due_at FROM history`,
    },
    [ACCOUNTS],
  );
  await vacuumAnalyze(database);
}
