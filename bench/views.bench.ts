import { afterAll, beforeAll, test } from 'vitest';
import { createViews, type Views } from '../src-main/accounts/views/create-views';
import { textArray } from '../src-main/database/array-literal';
import { migrate } from '../src-main/database/migrate';
import { openPglite, type PgliteDatabase } from '../src-main/database/pglite';
import { createSystemClock } from '../src-main/engine/clock';
import type { AccountsQuery, RowWindow, WindowRequest } from '../src-shared/views';

/** Pages over a million updates. `npx vitest run --config bench/vitest.config.ts bench/views.bench.ts` */
const UPDATES = Number(process.env.BENCH_UPDATES ?? 1_000_000);
const ACCOUNTS = Number(process.env.BENCH_ACCOUNTS ?? 100_000);
const LIMIT = 100;

let database: PgliteDatabase;
let views: Views;

beforeAll(async () => {
  database = await openPglite({ dataDir: 'memory' });
  await migrate(database);
  await fill();
  if (process.env.BENCH_ANALYZE !== '0')
    await database.executeScript('analyze', 'VACUUM (ANALYZE) ingot.accounts, ingot.account_updates');
  views = createViews({ database, clock: createSystemClock() });
}, 900_000);
afterAll(() => database.close());

async function fill() {
  const types = textArray(['account', 'auctionData', 'escrow', 'mint', 'metadata', 'rare']);
  // One update in a thousand is stale; a rare type has one row in ten thousand.
  await database.query(
    {
      name: 'fill_history',
      text: `
        INSERT INTO account_updates (account_id, version, run_id, record_index, account_type, tokens, data,
          callback_time_ms, outcome, ingested_at, callback_due_at, callback_state, callback_settled_at, superseded_by)
        SELECT md5((n % $2::int4)::text), n / $2::int4 + 1, n / ($1::int4 / 4) + 1, n,
          (${types === '' ? '' : `'${types}'`}::text[])[CASE WHEN n % 10000 = 0 THEN 6 ELSE n % 5 + 1 END],
          (n::int8 * 7919) % 1000003, '{"a": 1}', 1000,
          CASE WHEN stale THEN 'stale' ELSE 'indexed' END, at,
          CASE WHEN NOT stale THEN at + interval '1 s' END,
          CASE WHEN stale THEN NULL WHEN n < $1::int4 - $2::int4 THEN 'cancelled' WHEN n % 3 = 0 THEN 'fired' ELSE 'pending' END,
          CASE WHEN stale OR (n >= $1::int4 - $2::int4 AND n % 3 <> 0) THEN NULL ELSE at + interval '500 ms' END,
          CASE WHEN NOT stale AND n < $1::int4 - $2::int4 THEN n / $2::int4 + 2 END
        FROM (SELECT n, n % 1000 = 7 AND n < $1::int4 - $2::int4 AS stale, timestamptz '2026-01-01' + n * interval '1 ms' AS at
          FROM generate_series(0, $1::int4 - 1) AS n) AS g`,
    },
    [UPDATES, ACCOUNTS],
  );
  await database.query({
    name: 'fill_accounts',
    text: `
      INSERT INTO accounts (id, account_type, tokens, version, data, created_at, updated_at)
      SELECT DISTINCT ON (account_id) account_id, account_type, tokens, version, data, ingested_at, ingested_at
      FROM account_updates ORDER BY account_id, version DESC`,
  });
}

interface Asked {
  readonly name: string;
  readonly page: (window: WindowRequest) => Promise<RowWindow<object>>;
}

const accounts = (
  by: AccountsQuery['sort']['by'],
  direction: 'asc' | 'desc',
  filter: AccountsQuery['filter'] = {},
): Asked => ({
  name: `accounts by ${by} ${direction} ${JSON.stringify(filter)}`,
  page: (window) => views.accounts({ window, sort: { by, direction }, filter }),
});
const history = (direction: 'asc' | 'desc', filter = {}): Asked => ({
  name: `history ${direction} ${JSON.stringify(filter)}`,
  page: (window) => views.history({ window, direction, filter }),
});
const callbacks = (state: 'pending' | 'fired' | 'cancelled', idPrefix?: string): Asked => ({
  name: `callbacks ${state} ${idPrefix ?? ''}`,
  page: (window) => views.callbacks({ window, state, idPrefix }),
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

test('pages', async () => {
  for (const { name, page } of ALL) {
    const timed = async (window: WindowRequest) => {
      const times: number[] = [];
      let result = await page(window);
      for (let n = 0; n < 7; n += 1) {
        const before = performance.now();
        result = await page(window);
        times.push(performance.now() - before);
      }
      times.sort((a, b) => a - b);
      return { result, ms: times[3] ?? 0 };
    };
    const firstBefore = performance.now();
    const first = await page({ from: { edge: 'start' }, limit: LIMIT });
    const firstMs = performance.now() - firstBefore;
    await new Promise((resolve) => setTimeout(resolve, 400));
    const start = await timed({ from: { edge: 'start' }, limit: LIMIT });
    const end = await timed({ from: { edge: 'end' }, limit: LIMIT });
    const nearBefore = performance.now();
    const nearFirst = await page({ from: { near: 0.5 }, limit: LIMIT });
    const nearMs = performance.now() - nearBefore;
    const near = await timed({ from: { near: 0.51 }, limit: LIMIT });
    const last = near.result.rows.at(-1);
    const after = last ? await timed({ from: { after: last.cursor }, limit: LIMIT }) : { ms: 0 };
    const before = last ? await timed({ from: { before: last.cursor }, limit: LIMIT }) : { ms: 0 };
    process.stdout.write(
      `${name.padEnd(60)} first ${firstMs.toFixed(1)} (${first.total} ${first.totalIs}) start ${start.ms.toFixed(1)} end ${end.ms.toFixed(1)} near-first ${nearMs.toFixed(1)} near ${near.ms.toFixed(1)} after ${after.ms.toFixed(1)} before ${before.ms.toFixed(1)} total ${nearFirst.total} ${nearFirst.totalIs}\n`,
    );
  }
}, 900_000);
