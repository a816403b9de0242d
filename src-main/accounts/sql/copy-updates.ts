import { slotOf, type Update, type VersionText, writeVersionOf } from '../../../src-shared/update';
import { createCopyRows } from '../../database/copy-rows';
import type { Queryable, Statement } from '../../database/database';

/** A kept update, as the history has it. */
export interface HistoryEntry {
  readonly seq: bigint;
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

const COLUMNS = 15;
const statement: Statement = {
  name: 'copy_updates',
  deadline: 'write',
  text: `COPY account_updates (seq, run_id, record_index, position, callback_time_ms, at_ms, due_ms, account_id, slot,
    version, account_type, tokens, data, cancels_slot, cancels_version) FROM STDIN (FORMAT binary)`,
};
/** Bytes of a row without its data, where texts are short and of one byte for each character. */
const ROW_BYTES = 320;

/** Appends to the history. */
export async function copyUpdates(
  db: Queryable,
  runId: string,
  entries: readonly HistoryEntry[],
): Promise<void> {
  const data = entries.reduce((sum, { update }) => sum + update.data.length, 0);
  const rows = createCopyRows(COLUMNS, entries.length * ROW_BYTES + data);
  const run = BigInt(runId);
  for (const { seq, update, record, position, at, dueMs, cancels } of entries) {
    const { id, version, accountType, tokens, data, callbackTimeMs } = update;
    rows.row();
    rows.int8(seq);
    rows.int8(run);
    rows.int8(record);
    rows.int8(position);
    rows.int8(callbackTimeMs);
    rows.int8(at);
    rows.int8(dueMs);
    rows.text(id);
    rows.numeric(slotOf(version));
    rows.numeric(writeVersionOf(version));
    rows.text(accountType);
    rows.numeric(tokens);
    rows.jsonb(data);
    rows.numeric(cancels && slotOf(cancels));
    rows.numeric(cancels && writeVersionOf(cancels));
  }
  await db.copy(statement, rows.end());
}
