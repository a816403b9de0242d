import { expect, test } from 'vitest';
import type { ConnectionState, ConnectionStatus } from '../../src-shared/connections';
import type { FeedFrame } from '../../src-shared/feed';
import { createManualClock } from '../clock-for-tests';
import type { Client } from '../transport/client';
import { createConnections, slotsBehind, troubled } from './connections';

const statusOf = (
  runId: string,
  state: ConnectionState,
  changes: object = {},
  failure: string | null = null,
) =>
  ({ run: { runId, failure }, state, slot: null, headSlot: null, ...changes }) as unknown as ConnectionStatus;
const frameOf = (status: ConnectionStatus) =>
  ({ kind: 'events', events: [{ event: 'connection', status }] }) as unknown as FeedFrame;

function open(answers: readonly ConnectionStatus[][]) {
  let asked = 0;
  const call = async () => answers[Math.min(asked++, answers.length - 1)];
  const clock = createManualClock();
  const connections = createConnections({ call } as unknown as Pick<Client, 'call'>, clock);
  const states = () =>
    connections.store.getState().list?.map(({ run, state }) => `${run.runId} ${state}`) ?? null;
  return { connections, clock, states, asked: () => asked };
}

test('a state is heard, figures are asked for while somebody looks', async () => {
  const { connections, clock, states, asked } = open([
    [statusOf('10', 'connected'), statusOf('9', 'connecting')],
    [statusOf('10', 'connected')],
  ]);
  await connections.load();
  expect(states()).toEqual(['9 connecting', '10 connected']);
  connections.take([frameOf(statusOf('9', 'waiting'))]);
  expect(states()).toEqual(['9 waiting', '10 connected']);
  const end = connections.follow();
  clock.advance(3_000);
  end();
  clock.advance(3_000);
  expect(asked()).toBe(5);
});

test('one that has ended stays until it is dismissed', async () => {
  const ended = statusOf('1', 'ended', {}, 'The token was refused.');
  const { connections, states } = open([[statusOf('1', 'connected')], [ended], [ended], [ended]]);
  await connections.load();
  connections.take([frameOf(ended)]);
  await connections.load();
  expect(states()).toEqual(['1 ended']);
  expect(troubled(connections.store.getState().list)).toHaveLength(1);
  connections.dismiss('1');
  await connections.load();
  expect(states()).toEqual([]);
  // A database that was reset counts its runs from 1 again.
  connections.take([frameOf(statusOf('1', 'connected')), frameOf(ended)]);
  await connections.load();
  expect(states()).toEqual(['1 ended']);
});

test('a connection is behind by slots, exactly, or nobody knows', () => {
  expect(
    slotsBehind(
      statusOf('1', 'connected', { slot: '18446744073709551613', headSlot: '18446744073709551615' }),
    ),
  ).toBe('2');
  expect(slotsBehind(statusOf('1', 'connected', { slot: '7', headSlot: '6' }))).toBe('0');
  expect(slotsBehind(statusOf('1', 'connected', { slot: '7' }))).toBeNull();
});
