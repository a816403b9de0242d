import { createCopyRows } from '../../database/copy-rows';
import type { Queryable, Statement } from '../../database/database';

/** A callback that fired between two records of a batch. */
export interface FiredCallback {
  readonly seq: bigint;
  readonly updateSeq: bigint;
  /** On the run's clock. */
  readonly at: number;
  readonly id: string;
}

const COLUMNS = 6;
const statement: Statement = {
  name: 'copy_settled',
  deadline: 'write',
  text: 'COPY settled_callbacks (seq, update_seq, run_id, at_ms, account_id, how) FROM STDIN (FORMAT binary)',
};

/** Writes callbacks of one run that fired because they were due. */
export async function copySettled(
  db: Queryable,
  runId: string,
  fired: readonly FiredCallback[],
): Promise<void> {
  const rows = createCopyRows(COLUMNS);
  const run = BigInt(runId);
  for (const { seq, updateSeq, at, id } of fired) {
    rows.row();
    rows.int8(seq);
    rows.int8(updateSeq);
    rows.int8(run);
    rows.int8(at);
    rows.text(id);
    rows.text('due');
  }
  await db.copy(statement, rows.end());
}
