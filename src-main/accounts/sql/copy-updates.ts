import type { EpochMs, Outcome, Update } from '../../../src-shared/update';
import { copyText, copyTimestamp, NULL_TEXT } from '../../database/copy-text';
import type { Queryable, Statement } from '../../database/database';

export interface HistoryEntry {
  readonly seq: string;
  readonly record: number;
  readonly update: Update;
  readonly outcome: Extract<Outcome, 'indexed' | 'stale'>;
  /** Null for a stale update: it has no callback. */
  readonly dueAtMs: EpochMs | null;
}

/** COPY numbers rows as it is told, and is written without a text literal for each column. */
const statement: Statement = {
  name: 'copy_updates',
  deadline: 'write',
  text: `COPY account_updates (seq, account_id, version, run_id, record_index, account_type, tokens, data,
    callback_time_ms, outcome, ingested_at, callback_due_at) FROM STDIN`,
};

/** Appends to the history. */
export async function copyUpdates(
  db: Queryable,
  runId: string,
  ingestedAtMs: EpochMs,
  entries: Iterable<HistoryEntry>,
): Promise<void> {
  const ingestedAt = copyTimestamp(ingestedAtMs);
  let rows = '';
  for (const { seq, record, update, outcome, dueAtMs } of entries) {
    const { id, version, accountType, tokens, data, callbackTimeMs } = update;
    const due = dueAtMs === null ? NULL_TEXT : copyTimestamp(dueAtMs);
    rows += `${seq}\t${copyText(id)}\t${version}\t${runId}\t${record}\t${copyText(accountType)}\t${tokens}\t`;
    rows += `${copyText(data)}\t${callbackTimeMs}\t${outcome}\t${ingestedAt}\t${due}\n`;
  }
  await db.copy(statement, rows);
}
