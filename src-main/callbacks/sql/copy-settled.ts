import { copyText } from '../../database/copy-text';
import type { Queryable, Statement } from '../../database/database';

/** A callback that fired between two records of a batch. */
export interface FiredCallback {
  readonly seq: string;
  readonly updateSeq: string;
  /** On the run's clock. */
  readonly at: number;
  readonly id: string;
}

const statement: Statement = {
  name: 'copy_settled',
  deadline: 'write',
  text: 'COPY settled_callbacks (seq, update_seq, run_id, at_ms, account_id, how) FROM STDIN',
};

/** Writes callbacks of one run that fired because they were due. */
export async function copySettled(
  db: Queryable,
  runId: string,
  fired: readonly FiredCallback[],
): Promise<void> {
  const rows = fired.map(
    ({ seq, updateSeq, at, id }) => `${seq}\t${updateSeq}\t${runId}\t${at}\t${copyText(id)}\tdue\n`,
  );
  await db.copy(statement, rows.join(''));
}
