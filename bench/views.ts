import { createViews, type Views } from '../src-main/accounts/views/create-views';
import type { Database, SqlValue, Statement } from '../src-main/database/database';
import { createEngine } from '../src-main/runs/engine';
import { silentLogger } from '../src-main/runs/testing/play-run';
import type { AccountsQuery, RowWindow, WindowRequest } from '../src-shared/views';
import { type Bench, median, quantile, rounded, timed, withSpread } from './lib/bench';
import { clock, openDirectory } from './lib/durable-ingest';
import { fillHistory, tidyUp } from './lib/large-history';

const LIMIT = 100;
/** How often every page is requested, times `--repeat`. */
const TIMES = 7;
const UPDATES = 1_000_000;
/** A frame at 60 a second. */
const FRAME_MS = 16;

interface Asked {
  readonly name: string;
  readonly page: (views: Views, window: WindowRequest) => Promise<RowWindow<object>>;
}

const accounts = (
  by: AccountsQuery['sort']['by'],
  direction: 'asc' | 'desc',
  filter: AccountsQuery['filter'] = {},
): Asked => ({
  name: `accounts by ${by} ${direction} ${JSON.stringify(filter)}`,
  page: (views, window) => views.accounts({ window, sort: { by, direction }, filter }),
});
const history = (direction: 'asc' | 'desc', filter = {}): Asked => ({
  name: `history ${direction} ${JSON.stringify(filter)}`,
  page: (views, window) => views.history({ window, direction, filter }),
});
const callbacks = (state: 'pending' | 'fired' | 'cancelled', idPrefix?: string): Asked => ({
  name: `callbacks ${state} ${idPrefix ?? ''}`.trimEnd(),
  page: (views, window) => views.callbacks({ window, state, filter: { idPrefix } }),
});

const ALL: readonly Asked[] = [
  ...(['id', 'accountType', 'tokens', 'version', 'callback', 'updatedAt'] as const).flatMap((by) => [
    accounts(by, 'asc'),
    accounts(by, 'desc'),
  ]),
  accounts('tokens', 'desc', { accountTypes: ['rare'] }),
  accounts('id', 'asc', { tokensFrom: '1000000' }),
  accounts('updatedAt', 'desc', { idPrefix: 'abc' }),
  accounts('tokens', 'desc', { callbackStates: ['fired'] }),
  accounts('tokens', 'asc', { callbackStates: ['pending'] }),
  accounts('id', 'asc', { callbackStates: ['cancelled'] }),
  history('asc'),
  history('desc'),
  history('desc', { runId: '2' }),
  history('desc', { outcomes: ['stale'] }),
  history('desc', { accountTypes: ['mint'] }),
  history('desc', { accountTypes: ['rare'] }),
  history('desc', { accountTypes: ['none'] }),
  history('desc', { callbackStates: ['pending'] }),
  history('asc', { callbackStates: ['pending'] }),
  history('desc', { callbackStates: ['cancelled'] }),
  history('desc', { idPrefix: 'abc' }),
  history('desc', { changeTo: '-1' }),
  history('desc', { during: '1@10s-20s' }),
  history('desc', { data: ['none = 1'] }),
  history('desc', { idPrefix: 'a' }),
  callbacks('pending'),
  callbacks('fired'),
  callbacks('cancelled'),
  callbacks('cancelled', 'abc'),
];

/** Places to read from; in the middle also the next and the previous page. */
const PLACES: Readonly<Record<string, WindowRequest['from']>> = {
  first: { edge: 'start' },
  last: { edge: 'end' },
  middle: { near: 0.51 },
};

interface Measured {
  readonly what: string;
  /** The first request, which fills the caches. */
  readonly coldMs: number;
  readonly times: readonly number[];
  /** The slowest statement. */
  readonly slowest: Seen;
}

/** Windows of every order and filter, at both ends and in the middle, against OFFSET to the same place. */
export const bench: Bench = {
  title: 'a window of 100 rows over a million updates, whatever its order, filter and depth, against OFFSET',
  async run({ short, repeat, directory, say, records }) {
    const updates = short ? 2_000 : (records ?? UPDATES);
    const turns = short ? 1 : TIMES * repeat;
    const opened = await openDirectory(directory);
    const { ms: fillMs } = await timed(async () => {
      await fillHistory(opened, { from: 0, to: updates, updates, accounts: updates / 10 });
      await tidyUp(opened);
    });
    say(`${updates} updates put in within ${rounded(fillMs / 1000)} s`);
    const { database, seen } = watchStatements(opened);
    const engine = await createEngine({ database: opened, clock, logger: silentLogger, endsWithRun: true });
    const views = createViews({ database, clock, pending: engine.pending });
    const all: Measured[] = [];
    const measure = async (what: string, page: Asked['page'], window: WindowRequest) => {
      const cold = await timed(() => page(views, window));
      const times: number[] = [];
      seen.length = 0;
      for (let turn = 0; turn < turns; turn += 1) times.push((await timed(() => page(views, window))).ms);
      const slowest = seen.reduce((most, one) => (one.ms > most.ms ? one : most));
      all.push({ what, coldMs: cold.ms, times, slowest });
      return cold.result;
    };
    say(
      `${'p50 / p99, ms'.padEnd(48)} ${[...Object.keys(PLACES), 'next', 'previous'].map((place) => place.padStart(16)).join('')}`,
    );
    for (const { name, page } of ALL) {
      const from = all.length;
      let last: string | undefined;
      for (const [place, at] of Object.entries(PLACES)) {
        const { rows } = await measure(`${name}, ${place}`, page, { from: at, limit: LIMIT });
        last = rows.at(-1)?.cursor;
      }
      if (last !== undefined) {
        await measure(`${name}, next`, page, { from: { after: last }, limit: LIMIT });
        await measure(`${name}, previous`, page, { from: { before: last }, limit: LIMIT });
      }
      const show = ({ times }: Measured) =>
        `${median(times).toFixed(1)} /${quantile(times, 0.99).toFixed(1).padStart(6)}`.padStart(16);
      say(`${name.padEnd(48)} ${all.slice(from).map(show).join('')}`);
    }
    const offsets: number[] = [];
    for (let turn = 0; turn < turns; turn += 1)
      offsets.push((await timed(() => readByOffset(opened, updates))).ms);

    const isFirst = ({ what }: Measured) => what.endsWith(', first');
    const first = all.filter(isFirst).flatMap(({ times }) => times);
    const deep = all.filter((one) => !isFirst(one)).flatMap(({ times }) => times);
    const bySlowness = all
      .map((one) => ({ ...one, ms: median(one.times) }))
      .sort((one, other) => other.ms - one.ms);
    const [slowest] = bySlowness;
    if (!slowest) throw new Error('no page was asked for');
    const slow = bySlowness.filter(({ ms }) => ms > FRAME_MS);
    const coldest = all.reduce((most, one) => (one.coldMs > most.coldMs ? one : most));
    say(`first pages   p50 ${median(first).toFixed(1)}, p99 ${quantile(first, 0.99).toFixed(1)} ms`);
    say(`deeper pages  p50 ${median(deep).toFixed(1)}, p99 ${quantile(deep, 0.99).toFixed(1)} ms`);
    say(`asked for the first time, at most ${coldest.coldMs.toFixed(1)} ms: ${coldest.what}`);
    say(`OFFSET        ${withSpread(offsets, 'ms')}`);
    say(`${slow.length} of ${all.length} take longer than ${FRAME_MS} ms, the slowest of all:`);
    for (const { what, ms } of bySlowness.slice(0, 10)) say(`  ${ms.toFixed(1).padStart(6)} ms  ${what}`);
    say(
      `slowest: ${slowest.what}, ${withSpread(slowest.times, 'ms')}, by this plan of "${slowest.slowest.statement.name}":`,
    );
    for (const line of await explain(opened, slowest.slowest)) say(`  ${line}`);
    await engine.close();
    await opened.close();
    return {
      updates,
      firstP50Ms: rounded(median(first), 1),
      firstP99Ms: rounded(quantile(first, 0.99), 1),
      deepP50Ms: rounded(median(deep), 1),
      deepP99Ms: rounded(quantile(deep, 0.99), 1),
      slowestMs: rounded(slowest.ms, 1),
      slowest: slowest.what,
      above16Ms: slow.length,
      pages: all.length,
      reference: 'OFFSET',
      referenceMs: rounded(median(offsets), 1),
      ratio: rounded(slowest.ms / median(offsets), 3),
    };
  },
};

const readByOffset = (database: Database, updates: number) =>
  database.query(
    {
      name: 'offset',
      deadline: 'read',
      text: 'SELECT * FROM account_updates ORDER BY seq LIMIT 100 OFFSET $1::int4',
    },
    [updates * 0.9],
  );

interface Seen {
  readonly statement: Statement;
  readonly values: readonly SqlValue[];
  readonly ms: number;
}

/** The same database, and its statements. */
function watchStatements(database: Database): { database: Database; seen: Seen[] } {
  const seen: Seen[] = [];
  return {
    seen,
    database: {
      ...database,
      async query<Row>(statement: Statement, values: readonly SqlValue[] = []) {
        const { ms, result } = await timed(() => database.query<Row>(statement, values));
        seen.push({ statement, values, ms });
        return result;
      },
    },
  };
}

async function explain(database: Database, { statement, values }: Seen): Promise<readonly string[]> {
  const { rows } = await database.query<{ 'QUERY PLAN': string }>(
    { name: 'explain', deadline: 'read', text: `EXPLAIN (ANALYZE, COSTS OFF, BUFFERS) ${statement.text}` },
    values,
  );
  return rows.map((row) => row['QUERY PLAN']);
}
