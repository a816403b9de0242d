import { expect, it, onTestFinished } from 'vitest';
import { connectionSchema } from '../../src-shared/connections';
import { runSettingsSchema } from '../../src-shared/run-settings';
import type { Database, Statement } from '../database/database';
import { describeOnEachDatabase } from '../database/testing/each-database';
import { createRpcSource, type RpcConnection } from '../ingestion/live/rpc';
import { type ServedAccount, startRpcServer } from '../ingestion/live/testing/rpc-server';
import { createHurriedClock } from '../runs/testing/live-server';
import { openEngine } from '../runs/testing/open-engine';
import { liveRecordOf } from './live-record';

const PROGRAM = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';
const KEYS = [
  'So11111111111111111111111111111111111111112',
  'SysvarC1ock11111111111111111111111111111111',
  'SysvarRent111111111111111111111111111111111',
] as const;
const holding = (lamports: number): ServedAccount => ({
  lamports,
  owner: PROGRAM,
  executable: false,
  rentEpoch: 0n,
  space: 3,
  data: ['AQID', 'base64'],
});

const select = async <Row>(db: Database, text: string): Promise<readonly Row[]> => {
  const statement: Statement = { name: 'test_select', deadline: 'read', text };
  return (await db.query<Row>(statement)).rows;
};

describeOnEachDatabase('a validator whose sockets end a hundred times in mid-stream', (empty, kind) => {
  // Both store alike.
  const losses = kind === 'postgres' ? 100 : 20;

  it('repeats nothing, and each slot is covered or in a gap', async () => {
    const db = await empty();
    const server = await startRpcServer();
    onTestFinished(() => server.close());
    const clock = createHurriedClock();
    const { engine } = await openEngine(db, clock);
    const connection = connectionSchema.parse({
      kind: 'rpc',
      rpc: server.rpc,
      subscriptions: server.subscriptions,
      programs: [PROGRAM],
    }) as RpcConnection;
    const settings = runSettingsSchema.parse({ arrival: 'none', callbackTimeMs: 3_600_000 });
    const source = createRpcSource(connection, { clock, secret: null });
    const open = await engine.connect({
      source,
      connection,
      settings,
      toRecord: liveRecordOf(settings, () => null),
    });
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const untilCovers = async (snapshots: number) => {
      while (server.snapshots() < snapshots || server.subscribers() === 0) await turn();
    };
    const changed = new Map<number, string>();
    const produce = () => {
      const key = KEYS[changed.size % KEYS.length] as string;
      const at = changed.size + 101;
      changed.set(server.slot({ [key]: holding(at) }), key);
      // The same again, and an older one after it.
      server.repeat(key, holding(at), at);
      return at;
    };
    await untilCovers(1);
    for (let loss = 1; loss <= losses; loss += 1) {
      for (let slots = 0; slots < 5; slots += 1) {
        produce();
        if ((loss + slots) % 2 === 0) await turn();
      }
      server.breakOff();
      for (let missed = 0; missed < loss % 4; missed += 1) produce();
      await untilCovers(loss + 1);
    }
    const last = produce();
    produce();
    while (Number(open.status().slot) < last) await turn();
    const status = await open.disconnect();
    expect(status.losses).toBe(losses);
    expect(status.run.counts).toMatchObject({ conflict: 0, rejected: 0 });

    const ranges = await select<{ kind: string; from: number; to: number }>(
      db,
      'SELECT kind, from_slot::int4 AS "from", to_slot::int4 AS "to" FROM slot_coverage ORDER BY number',
    );
    const rows = await select<{ account_id: string; slot: number; tokens: string }>(
      db,
      'SELECT account_id, slot::int4 AS slot, tokens FROM account_updates',
    );
    const stored = new Map(rows.map(({ account_id, slot, tokens }) => [`${account_id} ${slot}`, tokens]));
    // One state of an account in a slot, however often it was said.
    expect(stored.size).toBe(rows.length);
    ranges.forEach(({ from }, index) => {
      if (index > 0) expect(from).toBe((ranges[index - 1]?.to ?? 0) + 1);
    });
    expect(ranges.at(-1)?.to).toBeGreaterThanOrEqual(last);
    const covered = ranges.filter((range) => range.kind === 'covered');
    const isCovered = (slot: number) => covered.some(({ from, to }) => slot >= from && slot <= to);
    const missing = [...changed].filter(([slot, key]) => !stored.has(`${key} ${slot}`)).map(([slot]) => slot);
    expect(missing.length).toBeGreaterThan(losses / 4);
    expect(missing.filter(isCovered)).toEqual([]);
    expect([...changed.keys()].filter(isCovered).length).toBeGreaterThan(losses);
    // The latest states are right, whatever was lost before them.
    const latest = await select<{ id: string; tokens: string }>(db, 'SELECT id, tokens FROM accounts');
    const expected = new Map([...changed].map(([slot, key]) => [key, String(slot)]));
    expect(new Map(latest.map(({ id, tokens }) => [id, tokens]))).toEqual(expected);
    await engine.close();
  });
});
