import type { EpochMs, U64Text } from '../../../src-shared/update';
import { numberArray, textArray } from '../../database/array-literal';
import type { Queryable, Statement } from '../../database/database';
import { timestampOf } from '../../database/time-sql';
import type { Settlement } from '../classify';

/** Lateral for the reason given in `find-known-accounts.ts`. The state is checked again where it is written. */
const statement: Statement = {
  name: 'settle_superseded',
  text: `
    UPDATE account_updates AS older
    SET callback_state = newer.state, callback_settled_at = ${timestampOf('$1::int8')},
      superseded_by = newer.superseded_by
    FROM (
      SELECT kept.place, overtaken.state, overtaken.superseded_by
      FROM unnest($2::text[], $3::numeric[], $4::text[], $5::numeric[])
        AS overtaken (id, version, state, superseded_by)
      CROSS JOIN LATERAL (
        SELECT ctid AS place
        FROM account_updates
        WHERE account_id = overtaken.id AND version = overtaken.version AND callback_state = 'pending'
        LIMIT 1
      ) AS kept
    ) AS newer
    WHERE older.ctid = newer.place AND older.callback_state = 'pending'
    RETURNING older.account_id AS id, older.version`,
};

/**
 * Settles waiting callbacks that a newer version has overtaken. Gives those that it did settle: one that
 * somebody claimed in the meantime has fired and stays so.
 */
export async function settleSuperseded(
  db: Queryable,
  settledAtMs: EpochMs,
  settlements: readonly Settlement[],
): Promise<readonly { readonly id: string; readonly version: U64Text }[]> {
  const { rows } = await db.query<{ id: string; version: U64Text }>(statement, [
    settledAtMs,
    textArray(settlements.map(({ id }) => id)),
    numberArray(settlements.map(({ version }) => version)),
    textArray(settlements.map(({ state }) => state)),
    numberArray(settlements.map(({ supersededBy }) => supersededBy)),
  ]);
  return rows;
}
