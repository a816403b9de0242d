import type { EpochMs, U64Text } from '../../../src-shared/update';
import { booleanArray, numberArray } from '../../database/array-literal';
import type { Queryable, Statement } from '../../database/database';
import { timestampOf } from '../../database/time-sql';

/** A callback that a newer version has overtaken. */
export interface OvertakenCallback {
  /** Of the update whose callback it is. */
  readonly seq: string;
  readonly fired: boolean;
  readonly supersededBy: U64Text | null;
}

/** Whoever writes the row of a callback first has settled it. In order, so that two who settle never wait for each other in turn. */
const settle: Statement = {
  name: 'settle_overtaken',
  deadline: 'write',
  text: `
    INSERT INTO settled_callbacks (seq, fired, settled_at, superseded_by)
    SELECT o.seq, o.fired, ${timestampOf('$1::int8')}, o.superseded_by
    FROM unnest($2::int8[], $3::bool[], $4::numeric[]) AS o (seq, fired, superseded_by)
    ORDER BY o.seq
    ON CONFLICT (seq) DO NOTHING`,
};

/** Rows that this very transaction has written say so themselves. */
const findSettled: Statement = {
  name: 'find_settled_here',
  deadline: 'read',
  text: `
    SELECT seq FROM settled_callbacks
    WHERE seq = ANY ($1::int8[]) AND xmin = pg_current_xact_id()::xid`,
};

/**
 * Settles `overtaken`, each once. Gives the numbers of those that it did settle: one that somebody claimed in the
 * meantime has fired, and stays so. To be called once in a transaction.
 */
export async function settleOvertaken(
  db: Queryable,
  settledAtMs: EpochMs,
  overtaken: readonly OvertakenCallback[],
): Promise<ReadonlySet<string>> {
  const numbers = overtaken.map(({ seq }) => seq);
  const { affectedRows } = await db.query(settle, [
    settledAtMs,
    numberArray(numbers),
    booleanArray(overtaken.map(({ fired }) => fired)),
    numberArray(overtaken.map(({ supersededBy }) => supersededBy)),
  ]);
  if (affectedRows === overtaken.length) return new Set(numbers);
  const { rows } = await db.query<{ seq: string }>(findSettled, [numberArray(numbers)]);
  return new Set(rows.map(({ seq }) => seq));
}
