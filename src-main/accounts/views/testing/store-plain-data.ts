import { slotOf, writeVersionOf } from '../../../../src-shared/update';
import { numberArray, textArray } from '../../../database/array-literal';
import type { Database } from '../../../database/database';
import { decodedOf, jsonOf, type PlainData } from './plain-model';

/** Replaces the tables' content by these rows, for tests of reading. */
export async function storePlainData(database: Database, data: PlainData): Promise<void> {
  const { history, accounts, runs, settledSeqs } = data;
  const seqs = new Map(history.map(({ id, version, seq }) => [`${id} ${version}`, seq]));
  /** By the number of the update that cancelled it. */
  const cancelled = new Map(
    history
      .filter(({ settledHow }) => settledHow === 'newer version')
      .map(({ seq, version }) => [String(settledSeqs.get(seq)), version]),
  );
  const slots = (versions: readonly (string | undefined)[]) =>
    numberArray(versions.map((version) => (version === undefined ? null : slotOf(version))));
  const writeVersions = (versions: readonly (string | undefined)[]) =>
    numberArray(versions.map((version) => (version === undefined ? null : writeVersionOf(version))));
  const settled = history.filter(({ settledHow }) => settledHow !== null && settledHow !== 'newer version');

  await database.transaction(async (tx) => {
    await tx.query({
      name: 'clear',
      deadline: 'maintenance',
      text: 'TRUNCATE accounts, account_updates, settled_callbacks, runs, rejects',
    });
    await tx.query(
      {
        name: 'store_history',
        deadline: 'write',
        text: `
          INSERT INTO account_updates (seq, run_id, record_index, position, account_id, account_type, slot, version, tokens,
            data, callback_time_ms, at_ms, due_ms, cancels_slot, cancels_version, decoded)
          SELECT seq, run_id, record_index, position, account_id, account_type, slot, version, tokens, data,
            callback_time_ms, at_ms, due_ms, cancels_slot, cancels_version, decoded
          FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::int8[], $5::text[], $6::text[], $7::numeric[], $8::numeric[],
            $9::numeric[], $10::int8[], $11::int8[], $12::int8[], $13::numeric[], $14::numeric[], $15::jsonb[], $16::jsonb[])
            AS t (seq, run_id, record_index, position, account_id, account_type, slot, version, tokens, callback_time_ms,
              at_ms, due_ms, cancels_slot, cancels_version, data, decoded)`,
      },
      [
        numberArray(history.map((row) => row.seq)),
        numberArray(history.map((row) => row.runId)),
        numberArray(history.map((row) => row.record)),
        numberArray(history.map((row) => row.position)),
        textArray(history.map((row) => row.id)),
        textArray(history.map((row) => row.accountType)),
        slots(history.map((row) => row.version)),
        writeVersions(history.map((row) => row.version)),
        numberArray(history.map((row) => row.tokens)),
        numberArray(history.map((row) => row.callbackTimeMs)),
        numberArray(history.map((row) => row.arrived.at)),
        numberArray(history.map((row) => row.callbackDue?.at ?? null)),
        slots(history.map((row) => cancelled.get(row.seq))),
        writeVersions(history.map((row) => cancelled.get(row.seq))),
        textArray(history.map(jsonOf)),
        textArray(history.map(decodedOf)),
      ],
    );
    await tx.query(
      {
        name: 'store_settled',
        deadline: 'write',
        text: `
          INSERT INTO settled_callbacks (seq, update_seq, run_id, at_ms, account_id, how)
          SELECT * FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::int8[], $5::text[], $6::text[])`,
      },
      [
        numberArray(settled.map(({ seq }) => settledSeqs.get(seq) ?? 0)),
        numberArray(settled.map(({ seq }) => seq)),
        numberArray(settled.map(({ runId }) => runId)),
        numberArray(settled.map(({ callbackSettled }) => callbackSettled?.at ?? 0)),
        textArray(settled.map(({ id }) => id)),
        textArray(settled.map(({ settledHow }) => settledHow)),
      ],
    );
    await tx.query(
      {
        name: 'store_accounts',
        deadline: 'write',
        text: `
          INSERT INTO accounts (id, account_type, tokens, slot, version, update_seq, created_seq, callback_run_id, due_ms)
          SELECT u.account_id, u.account_type, u.tokens, u.slot, u.version, u.seq,
            (SELECT min(f.seq) FROM account_updates AS f WHERE f.account_id = u.account_id),
            CASE WHEN t.waits THEN u.run_id END, CASE WHEN t.waits THEN u.due_ms END
          FROM unnest($1::int8[], $2::bool[]) AS t (seq, waits)
          JOIN account_updates AS u ON u.seq = t.seq`,
      },
      [
        numberArray(accounts.map(({ id, version }) => seqs.get(`${id} ${version}`) ?? 0)),
        `{${accounts.map(({ callbackState }) => callbackState === 'pending').join()}}`,
      ],
    );
    await tx.query(
      {
        name: 'store_runs',
        deadline: 'write',
        text: `
          INSERT INTO runs (id, source, settings, state, clock, attempts, counts)
          OVERRIDING SYSTEM VALUE
          SELECT id, 'plain.json', '{}', 'stopped', clock, attempts, counts
          FROM unnest($1::int8[], $2::jsonb[], $3::jsonb[], $4::jsonb[]) AS t (id, clock, attempts, counts)`,
      },
      [
        numberArray(runs.map(({ runId }) => runId)),
        textArray(runs.map(({ clock }) => JSON.stringify(clock))),
        textArray(runs.map(({ attempts }) => JSON.stringify(attempts))),
        textArray(runs.map(({ runId }) => JSON.stringify(countsOf(data, runId)))),
      ],
    );
  });
}

function countsOf({ history }: PlainData, runId: string) {
  const rows = history.filter((row) => row.runId === runId);
  const of = (wanted: string) =>
    rows.filter(({ outcome, callbackState }) => outcome === wanted || callbackState === wanted).length;
  return {
    indexed: of('indexed'),
    stale: of('stale'),
    fired: of('fired'),
    cancelled: of('cancelled'),
    pending: of('pending'),
  };
}
