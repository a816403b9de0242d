import type { AccountRow, HistoryRow } from '../../../../src-shared/views';
import { booleanArray, numberArray, textArray } from '../../../database/array-literal';
import type { Database } from '../../../database/database';
import { timestampOf } from '../../../database/time-sql';
import type { PlainData } from './plain-model';

const at = (expression: string) => timestampOf(expression);

/** Puts rows into the tables as they are, in place of what is there: for tests of reading. */
export async function storePlainData(database: Database, { history, accounts }: PlainData): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.query({
      name: 'clear',
      deadline: 'maintenance',
      text: 'TRUNCATE accounts, account_updates, settled_callbacks, runs, rejects',
    });
    await tx.query(
      {
        name: 'store_history',
        deadline: 'write',
        text: `
          INSERT INTO account_updates (seq, run_id, record_index, account_id, account_type, version, tokens, data,
            callback_time_ms, outcome, ingested_at, callback_due_at)
          OVERRIDING SYSTEM VALUE
          SELECT seq, run_id, record_index, account_id, account_type, version, tokens, '{"a": 1}', callback_time_ms,
            outcome, ${at('ingested_ms')}, ${at('due_ms')}
          FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::text[], $5::text[], $6::numeric[], $7::numeric[],
            $8::int8[], $9::text[], $10::int8[], $11::int8[])
            AS t (seq, run_id, record_index, account_id, account_type, version, tokens, callback_time_ms, outcome,
              ingested_ms, due_ms)`,
      },
      historyColumns(history),
    );
    await tx.query(
      {
        name: 'store_settled',
        deadline: 'write',
        text: `
          INSERT INTO settled_callbacks (seq, fired, settled_at, superseded_by)
          SELECT seq, fired, ${at('settled_ms')}, superseded_by
          FROM unnest($1::int8[], $2::bool[], $3::int8[], $4::numeric[]) AS t (seq, fired, settled_ms, superseded_by)`,
      },
      settledColumns(history.filter((row) => row.callbackSettledAtMs !== null)),
    );
    await tx.query(
      {
        name: 'store_accounts',
        deadline: 'write',
        text: `
          INSERT INTO accounts (id, account_type, tokens, version, created_at, updated_at, update_seq,
            callback_due_at)
          SELECT t.id, t.account_type, t.tokens, t.version, ${at('t.created_ms')}, ${at('t.updated_ms')},
            u.seq, CASE WHEN s.seq IS NULL THEN u.callback_due_at END
          FROM unnest($1::text[], $2::text[], $3::numeric[], $4::numeric[], $5::int8[], $6::int8[])
            AS t (id, account_type, tokens, version, created_ms, updated_ms)
          JOIN account_updates AS u ON u.account_id = t.id AND u.version = t.version
          LEFT JOIN settled_callbacks AS s ON s.seq = u.seq`,
      },
      accountColumns(accounts),
    );
  });
}

function historyColumns(rows: readonly HistoryRow[]) {
  return [
    numberArray(rows.map((row) => row.seq)),
    numberArray(rows.map((row) => row.runId)),
    numberArray(rows.map((row) => row.record)),
    textArray(rows.map((row) => row.id)),
    textArray(rows.map((row) => row.accountType)),
    numberArray(rows.map((row) => row.version)),
    numberArray(rows.map((row) => row.tokens)),
    numberArray(rows.map((row) => row.callbackTimeMs)),
    textArray(rows.map((row) => row.outcome)),
    numberArray(rows.map((row) => row.ingestedAtMs)),
    numberArray(rows.map((row) => row.callbackDueAtMs)),
  ];
}

function settledColumns(rows: readonly HistoryRow[]) {
  return [
    numberArray(rows.map((row) => row.seq)),
    booleanArray(rows.map((row) => row.callbackState === 'fired')),
    numberArray(rows.map((row) => row.callbackSettledAtMs)),
    numberArray(rows.map((row) => row.supersededBy)),
  ];
}

function accountColumns(rows: readonly AccountRow[]) {
  return [
    textArray(rows.map((row) => row.id)),
    textArray(rows.map((row) => row.accountType)),
    numberArray(rows.map((row) => row.tokens)),
    numberArray(rows.map((row) => row.version)),
    numberArray(rows.map((row) => row.createdAtMs)),
    numberArray(rows.map((row) => row.updatedAtMs)),
  ];
}
