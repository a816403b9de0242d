import { expect, test } from 'vitest';
import type { Database } from '../database/database';
import { openEmptyDatabase } from '../database/testing/each-database';
import { landedMigrations } from './landed-migrations';
import { migrate } from './migrate';
import { fillSchema8, fillSchema8With } from './testing/fill-schema-8';

const rowsOf = async (db: Database, text: string) =>
  (await db.query<Record<string, unknown>>({ name: 'read', deadline: 'maintenance', text })).rows;

const list = async (db: Database, table: string, columns: string) =>
  (await rowsOf(db, `SELECT concat_ws(' ', ${columns}) AS line FROM ${table} ORDER BY 1`)).map(
    ({ line }) => line,
  );

const openSchema8 = async (kind: Database['kind'], fill: string) => {
  const db = await openEmptyDatabase(kind);
  await migrate(db, landedMigrations.slice(0, 8));
  await db.executeScript('fill', fill);
  return db;
};

test.each(['pglite', 'postgres'] as const)(
  'every kind of row of schema 8 gets its place in one order, on the clock of its run, on %s',
  async (kind) => {
    const db = await openSchema8(kind, fillSchema8);
    await migrate(db);

    expect(
      await list(
        db,
        'account_updates',
        `lpad(seq::text, 2), 'run ' || run_id, concat(record_index, '/', position), account_id, concat(slot, ':', version),
          'at ' || at_ms, coalesce('due ' || due_ms, 'stale'), concat('cancels ', cancels_slot, ':', cancels_version)`,
      ),
    ).toEqual([
      // A due time is rounded up to the clock's milliseconds, so that nothing is due earlier than before.
      ' 1 run 1 0/0 a 0:5 at 2000 due 2120 cancels :',
      ' 2 run 1 1/1 b 0:1 at 2040 due 2060 cancels :',
      ' 3 run 1 2/2 a 0:9 at 2060 due 2100 cancels 0:5',
      ' 6 run 1 4/4 a 0:7 at 2200 stale cancels :',
      ' 7 run 1 5/5 c 0:1 at 2220 due 1002220 cancels :',
      ' 8 run 1 6/6 d 0:1 at 2240 due 2300 cancels :',
      ' 9 run 1 7/7 e 0:1 at 2260 due 1000002260 cancels :',
      '10 run 1 8/8 f 0:18446744073709551615 at 2280 due 9007199254743280 cancels :',
      '11 run 1 9/9 m 0:1 at 2300 due 2320 cancels :',
      '13 run 1 10/10 m 0:2 at 2360 due 2360 cancels :',
      // Scattered: in the order of the stored rows.
      '17 run 2 5/0 g 0:1 at 3 due 14 cancels :',
      '18 run 2 2/1 h 0:1 at 3 due 4 cancels :',
      // A simulated run has no speed.
      '20 run 3 0/0 g 0:2 at 0 due 5000000000000 cancels 0:1',
      '23 run 3 1/1 i 0:1 at 5000000000010 due 5000000000110 cancels :',
      '24 run 3 2/2 k 0:1 at 5000000000020 due 5000000000120 cancels :',
      '25 run 1 11/11 i 0:2 at 80000000 due 80000020 cancels 0:1',
    ]);
    expect(
      await list(
        db,
        'settled_callbacks',
        `lpad(seq::text, 2), 'of ' || update_seq, account_id, 'run ' || run_id, 'at ' || at_ms, how`,
      ),
    ).toEqual([
      ' 4 of 2 b run 1 at 2060 due',
      ' 5 of 3 a run 1 at 2140 due',
      // Before the next version, though that arrived earlier.
      '12 of 11 m run 1 at 2400 due',
      '14 of 13 m run 1 at 2420 due',
      '15 of 7 c run 1 at 4000 cancelled by hand',
      '16 of 9 e run 1 at 12000 fired by hand',
      // At 3.3 ms of its clock, when it was due.
      '19 of 18 h run 2 at 4 due',
      // By a later start, after a simulated run had advanced 158 years.
      '21 of 8 d run 1 at 60000000 skipped',
      '22 of 20 g run 3 at 5000000000000 due',
      '26 of 25 i run 1 at 80000020 due',
    ]);
    expect(
      await list(
        db,
        'accounts',
        `id, account_type, tokens, concat(slot, ':', version), 'seq', update_seq, 'since', created_seq,
          'waits in ' || callback_run_id || ' until ' || due_ms, 'length', data_length`,
      ),
    ).toEqual([
      'a mint 2 0:9 seq 3 since 1 length 8',
      'b mint 1 0:1 seq 2 since 2 length 8',
      'c mint 4 0:1 seq 7 since 7 length 8',
      'd mint 5 0:1 seq 8 since 8 length 8',
      'e mint 6 0:1 seq 9 since 9 length 8',
      'f mint 7 0:18446744073709551615 seq 10 since 10 waits in 1 until 9007199254743280 length 8',
      'g mint 12 0:2 seq 20 since 17 length 8',
      'h mint 11 0:1 seq 18 since 18 length 8',
      'i mint 15 0:2 seq 25 since 23 length 8',
      'k mint 14 0:1 seq 24 since 24 waits in 3 until 5000000000120 length 8',
      'm mint 9 0:2 seq 13 since 11 length 8',
    ]);
    expect(
      await list(db, 'rejects', 'run_id, record_index, position, field, reason, excerpt, at_ms'),
    ).toEqual(['1 3 3 tokens required {} 2180']);
    expect(
      await list(db, 'runs', `id, clock, attempts, coalesce(ended_at::text, 'no end'), counts, checkpoint`),
    ).toEqual([
      '1 {"kind": "real", "segments": [{"atMs": 0, "rate": 20, "wallMs": 1767225600000}]} [["1", "13"], ["25", "25"]] 2026-01-01 01:06:40.002+00 {"fired": 6, "stale": 1, "indexed": 10, "pending": 1, "records": 12, "rejected": 1, "cancelled": 3} {"savedAtMs": 1}',
      '2 {"kind": "real", "segments": [{"atMs": 0, "rate": 0.3, "wallMs": 1767226600000}]} [["17", "18"]] no end {"fired": 1, "indexed": 2, "pending": 0, "cancelled": 1} {}',
      // The stored end was virtual.
      '3 {"atMs": 5000000000030, "kind": "virtual"} [["20", "24"]] 2026-01-01 00:33:20+00 {"fired": 1, "indexed": 3, "pending": 1, "cancelled": 1} {}',
      '4 {"kind": "real", "segments": [{"atMs": 0, "rate": 1, "wallMs": 1767228600000}]} [] 2026-01-01 00:50:00.005+00 {"fired": 0, "pending": 0, "cancelled": 0} {}',
      '5 {"atMs": 77, "kind": "virtual"} [] no end {"fired": 0, "pending": 0, "cancelled": 0} {"savedAtMs": 1767229600000}',
    ]);
    // Bins that are not empty, by number.
    expect(
      await list(
        db,
        `runs, jsonb_each(timeline -> 'bins') AS line (kind, bins)`,
        `id, timeline ->> 'binMs', kind, (SELECT string_agg(concat(n - 1, ':', events), ' ')
          FROM jsonb_array_elements(bins) WITH ORDINALITY AS bin (events, n) WHERE events <> '0')`,
      ),
    ).toEqual([
      '1 102400 cancelled 0:2 585:1',
      '1 102400 conflict',
      '1 102400 duplicate',
      '1 102400 fired 0:5 781:1',
      '1 102400 indexed 0:9 781:1',
      '1 102400 rejected 0:1',
      '1 102400 stale 0:1',
      '2 400 cancelled 750:1',
      '2 400 conflict',
      '2 400 duplicate',
      '2 400 fired 0:1',
      '2 400 indexed 0:2',
      '2 400 rejected',
      '2 400 stale',
      // Another run cancelled it while this one's clock stood still.
      '3 6710886400 cancelled 745:1',
      '3 6710886400 conflict',
      '3 6710886400 duplicate',
      '3 6710886400 fired 745:1',
      '3 6710886400 indexed 0:1 745:2',
      '3 6710886400 rejected',
      '3 6710886400 stale',
      ...[4, 5].flatMap((run) =>
        ['cancelled', 'conflict', 'duplicate', 'fired', 'indexed', 'rejected', 'stale'].map(
          (kind) => `${run} 25 ${kind}`,
        ),
      ),
    ]);
  },
);

/** Each callback's state by the rows of schema 8, stored beside them: fired, pending, cancelled or none. */
const keepOldStates = `
  CREATE TABLE public.old_states AS
  SELECT u.account_id, u.version, u.run_id, u.seq,
    CASE WHEN u.outcome = 'stale' THEN 'none' WHEN s.fired THEN 'fired' WHEN s.seq IS NOT NULL THEN 'cancelled' ELSE 'pending' END AS state,
    s.superseded_by
  FROM account_updates AS u LEFT JOIN settled_callbacks AS s ON s.seq = u.seq;`;

/** As the schema's comment says: without the index that the product uses for each row. */
const NEW_STATES = `
  SELECT u.account_id, u.version, u.run_id, u.seq, s.seq AS settled_seq, lead(u.seq) OVER account AS next_seq,
    lead(u.cancels_version) OVER account AS cancelled_version,
    CASE WHEN s.how IN ('due', 'fired by hand') THEN 'fired' WHEN s.how IS NOT NULL THEN 'cancelled'
      WHEN a.update_seq = u.seq THEN 'pending' ELSE 'cancelled' END AS state
  FROM account_updates AS u
  JOIN accounts AS a ON a.id = u.account_id
  LEFT JOIN settled_callbacks AS s ON s.update_seq = u.seq AND s.account_id = u.account_id
  WHERE u.due_ms IS NOT NULL
  WINDOW account AS (PARTITION BY u.account_id ORDER BY u.slot, u.version)`;

const none = async (db: Database, what: string, text: string) =>
  expect(await rowsOf(db, `${text} LIMIT 3`), what).toEqual([]);

test.each(['pglite', 'postgres'] as const)(
  'a large history of schema 8 keeps the state of each callback, and each place in the order fits, on %s',
  async (kind) => {
    const count = Number(process.env.CONVERTED_UPDATES ?? 5_000);
    const db = await openSchema8(kind, fillSchema8With(count) + keepOldStates);
    await migrate(db);

    expect(await rowsOf(db, 'SELECT DISTINCT state FROM public.old_states ORDER BY state')).toEqual(
      ['cancelled', 'fired', 'none', 'pending'].map((state) => ({ state })),
    );
    expect(await rowsOf(db, 'SELECT DISTINCT how FROM settled_callbacks ORDER BY how')).toEqual(
      ['cancelled by hand', 'due', 'fired by hand', 'skipped'].map((how) => ({ how })),
    );
    await none(
      db,
      'each callback is in the state it was in',
      `SELECT * FROM public.old_states AS o FULL JOIN (${NEW_STATES}) AS n ON (n.account_id, n.version) = (o.account_id, o.version)
        WHERE n.state IS DISTINCT FROM nullif(o.state, 'none')`,
    );
    await none(
      db,
      'what a newer version cancelled is named by it, and nothing else is',
      `SELECT * FROM public.old_states AS o JOIN (${NEW_STATES}) AS n ON (n.account_id, n.version) = (o.account_id, o.version)
        WHERE (CASE WHEN o.superseded_by IS NOT NULL THEN o.version END) IS DISTINCT FROM n.cancelled_version`,
    );
    await none(
      db,
      'arrivals keep their order',
      `SELECT * FROM (
          SELECT o.seq, lag(o.seq) OVER (ORDER BY u.seq) AS before
          FROM account_updates AS u JOIN public.old_states AS o ON (o.account_id, o.version) = (u.account_id, u.version)
        ) AS u WHERE before > seq`,
    );
    await none(
      db,
      'a callback is settled behind its update and before the next one',
      `SELECT * FROM (${NEW_STATES}) AS n WHERE settled_seq < seq OR settled_seq > next_seq`,
    );
    await none(
      db,
      'numbers have no gap and are not taken twice',
      `SELECT * FROM (
          SELECT seq, row_number() OVER (ORDER BY seq) AS n
          FROM (SELECT seq FROM account_updates UNION ALL SELECT seq FROM settled_callbacks) AS e
        ) AS e WHERE seq <> n`,
    );
    await none(
      db,
      'a row of an account says what waits, and since when it is there',
      `SELECT * FROM accounts AS a
        JOIN (SELECT account_id, min(seq) AS first FROM account_updates GROUP BY 1) AS f ON f.account_id = a.id
        JOIN (${NEW_STATES}) AS n ON n.seq = a.update_seq
        JOIN account_updates AS u ON u.seq = a.update_seq
        WHERE a.created_seq <> first OR (a.slot, a.version) <> (u.slot, u.version)
          OR a.callback_run_id IS DISTINCT FROM CASE WHEN n.state = 'pending' THEN u.run_id END
          OR a.due_ms IS DISTINCT FROM CASE WHEN n.state = 'pending' THEN u.due_ms END`,
    );
    await none(
      db,
      'a run counts its own callbacks',
      `SELECT * FROM runs AS r
        CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE n.state = 'fired') AS fired,
            count(*) FILTER (WHERE n.state = 'cancelled') AS cancelled, count(*) FILTER (WHERE n.state = 'pending') AS pending
          FROM (${NEW_STATES}) AS n WHERE n.run_id = r.id) AS c
        WHERE (counts ->> 'fired', counts ->> 'cancelled', counts ->> 'pending')
          <> (c.fired::text, c.cancelled::text, c.pending::text)`,
    );
    await none(
      db,
      'a timeline holds everything that happened in its run, within its bins',
      `SELECT * FROM runs AS r
        CROSS JOIN LATERAL jsonb_each(timeline -> 'bins') AS line (kind, bins)
        CROSS JOIN LATERAL (SELECT count(*) AS bins, coalesce(sum(n::int), 0) AS events FROM jsonb_array_elements_text(bins) AS n) AS l
        WHERE l.bins > 1024 OR l.events <> CASE kind
          WHEN 'stale' THEN (SELECT count(*) FROM account_updates WHERE run_id = r.id AND due_ms IS NULL)
          WHEN 'indexed' THEN (SELECT count(*) FROM account_updates WHERE run_id = r.id AND due_ms IS NOT NULL)
          WHEN 'rejected' THEN (SELECT count(*) FROM rejects WHERE run_id = r.id)
          ELSE coalesce((counts ->> kind)::int, 0) END`,
    );
    await none(
      db,
      'no callback fired before it was due, and nothing comes due before its arrival and its delay',
      `SELECT u.seq FROM account_updates AS u LEFT JOIN settled_callbacks AS s ON s.update_seq = u.seq
        WHERE s.how IN ('due', 'skipped') AND s.at_ms < u.due_ms OR u.due_ms < u.at_ms + u.callback_time_ms`,
    );
    const stretches = await rowsOf(
      db,
      'SELECT jsonb_array_length(attempts) AS stretches FROM runs ORDER BY id',
    );
    expect(stretches).toEqual([2, 1, 1, 1].map((number) => ({ stretches: number })));
  },
);
