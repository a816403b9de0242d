import { createSchedule } from '../../ops/drive/schedule';
import type { Database } from '../../src-main/database/database';
import { findLastSeq } from '../../src-main/runs/sql/runs';
import { NO_COUNTS } from '../../src-shared/events';
import { startClock } from '../../src-shared/run-clock';
import { clock } from './durable-ingest';

/** Rows per statement. */
const FILL_ROWS = 50_000;
/** Limit per chunk, as a pipe would have. */
const LARGEST_CHUNK_RECORDS = 500;
const TICK_MS = 1;
/** For arriving updates: none falls due during the measurement. */
const FAR_MS = 3_600_000;

export interface WaitingOnes {
  readonly count: number;
  /** When the first is due. */
  readonly fromMs: number;
  /** Interval in milliseconds; a fraction makes several due in one. */
  readonly everyMs: number;
  /** Prefix of their ids, `prefix-due-number`. */
  readonly prefix: string;
}

/**
 * Inserts accounts with a pending callback each, as an ingest would leave them, for a run whose clock shows wall time. No engine
 * may be open: it numbers updates itself.
 */
export async function fillWaiting(
  database: Database,
  { count, fromMs, everyMs, prefix }: WaitingOnes,
): Promise<void> {
  const last = await findLastSeq(database);
  const counts = JSON.stringify({ ...NO_COUNTS, records: count, indexed: count, pending: count });
  const attempts = JSON.stringify([[String(last + 1n), String(last + BigInt(count))]]);
  const { rows } = await database.query<{ id: string }>(
    {
      name: 'fill_run',
      deadline: 'write',
      text: `
        INSERT INTO runs (source, settings, state, counts, clock, attempts)
        VALUES ('waiting', '{}', 'stopped', $1::jsonb, $2::jsonb, $3::jsonb) RETURNING id`,
    },
    [counts, JSON.stringify(startClock(0, 1)), attempts],
  );
  const runId = rows[0]?.id ?? '';
  for (let from = 0; from < count; from += FILL_ROWS) {
    await database.query(
      {
        name: 'fill_waiting',
        deadline: 'write',
        text: `
          WITH history AS (
            INSERT INTO account_updates (seq, run_id, record_index, position, callback_time_ms, at_ms, due_ms, account_id, slot,
              version, account_type, tokens, data)
            SELECT $7::int8 + 1 + n, $6::int8, n, n, 0, due_ms, due_ms, $5::text || '-' || due_ms || '-' || n, 0, 1, 'mint', n,
              '{"slot": 1}'
            FROM generate_series($1::int4, $2::int4 - 1) AS n, floor($3::float8 + n * $4::float8) AS due,
              LATERAL (SELECT due::int8 AS due_ms) AS exact
            RETURNING *
          )
          INSERT INTO accounts (id, account_type, tokens, slot, version, update_seq, created_seq, callback_run_id, due_ms,
            data_length)
          SELECT account_id, account_type, tokens, slot, version, seq, seq, run_id, due_ms, length(data::text) FROM history`,
      },
      [from, Math.min(from + FILL_ROWS, count), fromMs, everyMs, prefix, runId, String(last)],
    );
  }
}

/** The due time in an id of `fillWaiting`; null for any other id. */
export function dueMsOf(id: string, prefix: string): number | null {
  return id.startsWith(`${prefix}-`) ? Number(id.split('-')[1]) : null;
}

/**
 * JSON lines, each at its instant or as soon after as it is read: updates of `accounts` accounts in turn, at a rate that waits
 * for nothing. Each cancels its account's callback and schedules another, so the number of pending ones stays.
 */
export async function* streamUpdates(options: {
  readonly perSecond: number;
  readonly seconds: number;
  readonly beginMs: number;
  readonly accounts: number;
  readonly prefix: string;
  /** Above those of all earlier streams. */
  readonly firstVersion: number;
}): AsyncGenerator<Uint8Array> {
  const { perSecond, seconds, beginMs } = options;
  const schedule = createSchedule({
    perSecond,
    records: Math.ceil(perSecond * seconds) + 1,
    beginMs: clock.monotonicMs() + beginMs - clock.now(),
  });
  for (let sent = 0; sent < schedule.records; ) {
    const due = Math.min(schedule.dueBy(clock.monotonicMs()), sent + LARGEST_CHUNK_RECORDS);
    if (due <= sent) {
      await clock.waitUntil(clock.now() + TICK_MS);
      continue;
    }
    let text = '';
    for (; sent < due; sent += 1) text += updateOf(sent, options);
    yield Buffer.from(text);
  }
}

function updateOf(
  record: number,
  { accounts, prefix, firstVersion }: { accounts: number; prefix: string; firstVersion: number },
): string {
  const account = record % accounts;
  const version = firstVersion + Math.floor(record / accounts);
  return (
    `{"id":"${prefix}-${account}","accountType":"escrow","tokens":"${(record * 7919) % 1_000_003}",` +
    `"callbackTimeMs":${FAR_MS + (account % 1000)},"data":{"slot":${record},"owner":"owner of ${prefix} ${account}"},"version":${version}}\n`
  );
}
