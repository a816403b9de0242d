import { expect, test } from 'vitest';
import type { MethodParams } from '../../src-shared/contract';
import { IngotError } from '../../src-shared/errors';
import type { LogEntry, LogPage } from '../../src-shared/logs';
import { createManualClock } from '../clock-for-tests';
import type { Client } from '../transport/client';
import { createLogTail, TAIL_ENTRIES } from './log-tail';

const entry = (seq: number): LogEntry => ({
  seq,
  timeMs: seq,
  level: 'info',
  component: null,
  message: `entry ${seq}`,
  fields: '{}',
});

/** A host with entries `floor + 1` to `last`; tests add more. */
function createHost(last: number, floor = 0) {
  const clock = createManualClock();
  const host = { life: 'first', last, floor, failing: null as IngotError | null, asked: 0 };
  const answer = ({ from, limit }: MethodParams<'logs.page'>): LogPage => {
    const seq = from.seq ?? host.last + 1;
    const first =
      from.side === 'after' ? Math.max(seq, host.floor) + 1 : Math.max(host.floor + 1, seq - limit);
    const end = from.side === 'after' ? Math.min(host.last, first + limit - 1) : Math.min(seq - 1, host.last);
    const entries = Array.from({ length: Math.max(0, end - first + 1) }, (_, at) => entry(first + at));
    return { life: host.life, entries, lastSeq: host.last, floorSeq: host.floor, level: 'info' };
  };
  const client = {
    call: async (_method: string, query: MethodParams<'logs.page'>) => {
      host.asked += 1;
      if (host.failing) throw host.failing;
      return answer(query);
    },
  } as unknown as Pick<Client, 'call'>;
  const tail = createLogTail(client, clock);
  /** Lets answers arrive, and what follows from them. */
  const settle = async () => {
    for (let turn = 0; turn < 40; turn += 1) {
      await Promise.resolve();
      clock.advance(0);
    }
  };
  const look = async () => {
    clock.advance(500);
    await settle();
  };
  const seqs = () => tail.store.getState().entries.map(({ seq }) => seq);
  return { host, tail, settle, look, seqs };
}
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);

test('pages back to the beginning of what the host keeps', async () => {
  const { tail, settle, seqs } = createHost(1_700, 200);
  tail.attach();
  await settle();
  expect(seqs()).toEqual(range(201, 1_700));
  expect(tail.store.getState()).toMatchObject({ behind: false, loaded: true, level: 'info' });
});

test('shows what comes, twice a second and no more', async () => {
  const { host, tail, settle, look, seqs } = createHost(3);
  tail.attach();
  await settle();
  host.last = 5;
  await settle();
  expect(seqs()).toEqual(range(1, 3));
  await look();
  expect(seqs()).toEqual(range(1, 5));
  const { asked } = host;
  await look();
  expect(host.asked).toBe(asked + 1);
});

test('takes more than a page at once when it has fallen behind', async () => {
  const { host, tail, settle, look, seqs } = createHost(3);
  tail.attach();
  await settle();
  host.last = 1_203;
  await look();
  expect(seqs()).toEqual(range(1, 1_203));
});

test('keeps no more than the host does', async () => {
  const { host, tail, settle, look, seqs } = createHost(TAIL_ENTRIES);
  tail.attach();
  await settle();
  host.last += 10;
  host.floor = 10;
  await look();
  expect(seqs()).toEqual(range(11, TAIL_ENTRIES + 10));
  expect(tail.store.getState().dropped).toBe(10);
});

test('begins anew with a host that did', async () => {
  const { host, tail, settle, look, seqs } = createHost(30);
  tail.attach();
  await settle();
  host.life = 'second';
  host.last = 4;
  await look();
  expect(seqs()).toEqual(range(1, 4));
});

test('keeps what it has while the connection is down, and says what else is wrong', async () => {
  const { host, tail, settle, look, seqs } = createHost(3);
  tail.attach();
  await settle();
  host.failing = new IngotError('disconnected', 'gone');
  await look();
  expect(tail.store.getState().error).toBeNull();
  host.failing = new IngotError('internal', 'broken');
  await look();
  expect(tail.store.getState().error).toMatchObject({ message: 'broken' });
  host.failing = null;
  host.last = 4;
  await look();
  expect(seqs()).toEqual(range(1, 4));
  expect(tail.store.getState().error).toBeNull();
});

test('does not look while nobody does', async () => {
  const { host, tail, settle, look, seqs } = createHost(3);
  const letGo = tail.attach();
  await settle();
  letGo();
  const { asked } = host;
  host.last = 5;
  await look();
  expect(host.asked).toBe(asked);
  tail.attach();
  await settle();
  expect(seqs()).toEqual(range(1, 5));
});
