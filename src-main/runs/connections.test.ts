import { expect, it } from 'vitest';
import { type Connection, connectionSchema, statusWords } from '../../src-shared/connections';
import { IngotError } from '../../src-shared/errors';
import { runSettingsSchema } from '../../src-shared/run-settings';
import { createViews } from '../accounts/views/create-views';
import type { Database, Statement } from '../database/database';
import { describeOnEachDatabase } from '../database/testing/each-database';
import type { LiveSource } from '../ingestion/live/live-source';
import { memorySource } from '../ingestion/testing/memory-source';
import type { OpenConnection } from './interface';
import {
  accountAt,
  createHurriedClock,
  type LiveServer,
  startLiveServer,
  toRecord,
} from './testing/live-server';
import { openEngine, untilEvent, update } from './testing/open-engine';

const settings = runSettingsSchema.parse({ arrival: 'none', wait: false });
const connectionOf = (path: string): Connection => connectionSchema.parse({ kind: 'follow', path });
const inputOf = (source: LiveSource) => ({
  source,
  connection: connectionOf(source.name),
  settings,
  toRecord,
});

const coverage: Statement = {
  name: 'test_coverage',
  deadline: 'read',
  text: 'SELECT run_id, kind, from_slot, to_slot, reason FROM slot_coverage ORDER BY run_id, number',
};
const coverageOf = async (db: Database) =>
  (await db.query<{ kind: string; from_slot: string | null; to_slot: string | null }>(coverage)).rows.map(
    ({ kind, from_slot, to_slot }) => `${kind} ${from_slot}-${to_slot}`,
  );
const slots: Statement = {
  name: 'test_slots',
  deadline: 'read',
  text: 'SELECT slot FROM account_updates ORDER BY slot',
};
const slotsOf = async (db: Database) =>
  (await db.query<{ slot: string }>(slots)).rows.map(({ slot }) => Number(slot));
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => from + n);

/** Resolves once so much is stored. */
async function untilStored({ status }: OpenConnection, slot: number): Promise<void> {
  for (let now = status(); now.slot !== String(slot); now = status()) {
    if (now.state === 'ended') throw new Error(`it ended at slot ${now.slot}: ${now.run.failure}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
const untilConnects = async ({ connects }: LiveServer, count: number) => {
  while (connects() < count) await new Promise((resolve) => setImmediate(resolve));
};

describeOnEachDatabase('connections', (empty) => {
  it('are runs of their own beside a paced run, and end in order', async () => {
    const db = await empty();
    const { engine, events } = await openEngine(db, createHurriedClock());
    const servers = [startLiveServer({ name: 'first' }), startLiveServer({ name: 'second' })] as const;
    const open = await Promise.all(servers.map(({ source }) => engine.connect(inputOf(source))));
    await expect(engine.connect(inputOf(servers[0].source))).rejects.toThrow('first is connected already.');
    for (const server of servers) await untilConnects(server, 1);
    const run = await engine.startRun(memorySource([update('other', 1), update('other', 2)]), settings);
    servers[0].produce(50);
    servers[1].produce(20);
    expect(await run.ended).toMatchObject({ state: 'completed', counts: { indexed: 2 } });
    await untilStored(open[0] as OpenConnection, 50);
    await untilStored(open[1] as OpenConnection, 20);
    expect(engine.currentRun()?.runId).toBe(run.runId);
    const ended = await Promise.all(open.map((one) => one.disconnect()));
    expect(
      ended.map(({ state, run: { state: runState, counts } }) => [state, runState, counts.records]),
    ).toEqual([
      ['ended', 'stopped', 50],
      ['ended', 'stopped', 20],
    ]);
    expect(ended[1]?.run.counts.duplicate).toBe(20);
    expect(engine.connections()).toEqual([]);
    expect(await coverageOf(db)).toEqual(['covered 1-50', 'covered 1-20']);
    expect(servers.map(({ committed }) => committed.at(-1))).toEqual(['50', '20']);
    const states = events.flatMap((event) =>
      event.event === 'connection' && event.status.run.source === 'first' ? [event.status.state] : [],
    );
    expect(states).toEqual(['connecting', 'connected', 'ended']);
    await engine.close();
  });

  it('do not hold up what is stored while a source is told its position', async () => {
    const db = await empty();
    const { engine } = await openEngine(db, createHurriedClock());
    const server = startLiveServer();
    const source: LiveSource = { ...server.source, committed: () => new Promise(() => {}) };
    const open = await engine.connect(inputOf(source));
    await untilConnects(server, 1);
    server.produce(3);
    await untilStored(open, 3);
    const run = await engine.startRun(memorySource([update('other', 1)]), settings);
    expect(await run.ended).toMatchObject({ state: 'completed' });
    expect((await open.disconnect()).run.counts.records).toBe(3);
    await engine.close();
  });

  it('that are lost a hundred times in mid-stream lose and repeat nothing where the source continues', async () => {
    const db = await empty();
    const { engine } = await openEngine(db, createHurriedClock());
    const server = startLiveServer();
    const open = await engine.connect(inputOf(server.source));
    await untilConnects(server, 1);
    for (let loss = 1; loss <= 100; loss += 1) {
      server.produce(5);
      // Sometimes before anything was stored, sometimes after.
      if (loss % 3 === 0) await untilStored(open, 5 * loss);
      server.breakOff();
      await untilConnects(server, loss + 1);
    }
    await untilStored(open, 500);
    const { run, losses, gaps } = await open.disconnect();
    expect(run.counts).toMatchObject({ records: 500, duplicate: 0, conflict: 0 });
    expect([losses, gaps]).toEqual([100, 0]);
    expect(await coverageOf(db)).toEqual(['covered 1-500']);
    await engine.close();
  });

  it('list exactly what was lost where the source forgets', async () => {
    const db = await empty();
    const { engine, events } = await openEngine(db, createHurriedClock());
    const server = startLiveServer({ remembers: 2 });
    const open = await engine.connect(inputOf(server.source));
    await untilConnects(server, 1);
    const expected: string[] = [];
    let head = 0;
    let begins = 1;
    for (let loss = 1; loss <= 100; loss += 1) {
      server.produce(3);
      head += 3;
      await untilStored(open, head);
      const missed = loss % 5;
      server.breakOff();
      // Before it connects again.
      server.produce(missed);
      await untilConnects(server, loss + 1);
      head += missed;
      if (missed > 2) {
        expected.push(`covered ${begins}-${head - missed}`, `gap ${head - missed + 1}-${head - 2}`);
        begins = head - 1;
      }
    }
    await untilStored(open, head);
    expected.push(`covered ${begins}-${head}`);
    expect(await coverageOf(db)).toEqual(expected);
    const lost = expected.flatMap((line) => {
      const [, from, to] = /^gap (\d+)-(\d+)$/.exec(line) ?? [];
      return from === undefined ? [] : range(Number(from), Number(to));
    });
    expect(await slotsOf(db)).toEqual(range(1, head).filter((slot) => !lost.includes(slot)));
    const said = events.flatMap((event) => (event.event === 'gap' ? [event.range] : []));
    expect(said.map(({ fromSlot, toSlot }) => `gap ${fromSlot}-${toSlot}`)).toEqual(
      expected.filter((line) => line.startsWith('gap')),
    );
    expect(said[0]).toMatchObject({
      kind: 'gap',
      reason: 'The server hung up.',
      since: { runId: open.runId },
    });
    await engine.close();
  });

  it('go on in the same run after the process was killed, with what came meanwhile or a gap', async () => {
    const db = await empty();
    const server = startLiveServer({ remembers: 10 });
    let isKilled = false;
    const killable: Database = {
      ...db,
      transaction: (work) => (isKilled ? new Promise(() => {}) : db.transaction(work)),
    };
    const first = await openEngine(killable, createHurriedClock());
    const before = await first.engine.connect(inputOf(server.source));
    await untilConnects(server, 1);
    server.produce(7);
    await untilStored(before, 7);
    // Its row still says that it runs.
    isKilled = true;
    server.breakOff();
    server.produce(4);
    const second = await openEngine(db, createHurriedClock());
    const after = await second.engine.connect(inputOf(server.source));
    await untilStored(after, 11);
    expect(after.runId).toBe(before.runId);
    await after.disconnect();
    server.produce(20);
    const third = await second.engine.connect(inputOf(server.source));
    await untilStored(third, 31);
    expect(third.status()).toMatchObject({ gaps: 1, run: { counts: { records: 21, duplicate: 0 } } });
    expect(await coverageOf(db)).toEqual(['covered 1-11', 'gap 12-21', 'covered 22-31']);
    const { rows } = await db.query<{ reason: string | null }>(coverage);
    expect(rows[1]?.reason).toBe('It was disconnected.');
    await second.engine.close();
    const other = await openEngine(db, createHurriedClock());
    const changed = await other.engine.connect({
      ...inputOf(server.source),
      settings: { ...settings, skipBrokenLines: true },
    });
    expect(changed.runId).not.toBe(before.runId);
    await other.engine.close();
  });

  it('store what is said between updates, and a gap of unknown slots', async () => {
    const db = await empty();
    const { engine } = await openEngine(db, createHurriedClock());
    const server = startLiveServer();
    const open = await engine.connect(inputOf(server.source));
    await untilConnects(server, 1);
    server.say({ kind: 'slot', slot: '12', status: 'finalized' });
    server.say({ kind: 'skipped', what: 'ping' });
    await untilStored(open, 12);
    server.say({ kind: 'gap', fromSlot: null, toSlot: null, reason: 'Something was dropped.' });
    server.say({ kind: 'covers', fromSlot: '20' });
    server.say({ kind: 'slot', slot: '21', status: 'confirmed' });
    server.say({ kind: 'position', position: 'there' });
    await untilStored(open, 21);
    expect(await coverageOf(db)).toEqual(['covered 1-12', 'gap null-null', 'covered 20-21']);
    expect(open.status()).toMatchObject({ finalizedSlot: '12', confirmedSlot: '21', skipped: { ping: 1 } });
    const views = createViews({ database: db, clock: createHurriedClock(), pending: engine.pending });
    const { rows } = await views.coverage({ runId: null, window: { from: { edge: 'start' }, limit: 3 } });
    expect(rows.map(statusWords)).toEqual([', confirmed', '', ', finalized']);
    const later = rows.map((row) => statusWords({ ...row, confirmedSlot: '20', finalizedSlot: '11' }));
    expect(later).toEqual([', confirmed to 20', '', ', finalized to 11, confirmed']);
    expect(server.committed).toEqual(['0', 'there']);
    await engine.close();
  });

  it('retract the updates of a slot that dies between them, and tell those that come for it later apart', async () => {
    const db = await empty();
    const { engine, events } = await openEngine(db, createHurriedClock());
    const server = startLiveServer();
    const open = await engine.connect(inputOf(server.source));
    await untilConnects(server, 1);
    // Slots 1 and 8 are of one account, 2 is the only one of another.
    server.produce(8);
    await untilStored(open, 8);
    server.say({ kind: 'slot', slot: '8', status: 'dead' });
    server.say({ kind: 'slot', slot: '2', status: 'dead' });
    server.say({ kind: 'slot', slot: '8', status: 'dead' });
    server.say({ kind: 'account', account: { ...accountAt(8), writeVersion: '2' } });
    server.say({ kind: 'account', account: accountAt(9) });
    server.say({ kind: 'slot', slot: '9', status: 'finalized' });
    await untilStored(open, 9);
    const { rows } = await db.query({
      name: 'test_latest',
      deadline: 'read',
      text: `SELECT id, slot, due_ms IS NOT NULL AS waits FROM accounts WHERE id IN ('account-1', 'account-2') ORDER BY id`,
    });
    expect(rows).toEqual([
      { id: 'account-1', slot: '1', waits: false },
      { id: 'account-2', slot: '9', waits: true },
    ]);
    const told = events.flatMap((event) =>
      event.event === 'retracted' || event.event === 'cancelled' ? [event] : [],
    );
    expect(told).toMatchObject([
      { event: 'cancelled', id: 'account-1', version: '1:1', supersededBy: '8:1' },
      { event: 'retracted', slot: '8', accounts: 1 },
      { event: 'cancelled', id: 'account-1', version: '8:1', supersededBy: null, deadSlot: '8' },
      { event: 'retracted', slot: '2', accounts: 1 },
      { event: 'cancelled', id: 'account-2', version: '2:1', deadSlot: '2' },
    ]);
    const { counts } = open.status().run;
    expect(counts).toMatchObject({ records: 10, indexed: 9, stale: 1, cancelled: 3, pending: 6 });
    await engine.close();
  });

  it('let the accounts of a dead slot fall back at the next start if the process ended before', async () => {
    const db = await empty();
    const first = await openEngine(db, createHurriedClock());
    const server = startLiveServer();
    const open = await first.engine.connect(inputOf(server.source));
    await untilConnects(server, 1);
    server.produce(8);
    await untilStored(open, 8);
    await first.engine.close();
    // Slots 1 and 8 are of one account.
    await db.executeScript(
      'die',
      `INSERT INTO dead_slots (slot, seq, run_id, at_ms) SELECT 8, max(seq) + 1, 1, max(at_ms) FROM account_updates`,
    );
    const { engine } = await openEngine(db, createHurriedClock());
    const text = `SELECT a.slot, a.due_ms, s.how, r.back_seq, run.counts->>'cancelled' AS cancelled,
        run.attempts->-1->>1 = r.seq::text AS is_last
      FROM accounts AS a, settled_callbacks AS s, retractions AS r, runs AS run WHERE a.id = 'account-1'`;
    expect((await db.query({ name: 'test_fallen', deadline: 'read', text })).rows).toEqual([
      { slot: '1', due_ms: null, how: 'dead slot', back_seq: '1', cancelled: '2', is_last: true },
    ]);
    expect(engine.pending.count()).toBe(6);
    await engine.close();
  });

  it('end as failed where connecting again cannot help, and as completed at the end of the source', async () => {
    const db = await empty();
    const { engine } = await openEngine(db, createHurriedClock());
    const refused: LiveSource = {
      name: 'refused',
      // biome-ignore lint/correctness/useYield: it is refused first.
      async *connect() {
        throw new IngotError('source_unreadable', 'The token is not valid.');
      },
      committed: async () => {},
    };
    const failed = await engine.connect(inputOf(refused));
    expect(await failed.ended).toMatchObject({
      state: 'ended',
      run: { state: 'failed', failure: 'The token is not valid.' },
    });
    const server = startLiveServer();
    const open = await engine.connect(inputOf(server.source));
    await untilConnects(server, 1);
    server.produce(4);
    server.end();
    expect(await open.ended).toMatchObject({ run: { state: 'completed', counts: { records: 4 } } });
    await engine.close();
  });

  it('fire the callbacks of their updates', async () => {
    const db = await empty();
    const { engine } = await openEngine(db, createHurriedClock());
    const server = startLiveServer();
    const soon = (...of: Parameters<typeof toRecord>) => {
      const record = toRecord(...of);
      return record.kind === 'update'
        ? { ...record, update: { ...record.update, callbackTimeMs: 0 } }
        : record;
    };
    const open = await engine.connect({ ...inputOf(server.source), toRecord: soon });
    await untilConnects(server, 1);
    const fired = untilEvent(engine, ({ event }) => event === 'fired');
    server.produce(1);
    expect(await fired).toMatchObject({ runId: open.runId, id: 'account-1' });
    await engine.close();
  });
});
