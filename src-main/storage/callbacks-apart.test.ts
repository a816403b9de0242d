import { expect, test } from 'vitest';
import { openEmptyDatabase } from '../database/testing/each-database';
import { landedMigrations } from './landed-migrations';
import { migrate } from './migrate';

/** Migration 0004 moves the states of callbacks out of the history without losing any. */
test.each(['pglite', 'postgres'] as const)(
  'a history that held the state of callbacks is taken over whole, on %s',
  async (kind) => {
    const db = await openEmptyDatabase(kind);
    await migrate(db, landedMigrations.slice(0, 3));
    await db.executeScript(
      'fill',
      `INSERT INTO account_updates (account_id, version, run_id, record_index, account_type, tokens, data,
          callback_time_ms, outcome, callback_due_at, callback_state, callback_settled_at, superseded_by)
        VALUES
          ('a', 1, 1, 0, 'mint', 1, '{}', 5, 'indexed', '2026-01-01', 'cancelled', '2026-01-02', 18446744073709551615),
          ('a', 0, 1, 1, 'mint', 1, '{}', 5, 'stale', NULL, NULL, NULL, NULL),
          ('a', 18446744073709551615, 1, 2, 'mint', 1, '{}', 5, 'indexed', '2026-01-03', 'pending', NULL, NULL),
          ('b', 7, 1, 3, 'mint', 1, '{}', 5, 'indexed', '2026-01-04', 'fired', '2026-01-05', NULL),
          ('c', 7, 1, 4, 'mint', 1, '{}', 5, 'indexed', '2026-01-06', 'cancelled', '2026-01-07', NULL);
        INSERT INTO accounts (id, account_type, tokens, version, data)
        VALUES ('a', 'mint', 1, 18446744073709551615, '{}'), ('b', 'mint', 1, 7, '{}'), ('c', 'mint', 1, 7, '{}');`,
    );
    await migrate(db, landedMigrations.slice(0, 4));
    const rows = async (text: string) => (await db.query({ name: 'read', deadline: 'write', text })).rows;
    expect(
      await rows('SELECT seq, fired, settled_at, superseded_by FROM settled_callbacks ORDER BY seq'),
    ).toEqual([
      { seq: '1', fired: false, settled_at: '2026-01-02 00:00:00+00', superseded_by: '18446744073709551615' },
      { seq: '4', fired: true, settled_at: '2026-01-05 00:00:00+00', superseded_by: null },
      { seq: '5', fired: false, settled_at: '2026-01-07 00:00:00+00', superseded_by: null },
    ]);
    expect(await rows('SELECT id, update_seq, callback_due_at FROM accounts ORDER BY id')).toEqual([
      { id: 'a', update_seq: '3', callback_due_at: '2026-01-03 00:00:00+00' },
      { id: 'b', update_seq: '4', callback_due_at: null },
      { id: 'c', update_seq: '5', callback_due_at: null },
    ]);
    expect(await rows('SELECT seq, callback_due_at FROM account_updates ORDER BY seq')).toEqual([
      { seq: '1', callback_due_at: '2026-01-01 00:00:00+00' },
      { seq: '2', callback_due_at: null },
      { seq: '3', callback_due_at: '2026-01-03 00:00:00+00' },
      { seq: '4', callback_due_at: '2026-01-04 00:00:00+00' },
      { seq: '5', callback_due_at: '2026-01-06 00:00:00+00' },
    ]);
  },
);
