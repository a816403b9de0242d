import { describe, expect, it } from 'vitest';
import type { RunStatus } from '../../src-shared/events';
import type { Moment } from '../../src-shared/run-clock';
import { createTestDataDir } from '../database/testing/each-database';
import { type ConnectedHost, connect, record, useConnectedHost } from './testing/connected-host';
import { openTestHost } from './testing/open-test-host';

const HOUR_MS = 3_600_000;
const window = { from: { edge: 'start' }, limit: 10 } as const;
const AT_ONCE = { arrival: 'none' } as const;
const NO_WAIT = { arrival: 'none', wait: false } as const;
const SIMULATED = { simulate: true } as const;

/** Runs these records to the end of the run. */
async function play(
  { write, run }: ConnectedHost,
  records: readonly object[],
  settings: object,
): Promise<RunStatus> {
  const path = await write('records.json', records);
  return run({ kind: 'path', path }, settings);
}
const accountOf = ({ client }: ConnectedHost, id: string) => client.call('accounts.get', { id });
const dueOf = async (host: ConnectedHost) => {
  const { callbackDue } = await accountOf(host, 'a');
  if (callbackDue === null) throw new Error('it has a callback');
  return callbackDue;
};
const countsOf = async ({ client }: ConnectedHost) => client.call('callbacks.counts', {});
const runsOf = async ({ client }: ConnectedHost) => (await client.call('runs.page', { window })).rows;
const firedOf = ({ client }: ConnectedHost) =>
  client.events().flatMap((event) => (event.event === 'fired' ? [event.id] : []));

describe('a run with a clock of its own', () => {
  const open = useConnectedHost();

  it('waits for its own callbacks only, and counts only them', async () => {
    const later = await play(open(), [record('later', 1, { callbackTimeMs: HOUR_MS })], NO_WAIT);
    const own = await play(open(), [record('own', 1), record('own', 2)], AT_ONCE);
    expect(own).toMatchObject({ state: 'completed', counts: { indexed: 2, pending: 0 } });
    expect(own.counts.fired + own.counts.cancelled).toBe(2);
    expect(later.counts).toMatchObject({ indexed: 1, fired: 0, cancelled: 0, pending: 1 });
    expect(await countsOf(open())).toMatchObject({ pending: 1 });
  });

  it('counts a callback as cancelled that another run cancels, which does not count it', async () => {
    await play(open(), [record('a', 1, { callbackTimeMs: HOUR_MS })], NO_WAIT);
    const newer = await play(open(), [record('a', 2)], AT_ONCE);
    expect(newer.counts).toMatchObject({ indexed: 1, fired: 1, cancelled: 0, pending: 0 });
    const rows = await runsOf(open());
    expect(rows.map(({ runId, counts }) => [runId, counts.cancelled, counts.pending])).toEqual([
      ['2', 0, 0],
      ['1', 1, 0],
    ]);
  });

  it('continues its callbacks when it is stopped while paused', async () => {
    const { client, write } = open();
    const path = await write('stopped.json', [record('a', 1, { callbackTimeMs: HOUR_MS })]);
    await client.call('run.start', { source: { kind: 'path', path }, settings: AT_ONCE });
    await client.untilFrame(({ status }) => status?.state === 'draining');
    await client.call('run.pause', {});
    await client.call('run.stop', {});
    expect(await accountOf(open(), 'a')).toMatchObject({ callbackDue: { wallMs: expect.any(Number) } });
    await expect(client.call('runs.resumeClock', { runId: '1' })).rejects.toMatchObject({ code: 'conflict' });
  });

  it('stands still while it is paused, and its callbacks with it', async () => {
    const { client, write, endOf } = open();
    const path = await write('paused.json', [record('a', 1, { callbackTimeMs: HOUR_MS })]);
    const started = await client.call('run.start', { source: { kind: 'path', path }, settings: AT_ONCE });
    await client.untilFrame(({ status }) => status?.state === 'draining');
    const before = await dueOf(open());
    expect(before.wallMs).toBeGreaterThan(HOUR_MS);

    const paused = await client.call('run.pause', {});
    expect(paused).toMatchObject({ state: 'paused', rate: 0, speed: 1 });
    expect(await dueOf(open())).toEqual({ runId: '1', at: before.at, wallMs: null });
    expect(await client.call('run.status', {})).toMatchObject({ at: paused.at });
    await expect(client.call('runs.resumeClock', { runId: '1' })).rejects.toMatchObject({ code: 'conflict' });

    // A change of speed does not start a stopped clock.
    expect(await client.call('run.setSpeed', { speed: 2 })).toMatchObject({
      rate: 0,
      speed: 2,
      at: paused.at,
    });
    expect(await client.call('run.resume', {})).toMatchObject({ state: 'draining', rate: 2, speed: 2 });
    const after = await dueOf(open());
    expect(after.at).toBe(before.at);
    expect(after.wallMs).toBeLessThan(before.wallMs ?? 0);

    // So fast that the hour passes at once.
    expect(await client.call('run.setSpeed', { speed: 1000 })).toMatchObject({ rate: 1000, speed: 1000 });
    await client.call('run.stop', {});
    expect(await endOf(started)).toMatchObject({ counts: { indexed: 1 } });
  });

  it('of which none is under way has no speed', async () => {
    const { client } = open();
    const change = () => client.call('run.setSpeed', { speed: 2 });
    await expect(change()).rejects.toMatchObject({ code: 'conflict', message: 'No run is under way.' });
    await play(open(), [record('a', 1)], AT_ONCE);
    await expect(change()).rejects.toMatchObject({ code: 'conflict', message: 'No run is under way.' });
    await expect(client.call('run.setSpeed', { speed: 0 })).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(client.call('runs.resumeClock', { runId: '9' })).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});

describe('a simulated run', () => {
  const open = useConnectedHost();

  it('leaves the callbacks of other runs alone', async () => {
    await play(open(), [record('later', 1, { callbackTimeMs: HOUR_MS })], NO_WAIT);
    const before = await accountOf(open(), 'later');
    const others = [
      record('a', 1, { callbackTimeMs: 400 }),
      record('b', 2, { callbackTimeMs: 24 * HOUR_MS }),
    ];
    const status = await play(open(), others, SIMULATED);
    expect(status).toMatchObject({
      state: 'completed',
      simulated: true,
      counts: { indexed: 2, fired: 2, pending: 0 },
    });
    expect(firedOf(open())).not.toContain('later');
    expect(await accountOf(open(), 'later')).toEqual(before);
    expect(before).toMatchObject({ callbackState: 'pending', callbackDue: { wallMs: expect.any(Number) } });
    expect(await countsOf(open())).toMatchObject({ pending: 1, fired: 2 });
  });

  it('takes real time, whatever its own clock shows', async () => {
    const beforeMs = Date.now();
    const status = await play(open(), [record('a', 1, { callbackTimeMs: 24 * HOUR_MS })], SIMULATED);
    expect(status.at).toBeGreaterThanOrEqual(24 * HOUR_MS);
    const [row] = await runsOf(open());
    for (const { startedAtMs, endedAtMs } of [status, row ?? status]) {
      expect(startedAtMs).toBeGreaterThanOrEqual(beforeMs - 1);
      expect(endedAtMs).toBeGreaterThanOrEqual(startedAtMs);
      expect(endedAtMs).toBeLessThan(beforeMs + HOUR_MS);
    }
    const detail = await accountOf(open(), 'a');
    expect(detail.callbackDue?.wallMs).toBeNull();
    expect(detail.callbackSettled).toMatchObject({ at: detail.callbackDue?.at, wallMs: null });
  });

  it('has no speed, and no clock that could be resumed', async () => {
    const { client, write } = open();
    const many = Array.from({ length: 3_000 }, (_, index) =>
      record(`a${index}`, 1, { callbackTimeMs: HOUR_MS }),
    );
    const path = await write('many.json', many);
    const settings = { ...SIMULATED, wait: false };
    await client.call('run.start', { source: { kind: 'path', path }, settings });
    await expect(client.call('run.setSpeed', { speed: 2 })).rejects.toMatchObject({ code: 'conflict' });
    await client.call('run.stop', {});
    await play(open(), [record('left', 1, { callbackTimeMs: HOUR_MS })], settings);
    await expect(client.call('runs.resumeClock', { runId: '2' })).rejects.toMatchObject({ code: 'conflict' });
  });
});

describe('a run whose program ends', () => {
  const reopening = async (
    first: (host: ConnectedHost) => Promise<void>,
    second: (host: ConnectedHost) => Promise<void>,
  ) => {
    const target = { kind: 'data-dir', dataDir: createTestDataDir() } as const;
    for (const work of [first, second]) {
      const host = connect(await openTestHost({ target }));
      host.client.subscribe(null);
      try {
        await work(host);
      } finally {
        await host.test.close();
      }
    }
  };

  it('leaves what it simulated where it is: it fires at no later start, but by hand', async () => {
    await reopening(
      async (host) => {
        const left = [record('a', 1, { callbackTimeMs: HOUR_MS }), record('b', 1, { callbackTimeMs: 1 })];
        const status = await play(host, left, { ...SIMULATED, wait: false, delay: { fromMs: 0, toMs: 0 } });
        expect(status.counts.pending).toBe(2);
        expect(await accountOf(host, 'b')).toMatchObject({
          callbackState: 'pending',
          callbackDue: { at: 1, wallMs: null },
        });
      },
      async (host) => {
        const { client } = host;
        // What is due fires before the run ends.
        await play(host, [record('other', 1)], AT_ONCE);
        expect(firedOf(host)).toEqual(['other']);
        expect(await accountOf(host, 'b')).toMatchObject({ callbackState: 'pending' });
        await client.call('callbacks.fire', { id: 'b', version: '1' });
        expect(await accountOf(host, 'b')).toMatchObject({ callbackState: 'fired' });
        const rows = await runsOf(host);
        expect(
          rows.map(({ runId, counts }) => [runId, counts.indexed, counts.fired, counts.pending]),
        ).toEqual([
          ['2', 1, 1, 0],
          ['1', 2, 1, 1],
        ]);
      },
    );
  });

  it('while it is paused stands still until a person resumes it', async () => {
    let due: Moment = { runId: '1', at: 0, wallMs: null };
    await reopening(
      async (host) => {
        const { client, write } = host;
        const path = await write('paused.json', [record('a', 1, { callbackTimeMs: HOUR_MS })]);
        await client.call('run.start', { source: { kind: 'path', path }, settings: AT_ONCE });
        await client.untilFrame(({ status }) => status?.state === 'draining');
        await client.call('run.pause', {});
        due = await dueOf(host);
        expect(due.wallMs).toBeNull();
      },
      async (host) => {
        const { client } = host;
        expect(await dueOf(host)).toEqual(due);
        const [row] = await runsOf(host);
        expect(row).toMatchObject({ state: 'stopped', rate: 0, counts: { pending: 1 } });
        await client.call('runs.resumeClock', { runId: '1' });
        const moving = await dueOf(host);
        const [started] = await runsOf(host);
        expect(moving).toEqual({ ...due, wallMs: expect.any(Number), startMs: started?.startedAtMs });
        expect((await runsOf(host))[0]).toMatchObject({ rate: 1 });
        await expect(client.call('runs.resumeClock', { runId: '1' })).rejects.toMatchObject({
          code: 'conflict',
        });
      },
    );
  });
});
