import { beforeEach, expect, it } from 'vitest';
import type { Database } from '../../database/database';
import { describeOnEachDatabase } from '../../database/testing/each-database';
import { measurePlan } from '../../database/testing/measure-plan';
import { callbackStateOf, joinCallback, latestCallbackStateOf, settledStateOf } from './callback-state';

describeOnEachDatabase('the state of a callback', (open, kind) => {
  let db: Database;
  /** Numbers of updates, by the tests' names `id version`. */
  let seqs: Map<string, number>;
  let seq: number;
  beforeEach(async () => {
    db = await open();
    seqs = new Map();
    seq = 0;
  });

  const script = (sql: string) => db.executeScript('store', sql);
  /** `cancels`: the version of the account whose callback was pending. */
  async function arrive(
    id: string,
    version: string,
    rest: { run?: number; stale?: boolean; slot?: string } = {},
  ) {
    const { run = 1, stale = false, slot = '0' } = rest;
    seq += 1;
    seqs.set(`${id} ${slot}:${version}`, seq);
    await script(`
      INSERT INTO account_updates (seq, run_id, record_index, position, callback_time_ms, at_ms, due_ms, account_id, slot,
        version, account_type, tokens, data, cancels_slot, cancels_version)
      SELECT ${seq}, ${run}, ${seq}, ${seq}, 5, ${seq * 10}, ${stale ? 'NULL' : seq * 10 + 5}, '${id}', ${slot},
        ${version}, 'mint', 1, '{}', older.slot, older.version
      FROM (SELECT) AS one LEFT JOIN accounts AS older ON older.id = '${id}' AND older.due_ms IS NOT NULL AND NOT ${stale};
      ${
        stale
          ? ''
          : `INSERT INTO accounts (id, account_type, tokens, slot, version, update_seq, created_seq, callback_run_id, due_ms)
            VALUES ('${id}', 'mint', 1, ${slot}, ${version}, ${seq}, ${seq}, ${run}, ${seq * 10 + 5})
            ON CONFLICT (id) DO UPDATE SET slot = ${slot}, version = ${version}, update_seq = ${seq},
              callback_run_id = ${run}, due_ms = ${seq * 10 + 5};`
      }`);
  }
  async function settle(id: string, version: string, how: string, run = 1) {
    seq += 1;
    await script(`
      INSERT INTO settled_callbacks (seq, update_seq, run_id, at_ms, account_id, how)
      VALUES (${seq}, ${seqs.get(`${id} 0:${version}`)}, ${run}, ${seq * 10}, '${id}', '${how}');
      UPDATE accounts SET callback_run_id = NULL, due_ms = NULL WHERE id = '${id}';`);
  }
  /** For each update in order: the joined row, checked against all fragments. */
  async function states() {
    const { rows } = await db.query<Record<string, unknown>>({
      name: 'states',
      deadline: 'read',
      text: `
        SELECT concat(u.account_id, ' ', u.slot, ':', u.version) AS name, callback.*, ${callbackStateOf('u', null)} AS again,
          (SELECT ${latestCallbackStateOf('a')} FROM accounts AS a WHERE a.update_seq = u.seq) AS as_latest,
          (SELECT ${settledStateOf('s')} FROM settled_callbacks AS s WHERE s.update_seq = u.seq) AS as_settled
        FROM account_updates AS u ${joinCallback('u', null)}
        ORDER BY u.seq`,
    });
    return rows.map(({ name, state, how, settled_run_id, settled_at_ms, superseded_by, again, ...same }) => {
      expect(again).toBe(state);
      for (const other of [same.as_latest, same.as_settled]) if (other !== null) expect(other).toBe(state);
      return [name, state, how, settled_run_id, settled_at_ms, superseded_by];
    });
  }

  it('is pending of the latest version, and none of a stale one', async () => {
    await arrive('a', '5');
    await arrive('a', '3', { stale: true });
    expect(await states()).toEqual([
      ['a 0:5', 'pending', null, null, null, null],
      ['a 0:3', null, null, null, null, null],
    ]);
  });

  it('comes from its row if it was due, fired or cancelled by hand, or skipped, also after newer versions', async () => {
    for (const how of ['due', 'fired by hand', 'cancelled by hand', 'skipped']) {
      await arrive(how, '1');
      await settle(how, '1', how, 7);
    }
    await arrive('skipped', '2');
    expect(await states()).toEqual([
      ['due 0:1', 'fired', 'due', '7', '20', null],
      ['fired by hand 0:1', 'fired', 'fired by hand', '7', '40', null],
      ['cancelled by hand 0:1', 'cancelled', 'cancelled by hand', '7', '60', null],
      ['skipped 0:1', 'cancelled', 'skipped', '7', '80', null],
      ['skipped 0:2', 'pending', null, null, null, null],
    ]);
  });

  it('is cancelled by the next version that is not stale, of whatever run, at the time of that', async () => {
    await arrive('a', '1');
    await arrive('a', '9', { run: 2 });
    await arrive('a', '4', { run: 3, stale: true });
    await arrive('a', '12', { run: 4 });
    expect(await states()).toEqual([
      ['a 0:1', 'cancelled', 'newer version', '2', '20', '9'],
      ['a 0:9', 'cancelled', 'newer version', '4', '40', '12'],
      ['a 0:4', null, null, null, null, null],
      ['a 0:12', 'pending', null, null, null, null],
    ]);
  });

  it('orders versions by their slot first', async () => {
    await arrive('a', '900', { slot: '1' });
    await arrive('a', '5', { slot: '2' });
    await arrive('a', '18446744073709551615', { slot: '2' });
    expect(await states()).toEqual([
      ['a 1:900', 'cancelled', 'newer version', '1', '20', '2:5'],
      ['a 2:5', 'cancelled', 'newer version', '1', '30', '2:18446744073709551615'],
      ['a 2:18446744073709551615', 'pending', null, null, null, null],
    ]);
  });

  it('finds the newer version behind a million stale ones, which only the one row pays for', async () => {
    // Both plan alike; a server is filled in a third of the time.
    const stale = kind === 'postgres' ? 1_000_000 : 50_000;
    await arrive('a', '1');
    await arrive('a', '2000000');
    await arrive('a', '2000001');
    await script(`
      INSERT INTO account_updates (seq, run_id, record_index, position, callback_time_ms, at_ms, account_id, slot, version,
        account_type, tokens, data)
      SELECT n + 3, 1, n, n, 0, n, 'a', 0, n + 1, 'mint', 1, '{}' FROM generate_series(1, ${stale}) AS n`);
    const states = (from: string) => `
      SELECT callback.superseded_by FROM (${from}) AS u ${joinCallback('u', null)}`;
    const { rows } = await db.query<{ superseded_by: string | null }>({
      name: 'superseded',
      deadline: 'maintenance',
      text: states('SELECT * FROM account_updates ORDER BY seq LIMIT 3'),
    });
    expect(rows.map(({ superseded_by: by }) => by)).toEqual(['2000000', '2000001', null]);
    const page = await measurePlan(db, states('SELECT * FROM account_updates ORDER BY seq LIMIT 500'));
    expect(page.rows).toBeGreaterThan(stale);
    expect(page.rows).toBeLessThan(stale + 10 * 500);
  });

  it('ends its search at the next version where no newer one cancelled it', async () => {
    const newer = 20_000;
    await arrive('a', '1');
    await settle('a', '1', 'due');
    await script(`
      INSERT INTO account_updates (seq, run_id, record_index, position, callback_time_ms, at_ms, due_ms, account_id, slot, version,
        account_type, tokens, data)
      SELECT n + 2, 1, n, n, 0, n, n + 5, 'a', 0, n + 1, 'mint', 1, '{}' FROM generate_series(1, ${newer}) AS n`);
    const read = await measurePlan(
      db,
      `SELECT callback.state, ${callbackStateOf('u', '1')} FROM account_updates AS u ${joinCallback('u', '1')} WHERE u.seq = 1`,
    );
    expect(read.rows).toBeLessThan(20);
  });
});
