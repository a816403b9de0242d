import type { CallbackState, EpochMs, Outcome, U64Text, Update } from '../../../src-shared/update';
import { numberArray, textArray } from '../../database/array-literal';
import type { Queryable, Statement } from '../../database/database';
import { timestampOf } from '../../database/time-sql';

export interface HistoryEntry {
  readonly record: number;
  readonly update: Update;
  readonly outcome: Extract<Outcome, 'indexed' | 'stale'>;
  /** The three below are null for a stale update: it has no callback. */
  readonly dueAtMs: EpochMs | null;
  readonly callbackState: CallbackState | null;
  readonly settledAtMs: EpochMs | null;
  readonly supersededBy: U64Text | null;
}

const statement: Statement = {
  name: 'insert_updates',
  text: `
    INSERT INTO account_updates (account_id, version, run_id, record_index, account_type, tokens, data,
      callback_time_ms, outcome, ingested_at, callback_due_at, callback_state, callback_settled_at, superseded_by)
    SELECT u.id, u.version, $1::int8, u.record_index, u.account_type, u.tokens, u.data::jsonb,
      u.callback_time_ms, u.outcome, ${timestampOf('$2::int8')}, ${timestampOf('u.due_ms')}, u.callback_state,
      ${timestampOf('u.settled_ms')}, u.superseded_by
    FROM unnest($3::text[], $4::numeric[], $5::int8[], $6::text[], $7::numeric[], $8::text[], $9::int8[],
      $10::text[], $11::int8[], $12::text[], $13::int8[], $14::numeric[])
      WITH ORDINALITY AS u (id, version, record_index, account_type, tokens, data, callback_time_ms,
        outcome, due_ms, callback_state, settled_ms, superseded_by, place)
    ORDER BY u.place`,
};

/** Appends to the history, in order; a waiting callback of the same accounts must be settled before. */
export async function insertUpdates(
  db: Queryable,
  runId: string,
  ingestedAtMs: EpochMs,
  entries: readonly HistoryEntry[],
): Promise<void> {
  await db.query(statement, [
    runId,
    ingestedAtMs,
    textArray(entries.map(({ update }) => update.id)),
    numberArray(entries.map(({ update }) => update.version)),
    numberArray(entries.map(({ record }) => record)),
    textArray(entries.map(({ update }) => update.accountType)),
    numberArray(entries.map(({ update }) => update.tokens)),
    textArray(entries.map(({ update }) => update.data)),
    numberArray(entries.map(({ update }) => update.callbackTimeMs)),
    textArray(entries.map(({ outcome }) => outcome)),
    numberArray(entries.map(({ dueAtMs }) => dueAtMs)),
    textArray(entries.map(({ callbackState }) => callbackState)),
    numberArray(entries.map(({ settledAtMs }) => settledAtMs)),
    numberArray(entries.map(({ supersededBy }) => supersededBy)),
  ]);
}
