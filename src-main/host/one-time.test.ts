import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src-shared/events';
import type { Moment } from '../../src-shared/run-clock';
import type { HistoryRow } from '../../src-shared/views';
import { type ConnectedHost, record, useConnectedHost } from './testing/connected-host';

const RECORDS = [
  record('a', 1, { callbackTimeMs: 60_000 }),
  record('a', 3, { callbackTimeMs: 300 }),
  record('a', 2),
  record('b', 1),
  record('b', 2, { callbackTimeMs: 450 }),
];
const PACED = { arrival: 'sequential', delay: { fromMs: 200, toMs: 200 }, speed: 20 } as const;

type Timed = Pick<RunEvent, 'event'> & { readonly of: string; readonly moment: Moment };

/** What happened since the first `skip` events, with its time, as the feed told it. */
function toldLive({ client }: ConnectedHost, skip: number): Timed[] {
  return client
    .events()
    .slice(skip)
    .flatMap((event): Timed[] => {
      if (!('version' in event)) return [];
      const { runId, at, wallMs, startMs } = event;
      const moment = { runId, at, wallMs, ...(startMs !== undefined && { startMs }) };
      return [{ event: event.event, of: `${event.id} ${event.version}`, moment }];
    });
}

/** The same from the rows. */
function keptIn(rows: readonly HistoryRow[]): Timed[] {
  return rows.flatMap((row): Timed[] => {
    const of = `${row.id} ${row.version}`;
    const settled = row.callbackState === 'fired' ? 'fired' : 'cancelled';
    return [
      { event: row.outcome, of, moment: row.arrived },
      ...(row.callbackSettled === null ? [] : [{ event: settled, of, moment: row.callbackSettled } as const]),
    ];
  });
}

const inOrder = <One extends Pick<Timed, 'event' | 'of'>>(timed: readonly One[]) =>
  [...timed].sort((a, b) => `${a.event} ${a.of}`.localeCompare(`${b.event} ${b.of}`));
const page = { window: { from: { edge: 'start' }, limit: 100 }, direction: 'asc', filter: {} } as const;
const historyOf = async ({ client }: ConnectedHost) => (await client.call('history.page', page)).rows;

/** The same from an export, whose columns have no start. */
async function exportedFrom({ client, test }: ConnectedHost): Promise<ReturnType<typeof asExported>[]> {
  const query = { table: 'updates', direction: 'asc', filter: {} } as const;
  const started = await client.call('export.start', { query, format: 'ndjson' });
  if (started === null) throw new Error('no dialog asks where to save it');
  let text = '';
  for await (const piece of test.host.exports.fetch(started.exportId).pieces)
    text += Buffer.from(piece).toString();
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .flatMap((row) => {
      const of = `${row.id} ${row.version}`;
      const settled = row.callback_state === 'fired' ? 'fired' : 'cancelled';
      return [
        { event: row.outcome, of, at: row.arrived_run_ms, wall: row.arrived_wall },
        ...(row.callback_settled_run_ms === null
          ? []
          : [{ event: settled, of, at: row.callback_settled_run_ms, wall: row.callback_settled_wall }]),
      ];
    });
}

const asExported = ({ event, of, moment: { at, wallMs } }: Timed) => ({
  event,
  of,
  at,
  wall: wallMs === null ? null : new Date(wallMs).toISOString(),
});

describe('one event has one time', () => {
  const open = useConnectedHost();

  it('live, in its rows and exported, at any speed, across a pause and between runs', async () => {
    const { client, write, begin, run } = open();
    const skip = client.events().length;
    const path = await write('first.json', RECORDS);
    // So slow that it cannot come to its end before the pause, whatever the machine does.
    const { ended } = await begin({ kind: 'path', path }, { ...PACED, speed: 0.01 });
    await client.call('run.pause', {});
    await client.call('run.step', {});
    await client.call('run.setSpeed', { speed: 20 });
    await client.call('run.resume', {});
    expect(await ended()).toMatchObject({ state: 'completed' });
    const left = await write('left.json', [record('c', 1, { callbackTimeMs: 60_000 })]);
    await run({ kind: 'path', path: left }, { arrival: 'none', wait: false });
    // Another run's update cancels what that one left.
    const newer = await write('newer.json', [record('c', 2)]);
    await run({ kind: 'path', path: newer }, { arrival: 'none' });

    const live = inOrder(toldLive(open(), skip));
    expect(live.map(({ event }) => event)).toEqual([
      ...Array(2).fill('cancelled'),
      ...Array(4).fill('fired'),
      ...Array(6).fill('indexed'),
      'stale',
    ]);
    expect(live.every(({ moment }) => moment.wallMs !== null && moment.startMs !== undefined)).toBe(true);
    expect(inOrder(keptIn(await historyOf(open())))).toEqual(live);
    expect(inOrder(await exportedFrom(open()))).toEqual(live.map(asExported));
  });

  it('of a virtual run: on its own clock only, with no wall time', async () => {
    const { client, write, run } = open();
    const skip = client.events().length;
    const path = await write('virtual.json', RECORDS);
    await run({ kind: 'path', path }, { ...PACED, simulate: true });
    const live = inOrder(toldLive(open(), skip));
    expect(live.length).toBeGreaterThan(RECORDS.length);
    expect(live.every(({ moment }) => moment.wallMs === null && moment.startMs === undefined)).toBe(true);
    expect(inOrder(keptIn(await historyOf(open())))).toEqual(live);
    expect(inOrder(await exportedFrom(open()))).toEqual(live.map(asExported));
  });

  it('in the account as in its history', async () => {
    const { client, write, run } = open();
    const path = await write('account.json', RECORDS);
    await run({ kind: 'path', path }, PACED);
    const account = await client.call('accounts.get', { id: 'a' });
    const row = (await historyOf(open())).find(
      ({ id, version }) => id === 'a' && version === account?.version,
    );
    expect(account).toMatchObject({
      updated: row?.arrived,
      callbackDue: row?.callbackDue,
      callbackSettled: row?.callbackSettled,
    });
  });
});
