import { slotOf, type U64Text, writeVersionOf } from '../../../src-shared/update';
import { booleanArray, numberArray, textArray } from '../../database/array-literal';
import type { Queryable, Statement } from '../../database/database';
import type { SourceRecord } from '../../ingestion/record';

/** An update whose content is looked for among the states of its account in its slot. */
export type AskedContent = Exclude<SourceRecord, { kind: 'reject' }>;

export const slotOfContent = (asked: AskedContent): U64Text =>
  asked.kind === 'update' ? slotOf(asked.update.version) : (asked.update.slot ?? '0');

/** One text for an account's slot, as a map key. */
export const accountSlotOf = (asked: AskedContent): string => `${slotOfContent(asked)} ${asked.update.id}`;

/** What the history has of the account in the slot of an update. Versions are write versions. */
export interface KnownContent {
  /** The same number for the same content in the same slot of the same account, within one call. */
  readonly content: number;
  readonly highest: U64Text | null;
  /** The lowest version with this content. Of an update without a slot: the highest, if it has this content. */
  readonly same: U64Text | null;
  /** Of an update with a version: that is in the history. */
  readonly isStored: boolean;
}

interface ContentRow {
  readonly content: number;
  readonly highest: U64Text | null;
  readonly same: U64Text | null;
  readonly is_stored: boolean;
}

/**
 * The look-ups end at the first row of the key's order. That for the same content reads the states of one account in one slot,
 * until it finds it: a few, on a chain.
 */
const find: Statement = {
  name: 'find_contents',
  deadline: 'read',
  text: `
    WITH asked AS MATERIALIZED (
      SELECT id, slot, version, has_slot, account_type, tokens, callback_time_ms, data::jsonb AS data, place
      FROM unnest($1::text[], $2::numeric[], $3::numeric[], $4::bool[], $5::text[], $6::numeric[], $7::int8[], $8::text[])
        WITH ORDINALITY AS of (id, slot, version, has_slot, account_type, tokens, callback_time_ms, data, place)
    )
    SELECT
      min(asked.place) OVER (
        PARTITION BY asked.id, asked.slot, asked.account_type, asked.tokens, asked.callback_time_ms, asked.data)::int4
        AS content,
      top.version::text AS highest,
      CASE WHEN asked.has_slot THEN (
        SELECT u.version FROM account_updates AS u
        WHERE u.account_id = asked.id AND u.slot = asked.slot AND u.tokens = asked.tokens
          AND u.account_type = asked.account_type AND u.callback_time_ms = asked.callback_time_ms AND u.data = asked.data
        ORDER BY u.version LIMIT 1)
      WHEN top.tokens = asked.tokens AND top.account_type = asked.account_type
        AND top.callback_time_ms = asked.callback_time_ms AND top.data = asked.data THEN top.version END::text AS same,
      asked.version IS NOT NULL AND EXISTS (
        SELECT FROM account_updates AS u
        WHERE u.account_id = asked.id AND u.slot = asked.slot AND u.version = asked.version) AS is_stored
    FROM asked
    LEFT JOIN LATERAL (
      SELECT * FROM account_updates AS u WHERE u.account_id = asked.id AND u.slot = asked.slot
      ORDER BY u.version DESC LIMIT 1
    ) AS top ON true
    ORDER BY asked.place`,
};

/** In the order of `asked`. JSON is compared by value. */
export async function findContents(
  db: Queryable,
  asked: readonly AskedContent[],
): Promise<readonly KnownContent[]> {
  const updates = asked.map(({ update }) => update);
  const { rows } = await db.query<ContentRow>(find, [
    textArray(updates.map(({ id }) => id)),
    numberArray(asked.map(slotOfContent)),
    numberArray(asked.map((one) => (one.kind === 'update' ? writeVersionOf(one.update.version) : null))),
    booleanArray(asked.map((one) => one.kind === 'update' || one.update.slot !== null)),
    textArray(updates.map(({ accountType }) => accountType)),
    numberArray(updates.map(({ tokens }) => tokens)),
    numberArray(updates.map(({ callbackTimeMs }) => callbackTimeMs)),
    textArray(updates.map(({ data }) => data)),
  ]);
  return rows.map(({ is_stored: isStored, ...row }) => ({ ...row, isStored }));
}
