/** SQL that fills schema 8 with rows of every kind. Times count from the starts of the runs. */
const start = (run: number) => `(timestamptz '2026-01-01 00:00:00+00' + ${run - 1} * interval '1000 s')`;
const after = (run: number, ms: number | null) =>
  ms === null
    ? 'NULL'
    : `${start(run)} + ${Math.floor(ms / 3_600_000)} * interval '1 hour' + ${ms % 3_600_000} * interval '1 ms'`;

type Settled = readonly [fired: boolean, ms: number, supersededBy: string | null];
type Row = readonly [
  run: number,
  record: number,
  account: string,
  version: string,
  /** Arrival in wall-clock time since the run's start. */
  ms: number,
  callbackTimeMs: number,
  /** Null: stale. */
  dueMs: number | null,
  settled?: Settled,
];

/** 2^53-1 ms at speed 20. */
const FAR_MS = Math.ceil(Number.MAX_SAFE_INTEGER / 20);
const IN_158_YEARS_MS = 5_000_000_000_000;

/**
 * Run 1 at speed 20; run 2 scattered at speed 0.3; run 3 simulated, far into the future; run 1 resumed after it. Run 3's settings
 * name a speed, which has no meaning on a virtual clock.
 */
const updates: readonly Row[] = [
  [1, 0, 'a', '5', 100, 101, 106, [false, 103, '9']],
  [1, 1, 'b', '1', 102, 20, 103, [true, 103, null]],
  [1, 2, 'a', '9', 103, 40, 105, [true, 107, null]],
  [1, 4, 'a', '7', 110, 40, null],
  [1, 5, 'c', '1', 111, 1_000_000, 50_111, [false, 200, null]],
  [1, 6, 'd', '1', 112, 60, 115, [false, 3_000_000, null]],
  [1, 7, 'e', '1', 113, 1_000_000_000, 50_000_113, [true, 600, null]],
  [1, 8, 'f', '18446744073709551615', 114, Number.MAX_SAFE_INTEGER, 114 + FAR_MS],
  // It fired while the batch of the next version, which had arrived before, waited for the database.
  [1, 9, 'm', '1', 115, 20, 116, [true, 120, null]],
  [1, 10, 'm', '2', 118, 0, 118, [true, 121, null]],
  [2, 5, 'g', '1', 10, 10, 44, [false, 1_000_000, '2']],
  [2, 2, 'h', '1', 11, 0, 11, [true, 11, null]],
  [3, 0, 'g', '2', 0, IN_158_YEARS_MS, IN_158_YEARS_MS, [true, IN_158_YEARS_MS, null]],
  [3, 1, 'i', '1', IN_158_YEARS_MS + 10, 100, IN_158_YEARS_MS + 110, [false, 2_000_000, '2']],
  [3, 2, 'k', '1', IN_158_YEARS_MS + 20, 100, IN_158_YEARS_MS + 120],
  [1, 11, 'i', '2', 4_000_000, 20, 4_000_001, [true, 4_000_001, null]],
];

const updateRows = updates.map(
  ([run, record, account, version, ms, callbackTimeMs, dueMs], index) =>
    `(${index + 1}, '${account}', ${version}, ${run}, ${record}, 'mint', ${index}, '{"n": ${index}}', ${callbackTimeMs},
      '${dueMs === null ? 'stale' : 'indexed'}', ${after(run, ms)}, ${after(run, dueMs)})`,
);
const settledRows = updates.flatMap(([run, , , , , , , settled], index) =>
  settled ? [`(${index + 1}, ${settled[0]}, ${after(run, settled[1])}, ${settled[2] ?? 'NULL'})`] : [],
);

/** Every kind of row; accounts keep the due times of settled callbacks. */
export const fillSchema8 = `
  INSERT INTO runs (source, settings, state, checkpoint, counts, started_at, ended_at)
  VALUES
    ('one.json', '{"speed": 20, "arrival": "sequential"}', 'stopped', '{"savedAtMs": 1}',
      '{"records": 12, "indexed": 10, "stale": 1, "rejected": 1, "fired": 3, "cancelled": 99, "pending": 7}',
      ${start(1)}, ${after(1, 4_000_002)}),
    ('two.json', '{"speed": 0.3, "arrival": "scatter"}', 'interrupted', '{}', '{"indexed": 2}', ${start(2)}, NULL),
    ('three.json', '{"speed": 50, "simulate": true}', 'stopped', '{}', '{"indexed": 3}', ${start(3)}, ${after(3, IN_158_YEARS_MS + 30)}),
    ('four.json', '{}', 'completed', '{}', '{}', ${start(4)}, ${after(4, 5)}),
    ('five.json', '{"simulate": true}', 'interrupted', jsonb_build_object('savedAtMs', (extract(epoch FROM ${start(5)}) * 1000)::int8 + 77), '{}', ${start(5)}, NULL);
  INSERT INTO account_updates (seq, account_id, version, run_id, record_index, account_type, tokens, data, callback_time_ms,
    outcome, ingested_at, callback_due_at) OVERRIDING SYSTEM VALUE VALUES ${updateRows.join(', ')};
  INSERT INTO settled_callbacks (seq, fired, settled_at, superseded_by) VALUES ${settledRows.join(', ')};
  INSERT INTO accounts (id, account_type, tokens, version, update_seq, callback_due_at, data_length)
  SELECT DISTINCT ON (account_id) account_id, account_type, tokens, version, seq, callback_due_at, 8
  FROM account_updates ORDER BY account_id, version DESC;
  INSERT INTO rejects (run_id, record_index, field, reason, excerpt, rejected_at)
  VALUES (1, 3, 'tokens', 'required', '{}', ${after(1, 109)});`;

/**
 * `count` updates of a fifth as many accounts, 7 ms apart, in five runs: the third is simulated, 100 years ahead, and the last
 * fifth belongs to the first run, resumed. A tenth is stale. Callbacks due before the next version fired, up to 4 ms late; of
 * latest versions due later, some were settled by hand and the others wait.
 */
export const fillSchema8With = (count: number) => `
  INSERT INTO runs (source, settings, state, started_at, ended_at, counts)
  SELECT 'source ' || run, jsonb_build_object('speed', run, 'arrival', CASE run WHEN 2 THEN 'scatter' ELSE 'none' END, 'simulate', run = 3),
    'stopped', ${start(1)} + run * interval '1 hour', ${start(1)} + run * interval '1 day', '{"indexed": 1}'
  FROM generate_series(1, 4) AS run;
  INSERT INTO account_updates (account_id, version, run_id, record_index, account_type, tokens, data, callback_time_ms,
    outcome, ingested_at, callback_due_at)
  SELECT 'account ' || account, CASE WHEN stale THEN turn ELSE 1000000 * turn END, run, n, 'type ' || account % 7, n,
    jsonb_build_object('owner', 'owner ' || account, 'n', n, 'text', repeat('x', 100)), delay,
    CASE WHEN stale THEN 'stale' ELSE 'indexed' END, at, CASE WHEN NOT stale THEN at + delay * interval '1 ms' END
  FROM (
    SELECT *, turn > 1 AND hashint8(n) % 10 = 0 AS stale, hashint8(n + 1) & 4095 AS delay,
      ${start(1)} + interval '5 h' + n * interval '7 ms' + CASE WHEN run = 3 THEN interval '876600 h' ELSE interval '0 h' END AS at
    FROM (
      SELECT n, account, 1 + n * 5 / ${count} % 4 AS run, row_number() OVER (PARTITION BY account ORDER BY n) AS turn
      FROM (SELECT n, (hashint8(n) & 2147483647) % (${count} / 5) AS account FROM generate_series(0, ${count} - 1) AS n) AS r
    ) AS r
  ) AS r
  ORDER BY n;
  INSERT INTO settled_callbacks (seq, fired, settled_at, superseded_by)
  SELECT seq, coalesce(callback_due_at <= next_at, seq % 2 = 0),
    CASE WHEN callback_due_at > next_at THEN next_at
      WHEN next_at IS NULL AND seq % 3 = 0 THEN ingested_at
      ELSE least(callback_due_at + (seq % 5) * interval '1 ms', next_at) END,
    CASE WHEN callback_due_at > next_at THEN next_version END
  FROM (
    SELECT *, lead(ingested_at) OVER account AS next_at, lead(version) OVER account AS next_version
    FROM account_updates WHERE outcome = 'indexed'
    WINDOW account AS (PARTITION BY account_id ORDER BY version)
  ) AS u
  WHERE next_at IS NOT NULL OR seq % 4 <> 0;
  INSERT INTO accounts (id, account_type, tokens, version, update_seq, callback_due_at, data_length)
  SELECT DISTINCT ON (account_id) account_id, account_type, tokens, version, seq, callback_due_at, 150
  FROM account_updates ORDER BY account_id, version DESC;
  INSERT INTO rejects (run_id, record_index, field, reason, excerpt, rejected_at)
  SELECT 4, ${count} + n, 'tokens', 'required', '{}', ${start(5)} FROM generate_series(1, ${count} / 100) AS n;`;
