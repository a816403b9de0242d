import { slotOf, type Update, writeVersionOf } from '../../../src-shared/update';
import { numberArray, textArray } from '../../database/array-literal';
import type { Queryable, Statement } from '../../database/database';

interface Row {
  readonly place: number;
  readonly same: boolean;
}

const statement: Statement = {
  name: 'find_kept_updates',
  deadline: 'read',
  text: `
    SELECT asked.place::int4 AS place,
      kept.account_type = asked.account_type AND kept.tokens = asked.tokens
        AND kept.callback_time_ms = asked.callback_time_ms AND kept.data = asked.data::jsonb AS same
    FROM unnest($1::text[], $2::numeric[], $3::numeric[], $4::text[], $5::numeric[], $6::int8[], $7::text[])
      WITH ORDINALITY AS asked (id, slot, version, account_type, tokens, callback_time_ms, data, place)
    CROSS JOIN LATERAL (
      SELECT account_type, tokens, callback_time_ms, data
      FROM account_updates
      WHERE account_id = asked.id AND slot = asked.slot AND version = asked.version
      LIMIT 1
    ) AS kept`,
};

/**
 * Which of `updates` are in the history already, by their index: true if the content is the same.
 * JSON is compared by value, as `jsonb` does: neither white space nor the order of keys matters.
 */
export async function findKeptUpdates(
  db: Queryable,
  updates: readonly Update[],
): Promise<Map<number, boolean>> {
  const { rows } = await db.query<Row>(statement, [
    textArray(updates.map(({ id }) => id)),
    numberArray(updates.map(({ version }) => slotOf(version))),
    numberArray(updates.map(({ version }) => writeVersionOf(version))),
    textArray(updates.map(({ accountType }) => accountType)),
    numberArray(updates.map(({ tokens }) => tokens)),
    numberArray(updates.map(({ callbackTimeMs }) => callbackTimeMs)),
    textArray(updates.map(({ data }) => data)),
  ]);
  return new Map(rows.map((row) => [row.place - 1, row.same]));
}
