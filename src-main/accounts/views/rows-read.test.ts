import { AsyncLocalStorage } from 'node:async_hooks';
import { beforeAll, expect, it } from 'vitest';
import { NOW_SEQ } from '../../../src-shared/instant';
import type { CallbackState } from '../../../src-shared/update';
import {
  ACCOUNT_SORTS,
  type AccountsQuery,
  type HistoryQuery,
  MOST_RANGE_EVENTS,
  type WindowRequest,
} from '../../../src-shared/views';
import type { Database, QueryResult, SqlValue, Statement } from '../../database/database';
import { describeOnEachDatabase } from '../../database/testing/each-database';
import { measurePlan, type PlanCost } from '../../database/testing/measure-plan';
import { adjustAccountOrders } from '../../storage/account-orders';
import { vacuumAnalyze } from '../../storage/maintenance';
import { createVirtualClock } from '../../time/testing/virtual-clock';
import { createViews, type Views } from './create-views';
import { SCAN_ROWS } from './read-window';

const LIMIT = 20;
const SCAN = 300;
/** Rows that fit into the sample of 1 MiB for totals and places. */
const SAMPLE = 6_000;
/** Rows of a table of 8 MiB, which is counted at once: some 5 ms. */
const COUNTED = 50_000;
/** One statement: its walk with two look-ups per row, and what each row of its page needs. */
const mostRows = (walked: number) => 3 * walked + 20 * LIMIT;
const mostBuffers = (walked: number) => 12 * walked + 60 * LIMIT;
const COLUMNS_READ = [
  'read_span_of_order',
  'read_state_changes',
  'read_settlements',
  'read_retractions',
  'read_deaths',
];
/** How many of the requests are asked as of an instant too; no other number of what is tried has it as a factor. */
const AS_OF_EVERY = 7;
/** One request: its searches, and the statements for its place and total. */
const MOST_STATEMENTS = 16;

const EDGES: readonly WindowRequest['from'][] = [{ edge: 'start' }, { edge: 'end' }, { near: 0.4 }];
const STATES: readonly (readonly CallbackState[])[] = [
  [],
  ['pending'],
  ['fired'],
  ['cancelled'],
  ['pending', 'fired'],
];

interface Read extends PlanCost {
  readonly name: string;
}
type Filter = Omit<HistoryQuery['filter'], 'callbackStates'>;

describeOnEachDatabase('a page of a large view', (open, kind) => {
  /** Both plan alike; a server is filled and queried in a fifth of the time. */
  const accounts = kind === 'postgres' ? 200_000 : 25_000;
  const every = kind === 'postgres' ? 1 : 13;
  let turn = 0;
  let views: Views;
  /** What the statements of a request have read. */
  const reading = new AsyncLocalStorage<Read[]>();
  let read: Read[] = [];

  beforeAll(async () => {
    const database = await open();
    await fill(database, accounts);
    const measured = new Map<string, { readonly cost: PlanCost; readonly answer: QueryResult<unknown> }>();
    const watched: Database = {
      ...database,
      async query<Row>(statement: Statement, values: readonly SqlValue[] = []) {
        // Once, in slices of the order, and kept.
        if (COLUMNS_READ.includes(statement.name)) return database.query<Row>(statement, values);
        // Nothing changes, and finding a total or a place is the same for many requests.
        const asked = JSON.stringify([statement.text, values]);
        let known = measured.get(asked);
        if (!known) {
          const cost = await measurePlan(database, statement.text, values);
          known = { cost, answer: await database.query<Row>(statement, values) };
          measured.set(asked, known);
        }
        (reading.getStore() ?? read).push({ name: statement.name, ...known.cost });
        return known.answer as QueryResult<Row>;
      },
    };
    const waiting = accounts / 4;
    views = createViews({
      database: watched,
      clock: createVirtualClock(),
      pending: {
        count: () => waiting,
        earliestMs: () => null,
        each(visit) {
          for (let n = 1; n <= waiting; n += 1) visit(BigInt(4 * n), n, n, '1');
        },
      },
      scanRows: SCAN,
    });
  });

  /** The middle of what happened. */
  const middle = String(2 * accounts);

  const expectBounded = async (
    asked: object,
    request: (then: { readonly asOf?: string }) => Promise<{ rows: readonly object[] }>,
  ) => {
    turn += 1;
    if (turn % every !== 0) return;
    await expectFewRead(asked, () => request({}));
    if (turn % (every * AS_OF_EVERY) !== 0) return;
    for (const asOf of [middle, `${middle},2:${accounts / 2}`]) {
      await expectFewRead({ ...asked, asOf }, () => request({ asOf }));
    }
  };
  const expectFewRead = async (asked: object, request: () => Promise<{ rows: readonly object[] }>) => {
    const read: Read[] = [];
    const { rows } = await reading.run(read, request);
    expect(rows.length).toBeLessThanOrEqual(LIMIT);
    expect(read.length, JSON.stringify(asked)).toBeLessThanOrEqual(MOST_STATEMENTS);
    const over = read.find(({ name, rows, buffers }) => {
      const walked = name.endsWith('_total') ? COUNTED : /_estimate$|_anchors$/.test(name) ? SAMPLE : SCAN;
      return rows > mostRows(walked) || buffers > mostBuffers(walked);
    });
    if (over)
      throw new Error(`${JSON.stringify(asked)}: ${over.name} ${over.rows} ${over.buffers} ${over.plan}`);
    return read;
  };
  const underWay = new Set<Promise<void>>();
  /** A server answers several at once: it and this process work at the same time. */
  const startBounded = async (...given: Parameters<typeof expectBounded>) => {
    const one = expectBounded(...given);
    underWay.add(one);
    void one.finally(() => underWay.delete(one)).catch(() => {});
    if (kind === 'pglite' || underWay.size === 4) await Promise.race(underWay);
  };
  const endBounded = () => Promise.all(underWay);

  it('reads few rows and buffers of the accounts, in every order and state, whatever is asked', async () => {
    const filters: readonly Omit<AccountsQuery['filter'], 'callbackStates'>[] = [
      {},
      { idPrefix: 'abc' },
      { accountTypes: ['rare'] },
      { accountTypes: ['mint', 'none'] },
      { tokensFrom: '100', tokensTo: '110' },
      { versionFrom: '3:0' },
      { exceptIds: ['abc'], exceptTypes: ['mint'] },
      { runId: '2' },
      { during: '1@100ms-120ms' },
      { during: '1@0ms-90s' },
      { data: ['n = 7'] },
      { data: ['n >= 0', 'missing'], accountTypes: ['mint'] },
    ];
    for (const by of ACCOUNT_SORTS) {
      for (const direction of ['asc', 'desc'] as const) {
        for (const callbackStates of STATES) {
          for (const filter of filters) {
            const from = EDGES[turn % EDGES.length] ?? { edge: 'start' };
            const asked = {
              sort: { by, direction },
              filter: { ...filter, callbackStates: [...callbackStates] },
              window: { from, limit: LIMIT },
            };
            await startBounded(asked, (then) => views.accounts({ ...asked, ...then }));
          }
        }
      }
    }
    await endBounded();
  });

  it('reads few rows and buffers to find a slot or a transaction, which may not be there', async () => {
    for (const instant of ['slot:1', `after:${'A'.repeat(88)}`, `before:${'A'.repeat(88)}`]) {
      const read = await expectFewRead({ instant }, async () => {
        await views.resolve(instant).catch(() => undefined);
        return { rows: [] };
      });
      expect(read.length).toBeGreaterThan(0);
    }
  });

  it('reads few rows and buffers to explain a version, the latest or a stale one', async () => {
    read = [];
    const { rows } = await views.history({
      direction: 'asc',
      filter: {},
      window: { from: { near: 0 }, limit: 40 },
    });
    for (const { id, version } of rows) {
      await expectBounded({ id, version }, async () => ({
        rows: [(await views.why({ id, version })) ?? Promise.reject(new Error('it is stored'))],
      }));
    }
  });

  it('reads few rows and buffers of the versions of an account that has many', async () => {
    for (const from of EDGES) {
      turn = every - 1;
      const asked = { id: 'many', window: { from, limit: LIMIT } };
      await expectBounded(asked, (then) => views.versions({ ...asked, ...then }));
    }
  });

  it('reads few rows and buffers of a page of what differs between two instants', async () => {
    const sides = { from: '1:1000', to: 'now' };
    read = [];
    // The columns in memory are read up to the later instant once.
    expect((await views.compare(sides)).accounts).toBeGreaterThan(accounts / 2);
    for (const from of EDGES) {
      const asked = { ...sides, window: { from, limit: LIMIT } };
      for (const fateTo of [[], ['pending'], ['cancelled']] as const) {
        await expectBounded({ ...asked, fateTo }, () =>
          views.comparedCallbacks({ ...asked, fateTo: [...fateTo] }),
        );
      }
      await expectBounded(asked, () => views.comparedAccounts(asked));
    }
  });

  it('reads few rows and buffers of a part of a timeline, and of what was before an instant', async () => {
    const [from, to] = [400, 400 + MOST_RANGE_EVENTS / 4];
    for (const query of [
      { from, to },
      { from, to: from + 10 },
      { from: 0, to: accounts * 4 },
    ]) {
      turn = every - 1;
      read = [];
      const range = await views.range({ runId: '1', ...query });
      expect(range === null).toBe(query.to > MOST_RANGE_EVENTS);
      // Searches by halves read a row each time; a page is at most 2,000.
      expect(read.length).toBeLessThanOrEqual(4 + 2 * (MOST_RANGE_EVENTS / SCAN_ROWS + 1) + 8);
      for (const { name, rows, buffers, plan } of read) {
        expect([name, rows <= 3 * SCAN_ROWS, buffers <= 12 * SCAN_ROWS], plan).toEqual([name, true, true]);
      }
    }
    for (const asOf of ['-1', '5000', NOW_SEQ]) {
      read = [];
      await views.pastEvents({ asOf, runId: '1', at: null });
      for (const { name, rows, buffers, plan } of read) {
        expect([name, rows <= 2 * SCAN_ROWS, buffers <= 8 * SCAN_ROWS], plan).toEqual([name, true, true]);
      }
    }
  });

  const updateFilters: readonly Filter[] = [
    {},
    { idPrefix: 'abc' },
    { accountTypes: ['rare'] },
    { outcomes: ['stale'] },
    { outcomes: ['indexed'] },
    { retracted: 'yes' },
    { retracted: 'no', accountTypes: ['mint'] },
    { runId: '2' },
    { runId: '2', accountTypes: ['mint'] },
    { exceptIds: ['abc'], exceptTypes: ['mint'] },
    { tokensFrom: '100', tokensTo: '110' },
    { versionFrom: '3:0' },
    { changeTo: '-1' },
    { changeFrom: '0', outcomes: ['indexed'] },
    { lateFrom: '1000000' },
    { during: '1@100ms-120ms' },
    { during: '1@0ms-90s' },
    { data: ['n = 7'] },
    { data: ['missing'], runId: '1' },
  ];

  it('reads few rows and buffers of the history, in every state, whatever is asked', async () => {
    for (const from of EDGES) {
      for (const filter of updateFilters) {
        for (const callbackStates of STATES) {
          for (const direction of ['asc', 'desc'] as const) {
            const window = { from, limit: LIMIT };
            const asked = { direction, filter: { ...filter, callbackStates: [...callbackStates] }, window };
            await startBounded(asked, (then) => views.history({ ...asked, ...then }));
          }
        }
      }
    }
    await endBounded();
  });

  it('reads few rows and buffers of callbacks, in every state, whatever is asked', async () => {
    for (const from of EDGES) {
      for (const state of ['pending', 'fired', 'cancelled'] as const) {
        for (const { outcomes: _, retracted: __, ...filter } of updateFilters) {
          for (const direction of ['asc', 'desc'] as const) {
            const asked = { state, direction, filter, window: { from, limit: LIMIT } };
            await startBounded(asked, (then) => views.callbacks({ ...asked, ...then }));
          }
        }
      }
    }
    await endBounded();
  });

  it('reads few rows and buffers of callbacks by what became of them at the targets', async () => {
    turn = 0;
    for (const from of EDGES) {
      for (const deliveries of [
        ['dead'],
        ['waiting', 'dead'],
        ['delivered'],
        ['under way'],
        ['not armed', 'dead'],
      ] as const) {
        for (const filter of [{}, { idPrefix: 'abc' }, { accountTypes: ['rare'] }]) {
          turn = every - 1;
          const asked = {
            state: 'fired' as const,
            filter: { ...filter, deliveries: [...deliveries] },
            window: { from, limit: LIMIT },
          };
          await expectBounded(asked, () => views.callbacks(asked));
        }
      }
    }
    // Two of all those are dead, far apart.
    const { rows } = await views.callbacks({
      state: 'fired',
      filter: { deliveries: ['dead'] },
      window: { from: { edge: 'start' }, limit: LIMIT },
    });
    expect(rows).toHaveLength(2);
  });
});

/**
 * Accounts of one version each, and a few with a second. A quarter of the callbacks is pending; nearly all others have fired, so
 * cancelled ones are hard to find. The latest versions of 5,000 accounts were in as many dead slots, and one
 * account has 5,000 versions. One account in a hundred thousand has a rare type, and one run has few updates.
 */
async function fill(database: Database, accounts: number): Promise<void> {
  await database.executeScript(
    'fill',
    `
    CREATE TEMP TABLE filling AS
    SELECT n, 2 * n AS seq, md5(n::text) AS id, n % 4 = 0 AS waits, CASE WHEN n = 77 THEN 'rare' ELSE 'mint' END AS type
    FROM generate_series(1, ${accounts} * 2) AS n WHERE n % 2 = 0;
    INSERT INTO account_updates (seq, run_id, record_index, position, callback_time_ms, at_ms, due_ms, account_id, slot,
      version, account_type, tokens, data)
    SELECT seq, CASE WHEN n < 100 THEN 2 ELSE 1 END, n, n, 5, n, n + 5, id, n % 4, n, type, n, jsonb_build_object('n', n) FROM filling;
    INSERT INTO account_updates (seq, run_id, record_index, position, callback_time_ms, at_ms, account_id, slot, version,
      account_type, tokens, data)
    SELECT seq + 1, 1, n, n, 5, n, id, 0, 0, type, n, '{}' FROM filling WHERE n < 1000;
    INSERT INTO settled_callbacks (seq, update_seq, run_id, at_ms, account_id, how)
    SELECT seq + 2, seq, 1, n, id, CASE WHEN n < 2000 THEN 'skipped' ELSE 'due' END FROM filling WHERE NOT waits;
    INSERT INTO accounts (id, account_type, tokens, slot, version, update_seq, created_seq, callback_run_id, due_ms)
    SELECT id, type, n, n % 4, n, seq, seq, CASE WHEN waits THEN 1 END, CASE WHEN waits THEN n + 5 END FROM filling;
    INSERT INTO account_updates (seq, run_id, record_index, position, callback_time_ms, at_ms, due_ms, account_id, slot,
      version, account_type, tokens, data)
    SELECT -n, 1, n, 0, 5, 0, 5, id, n, 0, type, n, '{}' FROM filling WHERE n BETWEEN 20001 AND 30000;
    INSERT INTO dead_slots (slot, seq, run_id, at_ms) SELECT n, 1 - n, 1, 0 FROM filling WHERE n BETWEEN 20001 AND 30000;
    INSERT INTO retractions (seq, run_id, at_ms, account_id, update_seq, back_seq)
    SELECT 1 - n, 1, 0, id, -n, seq FROM filling WHERE n BETWEEN 20001 AND 30000;
    INSERT INTO runs (source, settings, state, clock, delivers_from, attempts)
    SELECT 'a.json', '{}', 'stopped', '{"kind": "virtual", "atMs": 0}', 0, a
    FROM unnest(ARRAY['[["200", "${8 * accounts}"]]', '[["1", "199"]]']::jsonb[]) AS a;
    INSERT INTO targets (id, name, settings, cursor_seq)
    SELECT md5(n::text)::uuid, 'target-' || n, '{}', ${8 * accounts} FROM generate_series(1, 5) AS n;
    INSERT INTO deliveries (target_id, seq, state, attempts, first_at, last_at)
    SELECT md5((n / 2 % 5 + 1)::text)::uuid, seq + 2, CASE WHEN n IN (3002, ${2 * accounts} - 2) THEN 'dead' ELSE 'delivered' END, 1, now(), now()
    FROM filling WHERE NOT waits;
    DROP TABLE filling;`,
  );
  await adjustAccountOrders(database);
  await vacuumAnalyze(database);
  // Statistics do not know of it.
  await database.executeScript(
    'fill',
    `
    INSERT INTO account_updates (seq, run_id, record_index, position, callback_time_ms, at_ms, due_ms, account_id, slot,
      version, account_type, tokens, data)
    SELECT 8 * ${accounts} - 5001 + n, 1, n, 4 * ${accounts} + n, 5, 4 * ${accounts} + n, 4 * ${accounts} + n, 'many', 0, n, 'mint', n, '{}' FROM generate_series(1, 5000) AS n;
    INSERT INTO settled_callbacks (seq, update_seq, run_id, at_ms, account_id, how)
    SELECT 8 * ${accounts}, 8 * ${accounts} - 1, 1, 0, 'many', 'due';
    INSERT INTO accounts (id, account_type, tokens, slot, version, update_seq, created_seq)
    VALUES ('many', 'mint', 5000, 0, 5000, 8 * ${accounts} - 1, 8 * ${accounts} - 5000);`,
  );
}
