import { slotOf, type Update, type VersionText, writeVersionOf } from '../../../src-shared/update';
import { copyText, NULL_TEXT } from '../../database/copy-text';
import type { Queryable, Statement } from '../../database/database';

/** An update that is kept. */
export interface HistoryEntry {
  readonly seq: string;
  readonly update: Update;
  /** Index of its record in the source. */
  readonly record: number;
  /** Of its arrival within the run, from 0. */
  readonly position: number;
  /** On the run's clock: its arrival, and when its callback is due. */
  readonly at: number;
  /** Null for a stale update: it has no callback. */
  readonly dueMs: number | null;
  /** The version whose callback it cancelled. */
  readonly cancels: VersionText | null;
}

const statement: Statement = {
  name: 'copy_updates',
  deadline: 'write',
  text: `COPY account_updates (seq, run_id, record_index, position, callback_time_ms, at_ms, due_ms, account_id, slot,
    version, account_type, tokens, data, cancels_slot, cancels_version) FROM STDIN`,
};

/** Appends to the history. COPY is three times as fast as one array for each column. */
export async function copyUpdates(
  db: Queryable,
  runId: string,
  entries: readonly HistoryEntry[],
): Promise<void> {
  let rows = '';
  for (const { seq, update, record, position, at, dueMs, cancels } of entries) {
    const { id, version, accountType, tokens, data, callbackTimeMs } = update;
    rows += `${seq}\t${runId}\t${record}\t${position}\t${callbackTimeMs}\t${at}\t${dueMs ?? NULL_TEXT}\t`;
    rows += `${copyText(id)}\t${slotOf(version)}\t${writeVersionOf(version)}\t${copyText(accountType)}\t${tokens}\t`;
    rows += copyText(data);
    rows += cancels === null ? '\t\\N\t\\N\n' : `\t${slotOf(cancels)}\t${writeVersionOf(cancels)}\n`;
  }
  await db.copy(statement, rows);
}
