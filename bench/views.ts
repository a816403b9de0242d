import { createViews, type Views } from '../src-main/accounts/views/create-views';
import { textArray } from '../src-main/database/array-literal';
import type { Database } from '../src-main/database/database';
import type { AccountsQuery, RowWindow, WindowRequest } from '../src-shared/views';
import { type Bench, median, rounded, timed } from './lib/bench';
import { clock, openDirectory } from './lib/durable-ingest';

const LIMIT = 100;
/** Every page is asked for this often, and the median kept. */
const TIMES = 7;

async function fill(database: Database, updates: number): Promise<void> {
  const accounts = updates / 10;
  const types = textArray(['account', 'auctionData', 'escrow', 'mint', 'metadata', 'rare']);
  // One update in a thousand is stale; a rare type has one row in ten thousand.
  await database.query(
    {
      name: 'fill_history',
      text: `
        INSERT INTO account_updates (account_id, version, run_id, record_index, account_type, tokens, data,
          callback_time_ms, outcome, ingested_at, callback_due_at)
        SELECT md5((n % $2::int4)::text), n / $2::int4 + 1, n / ($1::int4 / 4) + 1, n,
          ('${types}'::text[])[CASE WHEN n % 10000 = 0 THEN 6 ELSE n % 5 + 1 END],
          (n::int8 * 7919) % 1000003, '{"a": 1}', 1000,
          CASE WHEN stale THEN 'stale' ELSE 'indexed' END, at,
          CASE WHEN NOT stale THEN at + interval '1 s' END
        FROM (SELECT n, n % 1000 = 7 AND n < $1::int4 - $2::int4 AS stale, timestamptz '2026-01-01' + n * interval '1 ms' AS at
          FROM generate_series(0, $1::int4 - 1) AS n) AS g`,
    },
    [updates, accounts],
  );
  // Overtaken ones are cancelled; of the latest one in three has fired, the others wait.
  await database.query(
    {
      name: 'fill_settled',
      text: `
        INSERT INTO settled_callbacks (seq, fired, settled_at, superseded_by)
        SELECT seq, record_index >= $1::int4 - $2::int4, ingested_at + interval '500 ms',
          CASE WHEN record_index < $1::int4 - $2::int4 THEN version + 1 END
        FROM account_updates
        WHERE outcome = 'indexed' AND (record_index < $1::int4 - $2::int4 OR record_index % 3 = 0)
        ORDER BY seq`,
    },
    [updates, accounts],
  );
  await database.query({
    name: 'fill_accounts',
    text: `
      INSERT INTO accounts (id, account_type, tokens, version, data, created_at, updated_at, update_seq, callback_due_at)
      SELECT DISTINCT ON (account_id) account_id, account_type, tokens, version, data, ingested_at, ingested_at, u.seq,
        CASE WHEN s.seq IS NULL THEN callback_due_at END
      FROM account_updates AS u LEFT JOIN settled_callbacks AS s ON s.seq = u.seq
      ORDER BY account_id, version DESC`,
  });
}

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
  name: `callbacks ${state} ${idPrefix ?? ''}`,
  page: (views, window) => views.callbacks({ window, state, idPrefix }),
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
  history('desc', { idPrefix: 'a' }),
  callbacks('pending'),
  callbacks('fired'),
  callbacks('cancelled'),
  callbacks('cancelled', 'abc'),
];

/** Windows of every order and filter that is offered, at both ends and in the middle, against OFFSET to the same place. */
export const bench: Bench = {
  title: 'a window of 100 rows over a million updates, whatever its order, filter and depth, against OFFSET',
  async run({ short, directory, say }) {
    const updates = short ? 10_000 : 1_000_000;
    const database = await openDirectory(directory);
    await fill(database, updates);
    await database.executeScript(
      'analyze',
      'VACUUM (ANALYZE) ingot.accounts, ingot.account_updates, ingot.settled_callbacks',
    );
    const views = createViews({ database, clock });
    const all: number[] = [];
    for (const { name, page } of ALL) {
      const measure = async (window: WindowRequest) => {
        let result = await page(views, window);
        const times: number[] = [];
        for (let n = 0; n < TIMES; n += 1) {
          const { ms, result: again } = await timed(() => page(views, window));
          times.push(ms);
          result = again;
        }
        all.push(median(times));
        return { result, ms: median(times) };
      };
      const start = await measure({ from: { edge: 'start' }, limit: LIMIT });
      const end = await measure({ from: { edge: 'end' }, limit: LIMIT });
      const middle = await measure({ from: { near: 0.51 }, limit: LIMIT });
      const last = middle.result.rows.at(-1);
      const after = last ? await measure({ from: { after: last.cursor }, limit: LIMIT }) : { ms: 0 };
      const before = last ? await measure({ from: { before: last.cursor }, limit: LIMIT }) : { ms: 0 };
      const show = (ms: number) => ms.toFixed(1).padStart(6);
      say(
        `${name.padEnd(48)} start${show(start.ms)}  end${show(end.ms)}  middle${show(middle.ms)}  ` +
          `next${show(after.ms)}  previous${show(before.ms)} ms`,
      );
    }
    const offset = await timed(() =>
      database.query(
        {
          name: 'offset',
          text: 'SELECT * FROM account_updates ORDER BY run_id, seq LIMIT 100 OFFSET $1::int4',
        },
        [updates * 0.9],
      ),
    );
    await database.close();
    const slowest = Math.max(...all);
    say(
      `slowest ${slowest.toFixed(1)} ms, median ${median(all).toFixed(1)} ms; OFFSET ${offset.ms.toFixed(0)} ms`,
    );
    return {
      slowestMs: rounded(slowest, 1),
      medianMs: rounded(median(all), 1),
      reference: 'OFFSET',
      referenceMs: rounded(offset.ms, 1),
      ratio: rounded(slowest / offset.ms, 3),
    };
  },
};
