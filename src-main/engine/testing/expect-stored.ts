import { expect } from 'vitest';
import type { Update } from '../../../src-shared/update';
import type { Database } from '../../database/database';
import { planArrivals } from '../../ingestion/arrival-plan';
import { type Given, toRecords } from '../../ingestion/testing/memory-source';
import { simulated } from './play-run';
import type { Arriving, ModelResult } from './reference-model';

/** The arrivals that the model is to replay. */
export async function planned(given: readonly Given[], settings = simulated()): Promise<Arriving[]> {
  const arrivals: Arriving[] = [];
  const chunks = (async function* () {
    yield toRecords(given);
  })();
  for await (const group of planArrivals(chunks, settings)) {
    arrivals.push(...group.map(({ source, at }) => ({ source, at: at ?? 0 })));
  }
  return arrivals;
}

/** What the database holds must be what the model says, down to the content of every version. */
export async function expectStored(db: Database, model: ModelResult, given: readonly Given[]): Promise<void> {
  const { rows } = await db.query<{
    key: string;
    outcome: string;
    state: string | null;
    superseded: string | null;
  }>({
    name: 'test_history',
    deadline: 'read',
    text: `
      SELECT u.account_id || ' ' || u.version AS key, u.outcome, s.superseded_by AS superseded,
        CASE WHEN s.seq IS NOT NULL THEN CASE WHEN s.fired THEN 'fired' ELSE 'cancelled' END
          WHEN a.callback_due_at IS NOT NULL THEN 'pending' END AS state
      FROM account_updates AS u
      LEFT JOIN settled_callbacks AS s ON s.seq = u.seq
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
    text: 'SELECT id, tokens, version FROM accounts',
  });
  expect(new Map(accounts.rows.map((row) => [row.id, `${row.version} ${row.tokens}`]))).toEqual(
    new Map([...model.accounts].map(([id, { version, tokens }]) => [id, `${version} ${tokens}`])),
  );
  const valid = given.filter((entry): entry is Update => !('invalid' in entry));
  expect(rows.length).toBe(new Set(valid.map(({ id, version }) => `${id} ${version}`)).size);
}
