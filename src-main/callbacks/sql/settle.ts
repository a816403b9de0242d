import type { Account, VersionText } from '../../../src-shared/update';
import type { SettledHow } from '../../../src-shared/views';
import { numberArray, textArray } from '../../database/array-literal';
import { createCopyRows } from '../../database/copy-rows';
import type { Queryable, Statement } from '../../database/database';
import { updateByNumber } from '../../storage/update-by-number';
import { versionTextOf } from '../../storage/version-sql';
import { type RunFigures, SAVE_FIGURES } from '../figures';

/** A callback cancelled by a newer version has no row: see `HistoryEntry.cancels`. */
export type SettledRowHow = Exclude<SettledHow, 'newer version'>;

/** A pending callback to be settled. */
export interface ToSettle {
  /** Number of its update. */
  readonly seq: bigint;
  /** Settling time, in run time. */
  readonly at: number;
}

export interface Settled {
  readonly seq: bigint;
  /** The account at that version. `data` is empty where it is not needed. */
  readonly account: Account;
}

/** An entry of the answer: number, id, account type, tokens, version, data. */
type Answer = readonly [string, string, string, string, VersionText, string | null];

/**
 * Clears the account's pending callback under its row's lock, and writes what settled it: the first transaction to clear it wins,
 * this one or a newer version. The list of ids keeps the planner from reading all accounts.
 *
 * The answer is one text, because PGlite decodes each field of each row separately: a quarter of a claim's cost.
 */
const settle: Statement = {
  name: 'settle_callbacks',
  deadline: 'write',
  text: `
    WITH due AS MATERIALIZED (
      SELECT w.place, w.at_ms, u.seq, u.run_id, u.account_id, u.account_type, u.tokens, u.slot, u.version,
        CASE WHEN $4::text IN ('due', 'fired by hand') THEN u.data END AS data
      FROM unnest($1::int8[], $2::int8[]) WITH ORDINALITY AS w (seq, at_ms, place)
      CROSS JOIN LATERAL ${updateByNumber('w.seq')} AS u
    ), cleared AS (
      UPDATE accounts AS a SET callback_run_id = NULL, due_ms = NULL
      FROM due
      WHERE a.id = due.account_id AND a.id = ANY (ARRAY(SELECT account_id FROM due)) AND a.update_seq = due.seq
        AND a.due_ms IS NOT NULL
      RETURNING a.update_seq
    ), settled AS (
      INSERT INTO settled_callbacks (seq, update_seq, run_id, at_ms, account_id, how)
      SELECT $3::int8 + due.place - 1, due.seq, due.run_id, due.at_ms, due.account_id, $4::text
      FROM due JOIN cleared ON cleared.update_seq = due.seq
      ORDER BY due.place
      RETURNING update_seq
    ), saved AS (${SAVE_FIGURES(5)})
    SELECT json_agg(
      json_build_array(due.seq::text, due.account_id, due.account_type, due.tokens::text, ${versionTextOf('due')},
        due.data::text)
      ORDER BY due.place)::text AS settled
    FROM due JOIN settled ON settled.update_seq = due.seq`,
};

/**
 * Settles those of `callbacks` that are pending, numbered from `firstSeq` in the given order, and returns them in it.
 * @param figures the counts of all their runs afterwards.
 */
export async function settleCallbacks(
  db: Queryable,
  callbacks: readonly ToSettle[],
  how: SettledRowHow,
  firstSeq: bigint,
  figures: readonly RunFigures[],
): Promise<readonly Settled[]> {
  const { rows } = await db.query<{ settled: string | null }>(settle, [
    numberArray(callbacks.map(({ seq }) => seq)),
    numberArray(callbacks.map(({ at }) => at)),
    String(firstSeq),
    how,
    numberArray(figures.map(({ runId }) => runId)),
    textArray(figures.map(({ counts }) => JSON.stringify(counts))),
    textArray(figures.map(({ timeline }) => timeline && JSON.stringify(timeline))),
  ]);
  const answers: readonly Answer[] = JSON.parse(rows[0]?.settled ?? '[]');
  return answers.map(([seq, id, accountType, tokens, version, data]) => ({
    seq: BigInt(seq),
    account: { id, accountType, tokens, version, data: data ?? '' },
  }));
}

/** A callback that fired between two records of a batch. */
export interface FiredCallback {
  readonly seq: bigint;
  readonly updateSeq: bigint;
  /** In run time. */
  readonly at: number;
  readonly id: string;
}

const COLUMNS = 6;
const copy: Statement = {
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
  await db.copy(copy, rows.end());
}
