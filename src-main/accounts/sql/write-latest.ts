import type { EpochMs, U64Text, Update } from '../../../src-shared/update';
import { booleanArray, numberArray, textArray } from '../../database/array-literal';
import type { Queryable, Statement } from '../../database/database';
import { timestampOf } from '../../database/time-sql';

/** A new latest state, and its callback, which waits. */
export interface LatestState {
  readonly update: Update;
  readonly seq: string;
  readonly dueAtMs: EpochMs;
}

/** A callback that a newer version has overtaken. */
export interface OvertakenCallback {
  readonly id: string;
  /** Of the update whose callback it is. */
  readonly seq: string;
  readonly fired: boolean;
  readonly supersededBy: U64Text | null;
  /** Whether its update is of the same batch: it has waited for nobody yet. */
  readonly isOfBatch: boolean;
}

/**
 * Sets latest states and settles what they have overtaken, in one statement: the row that is written says
 * itself whether a callback still waited there, under its lock. The fence keeps a newer state from being undone.
 */
const statement: Statement = {
  name: 'write_latest',
  text: `
    WITH written AS (
      INSERT INTO accounts AS a (id, account_type, tokens, version, data, created_at, updated_at, update_seq,
        callback_due_at)
      SELECT u.id, u.account_type, u.tokens, u.version, u.data::jsonb,
        ${timestampOf('$1::int8')}, ${timestampOf('$1::int8')}, u.seq, ${timestampOf('u.due_ms')}
      FROM unnest($2::text[], $3::text[], $4::numeric[], $5::numeric[], $6::text[], $7::int8[], $8::int8[])
        AS u (id, account_type, tokens, version, data, seq, due_ms)
      ON CONFLICT (id) DO UPDATE
      SET account_type = excluded.account_type, tokens = excluded.tokens, version = excluded.version,
        data = excluded.data, updated_at = excluded.updated_at, update_seq = excluded.update_seq,
        callback_due_at = excluded.callback_due_at,
        overtook_seq = CASE WHEN a.callback_due_at IS NOT NULL THEN a.update_seq END
      WHERE a.version < excluded.version
      RETURNING a.overtook_seq
    )
    INSERT INTO settled_callbacks (seq, fired, settled_at, superseded_by)
    SELECT o.seq, o.fired, ${timestampOf('$1::int8')}, o.superseded_by
    FROM unnest($9::int8[], $10::bool[], $11::numeric[], $12::bool[]) AS o (seq, fired, superseded_by, is_of_batch)
    LEFT JOIN written AS w ON w.overtook_seq = o.seq
    WHERE o.is_of_batch OR w.overtook_seq IS NOT NULL`,
};

const findOvertakenStatement: Statement = {
  name: 'find_overtaken',
  text: `
    SELECT o.seq
    FROM unnest($1::text[], $2::int8[]) AS o (id, seq)
    CROSS JOIN LATERAL (
      SELECT 1 FROM accounts WHERE id = o.id AND overtook_seq = o.seq LIMIT 1
    ) AS a`,
};

/**
 * `latest` without two of one account. Gives how many of `overtaken` it did settle: one that somebody claimed in
 * the meantime has fired and stays so.
 */
export async function writeLatest(
  db: Queryable,
  writtenAtMs: EpochMs,
  latest: readonly LatestState[],
  overtaken: readonly OvertakenCallback[],
): Promise<number> {
  const { affectedRows } = await db.query(statement, [
    writtenAtMs,
    textArray(latest.map(({ update }) => update.id)),
    textArray(latest.map(({ update }) => update.accountType)),
    numberArray(latest.map(({ update }) => update.tokens)),
    numberArray(latest.map(({ update }) => update.version)),
    textArray(latest.map(({ update }) => update.data)),
    numberArray(latest.map(({ seq }) => seq)),
    numberArray(latest.map(({ dueAtMs }) => dueAtMs)),
    numberArray(overtaken.map(({ seq }) => seq)),
    booleanArray(overtaken.map(({ fired }) => fired)),
    numberArray(overtaken.map(({ supersededBy }) => supersededBy)),
    booleanArray(overtaken.map(({ isOfBatch }) => isOfBatch)),
  ]);
  return affectedRows;
}

/** Which of `overtaken`, of earlier batches, the last `writeLatest` of this transaction did settle: their sequence numbers. */
export async function findOvertaken(
  db: Queryable,
  overtaken: readonly OvertakenCallback[],
): Promise<ReadonlySet<string>> {
  const { rows } = await db.query<{ seq: string }>(findOvertakenStatement, [
    textArray(overtaken.map(({ id }) => id)),
    numberArray(overtaken.map(({ seq }) => seq)),
  ]);
  return new Set(rows.map(({ seq }) => seq));
}
