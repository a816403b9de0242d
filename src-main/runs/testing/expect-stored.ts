import { expect } from 'vitest';
import type { Database } from '../../database/database';
import { planArrivals } from '../../ingestion/arrival-plan';
import type { UnnumberedUpdate } from '../../ingestion/record';
import { type Given, toRecords } from '../../ingestion/testing/memory-source';
import { versionTextOf } from '../../storage/version-sql';
import { simulated } from './play-run';
import type { Arriving, ModelResult } from './reference-model';

/** The arrivals that the model replays. */
export async function planned(
  given: readonly (Given | UnnumberedUpdate)[],
  settings = simulated(),
): Promise<Arriving[]> {
  const arrivals: Arriving[] = [];
  const chunks = (async function* () {
    yield toRecords(given);
  })();
  for await (const group of planArrivals(chunks, settings)) {
    arrivals.push(...group.map(({ source, at }) => ({ source, at: at ?? 0 })));
  }
  return arrivals;
}

/** Compares the database with the model, down to the content of every version. */
export async function expectStored(db: Database, model: ModelResult): Promise<void> {
  const { rows } = await db.query<{
    key: string;
    outcome: string;
    state: string | null;
    superseded: string | null;
  }>({
    name: 'test_history',
    deadline: 'read',
    text: `
      SELECT u.account_id || ' ' || ${versionTextOf('u')} AS key,
        CASE WHEN u.due_ms IS NULL THEN 'stale' ELSE 'indexed' END AS outcome,
        ${versionTextOf('newer')} AS superseded,
        CASE WHEN u.due_ms IS NULL THEN NULL WHEN s.how IN ('due', 'fired by hand') THEN 'fired'
          WHEN newer.seq IS NOT NULL OR s.seq IS NOT NULL THEN 'cancelled'
          WHEN a.due_ms IS NOT NULL THEN 'pending' END AS state
      FROM account_updates AS u
      LEFT JOIN settled_callbacks AS s ON s.update_seq = u.seq
      LEFT JOIN account_updates AS newer ON newer.account_id = u.account_id AND newer.cancels_slot = u.slot
        AND newer.cancels_version = u.version
      LEFT JOIN accounts AS a ON a.update_seq = u.seq`,
  });
  expect(new Map(rows.map((row) => [row.key, row.outcome]))).toEqual(model.history);
  for (const { key, state, superseded } of rows) {
    const expected = model.callbacks.get(key);
    expect(state).toBe(expected?.state ?? null);
    expect(superseded).toBe(expected?.supersededBy ?? null);
  }
  const accounts = await db.query<{ id: string; tokens: string; version: string; same: boolean }>({
    name: 'test_accounts',
    deadline: 'read',
    text: `SELECT id, tokens, ${versionTextOf('a')} AS version FROM accounts AS a`,
  });
  expect(new Map(accounts.rows.map((row) => [row.id, `${row.version} ${row.tokens}`]))).toEqual(
    new Map([...model.accounts].map(([id, { version, tokens }]) => [id, `${version} ${tokens}`])),
  );
  const strays = await db.query({
    name: 'test_attempts',
    deadline: 'read',
    text: `
      SELECT u.seq, r.attempts FROM account_updates AS u JOIN runs AS r ON r.id = u.run_id
      WHERE NOT EXISTS (SELECT FROM jsonb_array_elements(r.attempts) AS of
        WHERE u.seq BETWEEN (of ->> 0)::int8 AND (of ->> 1)::int8)`,
  });
  expect(strays.rows, 'each run knows where its updates lie').toEqual([]);
  expect(rows.length).toBe(model.history.size);
}
