import {
  type Account,
  type JsonText,
  slotOf,
  type Update,
  type VersionText,
  writeVersionOf,
} from '../../../src-shared/update';
import { numberArray, textArray } from '../../database/array-literal';
import { createCopyRows } from '../../database/copy-rows';
import type { Queryable, Statement } from '../../database/database';
import { updateByNumber } from '../../storage/update-by-number';
import { versionTextOf } from '../../storage/version-sql';

/** A stored update. */
export interface HistoryEntry {
  readonly seq: bigint;
  readonly update: Update;
  /** Of its record in the source. */
  readonly record: number;
  /** Of its arrival within the run, from 0. */
  readonly position: number;
  /** In run time: its arrival, and when its callback is due. */
  readonly at: number;
  /** Null for a stale update, which has no callback. */
  readonly dueMs: number | null;
  /** The version whose callback it cancelled. */
  readonly cancels: VersionText | null;
}

const COLUMNS = 16;
const copy: Statement = {
  name: 'copy_updates',
  deadline: 'write',
  text: `COPY account_updates (seq, run_id, record_index, position, callback_time_ms, at_ms, due_ms, account_id, slot,
    version, account_type, tokens, data, cancels_slot, cancels_version, decoded) FROM STDIN (FORMAT binary)`,
};
/** Bytes of a row without its data and what it says, with short ASCII texts. */
const ROW_BYTES = 320;

export async function copyUpdates(
  db: Queryable,
  runId: string,
  entries: readonly HistoryEntry[],
): Promise<void> {
  const data = entries.reduce(
    (sum, { update: { data, decoded } }) => sum + data.length + (decoded?.length ?? 0),
    0,
  );
  const rows = createCopyRows(COLUMNS, entries.length * ROW_BYTES + data);
  const run = BigInt(runId);
  for (const { seq, update, record, position, at, dueMs, cancels } of entries) {
    const { id, version, accountType, tokens, data, callbackTimeMs, decoded } = update;
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
    rows.jsonb(decoded ?? null);
  }
  await db.copy(copy, rows.end());
}

interface KeptRow {
  readonly place: number;
  readonly same: boolean;
}

const findKept: Statement = {
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
 * Which of `updates` are in the history, by index: true if the content is the same. JSON is compared by value, as in `jsonb`:
 * white space and the order of keys do not matter.
 */
export async function findKeptUpdates(
  db: Queryable,
  updates: readonly Update[],
): Promise<Map<number, boolean>> {
  const { rows } = await db.query<KeptRow>(findKept, [
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

const compare: Statement = {
  name: 'compare_json',
  deadline: 'read',
  text: `
    SELECT pair.left_value::jsonb = pair.right_value::jsonb AS same
    FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS pair (left_value, right_value, place)
    ORDER BY pair.place`,
};

/** For each pair, whether both are the same JSON value for the database. */
export async function compareJson(
  db: Queryable,
  pairs: readonly (readonly [JsonText, JsonText])[],
): Promise<readonly boolean[]> {
  const { rows } = await db.query<{ same: boolean }>(compare, [
    textArray(pairs.map(([left]) => left)),
    textArray(pairs.map(([, right]) => right)),
  ]);
  return rows.map((row) => row.same);
}

/** One text, because PGlite decodes each field of each row separately. */
const readByNumber: Statement = {
  name: 'read_updates',
  deadline: 'read',
  text: `
    SELECT json_agg(
      json_build_array(u.seq::text, u.account_id, u.account_type, u.tokens::text, ${versionTextOf('u')}, u.data::text)
    )::text AS updates
    FROM unnest($1::int8[]) AS wanted (seq)
    CROSS JOIN LATERAL ${updateByNumber('wanted.seq')} AS u`,
};

type UpdateText = readonly [string, string, string, string, VersionText, string];

/** Accounts at these updates, as the database prints them, by the number of the update. */
export async function readUpdates(
  db: Queryable,
  seqs: readonly bigint[],
): Promise<ReadonlyMap<bigint, Account>> {
  if (seqs.length === 0) return new Map();
  const { rows } = await db.query<{ updates: string | null }>(readByNumber, [numberArray(seqs)]);
  const updates: readonly UpdateText[] = JSON.parse(rows[0]?.updates ?? '[]');
  return new Map(
    updates.map(([seq, id, accountType, tokens, version, data]) => [
      BigInt(seq),
      { id, accountType, tokens, version, data },
    ]),
  );
}
