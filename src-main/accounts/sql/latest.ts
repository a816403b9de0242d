import { slotOf, type Update, type VersionText, writeVersionOf } from '../../../src-shared/update';
import { booleanArray, numberArray, textArray } from '../../database/array-literal';
import { createCopyRows } from '../../database/copy-rows';
import type { Queryable, Statement } from '../../database/database';
import { epochMsFromText } from '../../database/epoch-ms';
import { versionTextOf } from '../../storage/version-sql';
import type { Callback, KnownAccount, Waits } from '../classify';

/** A new latest state, and its callback, unless that was settled already. */
export interface LatestState {
  readonly update: Update;
  readonly seq: bigint;
  readonly waits: Waits | null;
  /** Characters that the database prints of its data; null until known. */
  readonly dataLength: number | null;
  /** The state it replaces; undefined: the account is new. */
  readonly before: KnownAccount | undefined;
  /** Of the account's first update, if it is new. */
  readonly createdSeq: bigint;
}

const COLUMNS = 10;
const add: Statement = {
  name: 'add_accounts',
  deadline: 'write',
  text: `COPY accounts (id, account_type, tokens, slot, version, update_seq, created_seq, callback_run_id, due_ms,
    data_length) FROM STDIN (FORMAT binary)`,
};

/** Half the cost of INSERT … ON CONFLICT, which locks each row before it writes. */
const set: Statement = {
  name: 'set_latest',
  deadline: 'write',
  text: `
    UPDATE accounts AS a
    SET account_type = u.account_type, tokens = u.tokens, slot = u.slot, version = u.version, update_seq = u.seq,
      callback_run_id = u.run_id, due_ms = u.due_ms, data_length = u.data_length
    FROM unnest($1::text[], $2::text[], $3::numeric[], $4::numeric[], $5::numeric[], $6::int8[], $7::int8[],
      $8::int8[], $9::int4[], $10::int8[], $11::bool[])
      AS u (id, account_type, tokens, slot, version, seq, run_id, due_ms, data_length, seq_before, waited)
    WHERE a.id = u.id AND a.id = ANY ($1::text[]) AND a.update_seq = u.seq_before
      AND (a.due_ms IS NOT NULL) = u.waited`,
};

/** Writes latest states, at most one per account. Returns the number of rows written: fewer if another program changed a row. */
export async function writeLatest(db: Queryable, states: readonly LatestState[]): Promise<number> {
  const added = states.filter(({ before }) => before === undefined);
  const changed = states.filter(({ before }) => before !== undefined);
  const written = await Promise.all([
    added.length > 0 ? addAccounts(db, added) : 0,
    changed.length > 0 ? setLatest(db, changed) : 0,
  ]);
  return written[0] + written[1];
}

async function addAccounts(db: Queryable, states: readonly LatestState[]): Promise<number> {
  const rows = createCopyRows(COLUMNS);
  for (const { update, seq, createdSeq, waits, dataLength } of states) {
    rows.row();
    rows.text(update.id);
    rows.text(update.accountType);
    rows.numeric(update.tokens);
    rows.numeric(slotOf(update.version));
    rows.numeric(writeVersionOf(update.version));
    rows.int8(seq);
    rows.int8(createdSeq);
    rows.int8(waits && BigInt(waits.runId));
    rows.int8(waits?.dueMs ?? null);
    rows.int4(dataLength);
  }
  return await db.copy(add, rows.end());
}

async function setLatest(db: Queryable, states: readonly LatestState[]): Promise<number> {
  const { affectedRows } = await db.query(set, [
    textArray(states.map(({ update }) => update.id)),
    textArray(states.map(({ update }) => update.accountType)),
    numberArray(states.map(({ update }) => update.tokens)),
    numberArray(states.map(({ update }) => slotOf(update.version))),
    numberArray(states.map(({ update }) => writeVersionOf(update.version))),
    numberArray(states.map(({ seq }) => seq)),
    numberArray(states.map(({ waits }) => waits?.runId ?? null)),
    numberArray(states.map(({ waits }) => waits?.dueMs ?? null)),
    numberArray(states.map(({ dataLength }) => dataLength)),
    numberArray(states.map(({ before }) => before?.seq ?? null)),
    booleanArray(states.map(({ before }) => before?.waits != null)),
  ]);
  return affectedRows;
}

const clear: Statement = {
  name: 'clear_waiting',
  deadline: 'write',
  text: `
    UPDATE accounts AS a SET callback_run_id = NULL, due_ms = NULL
    FROM unnest($1::text[], $2::int8[]) AS c (id, seq)
    WHERE a.id = c.id AND a.id = ANY ($1::text[]) AND a.update_seq = c.seq AND a.due_ms IS NOT NULL`,
};

/** Marks the callbacks of these accounts, all of earlier batches, as no longer pending. Returns how many were pending. */
export async function clearWaiting(db: Queryable, callbacks: readonly Callback[]): Promise<number> {
  const { affectedRows } = await db.query(clear, [
    textArray(callbacks.map(({ id }) => id)),
    numberArray(callbacks.map(({ of }) => ('seq' in of ? of.seq : null))),
  ]);
  return affectedRows;
}

interface KnownRow {
  readonly id: string;
  readonly latest: VersionText;
  readonly seq: string;
  readonly run_id: string | null;
  readonly due_ms: string | null;
}

/**
 * The lateral look-up with a limit keeps the planner on the index. Without statistics, as in a new database, it hashed all
 * accounts for each batch.
 */
const findKnown: Statement = {
  name: 'find_known_accounts',
  deadline: 'read',
  text: `
    SELECT a.id, ${versionTextOf('a')} AS latest, a.update_seq AS seq, a.callback_run_id AS run_id, a.due_ms
    FROM unnest($1::text[]) AS wanted (id)
    CROSS JOIN LATERAL (SELECT * FROM accounts WHERE id = wanted.id LIMIT 1) AS a`,
};

/** The latest version and pending callback of each existing account of `ids`; `ids` without repeats. */
export async function findKnownAccounts(
  db: Queryable,
  ids: readonly string[],
): Promise<Map<string, KnownAccount>> {
  const { rows } = await db.query<KnownRow>(findKnown, [textArray(ids)]);
  return new Map(
    rows.map(({ id, latest, seq, run_id, due_ms }) => [
      id,
      {
        latest,
        seq: BigInt(seq),
        waits: run_id === null || due_ms === null ? null : { runId: run_id, dueMs: epochMsFromText(due_ms) },
      },
    ]),
  );
}

/** How a number with an exponent begins outside strings, and rarely within them. */
const MAY_HAVE_EXPONENT = /(?:^|[[:,\s-])\d[\d.]*[eE]/;

/**
 * How many characters the database will print of an update's JSON, to within a factor of two, because it adds blanks. Null if only the
 * database can tell: it writes numbers with an exponent in full, seven characters as a hundred thousand.
 */
export function printedLength({ data, decoded = '' }: Pick<Update, 'data' | 'decoded'>): number | null {
  return MAY_HAVE_EXPONENT.test(data) ? null : data.length + decoded.length;
}
