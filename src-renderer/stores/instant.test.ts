import { expect, test } from 'vitest';
import { createStore } from 'zustand/vanilla';
import { IngotError } from '../../src-shared/errors';
import { NO_COUNTS, type RunStatus } from '../../src-shared/events';
import { createManualClock } from '../clock-for-tests';
import type { Client } from '../transport/client';
import { createEmitter } from './emitter';
import type { Change } from './feed-intake';
import { createInstant, readsAsOf } from './instant';
import { createLive } from './live';
import { HOME, type Route } from './route';

function open() {
  const asked: { instant: string; answer(): Promise<void>; refuse(error: IngotError): Promise<void> }[] = [];
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
  // Only these are called: `instant.resolve`, answered by hand, and `instant.summary`.
  const call = ((method: string, { instant }: { instant: string }) =>
    method === 'instant.summary'
      ? Promise.resolve({ types: [], moreTypes: false, counts: {} })
      : new Promise((resolve, reject) => {
          const at = Number(instant.slice(2, -1)) * 1_000;
          const answer = () => {
            resolve({ seq: String(at), asOf: String(at), cut: null, runId: '1', at, wallMs: null });
            return settled();
          };
          const refuse = (error: IngotError) => {
            reject(error);
            return settled();
          };
          asked.push({ instant, answer, refuse });
        })) as unknown as Client['call'];
  const clock = createManualClock();
  const live = createLive();
  live.setState({ status: { runId: '1', at: 9_000, state: 'completed', counts: NO_COUNTS } as RunStatus });
  const route = createStore<Route>(() => HOME);
  const steps: string[] = [];
  const address = {
    store: route,
    go(change: Partial<Route>, how: 'push' | 'replace' = 'push') {
      steps.push(`${how} ${change.at}`);
      route.setState(change);
    },
  };
  const changes = createEmitter<Change>();
  const instant = createInstant({ client: { call }, clock, live, changes, fail: () => {} }, address);
  return { asked, clock, route, steps, changes, instant };
}

test('a drag asks at most ten times a second, one after the other, and ends at the last place', async () => {
  const { asked, clock, steps, instant } = open();
  const drag = (at: number) => instant.show({ runId: '1', at }, 'follow');
  drag(100);
  drag(200);
  drag(300);
  clock.advance(1_000);
  expect(asked.map(({ instant: text }) => text)).toEqual(['1@0.1s']);
  expect(instant.store.getState().aim?.at).toBe(300);
  await asked[0]?.answer();
  expect(instant.store.getState().found?.at).toBe(100);
  clock.advance(0);
  expect(asked.map(({ instant: text }) => text)).toEqual(['1@0.1s', '1@0.3s']);
  await asked[1]?.answer();
  drag(400);
  clock.advance(99);
  expect(asked).toHaveLength(2);
  clock.advance(1);
  expect(asked).toHaveLength(3);
  await asked[2]?.answer();
  expect(instant.store.getState()).toMatchObject({ found: { seq: '400' }, aim: null });
  // One step for Back.
  expect(steps).toEqual(['push 1@0.1s', 'replace 1@0.3s', 'replace 1@0.4s']);
});

test('a place on the chain stays while the moment at which it is known moves', async () => {
  const { asked, clock, route, instant } = open();
  route.setState({ at: 'slot:5' });
  await asked[0]?.answer();
  clock.advance(100);
  instant.show({ runId: '1', at: 100 }, 'follow');
  expect(route.getState().at).toBe('slot:5,1@0.1s');
  await asked[1]?.answer();
  clock.advance(100);
  instant.show({ runId: '1', at: 200 }, 'follow');
  expect(route.getState().at).toBe('slot:5,1@0.2s');
});

test('it moves until a quarter of a second after the last move', () => {
  const { clock, instant } = open();
  const isMoving = () => instant.store.getState().moving;
  expect(isMoving()).toBe(false);
  instant.show({ runId: '1', at: 100 }, 'step');
  clock.advance(249);
  instant.show({ runId: '1', at: 200 }, 'follow');
  clock.advance(249);
  expect(isMoving()).toBe(true);
  clock.advance(1);
  expect(isMoving()).toBe(false);
});

test('back to live is at once, and an answer that comes later changes nothing', async () => {
  const { asked, route, instant } = open();
  instant.show({ runId: '1', at: 100 }, 'step');
  instant.live();
  expect(route.getState().at).toBeNull();
  await asked[0]?.answer();
  expect(instant.store.getState()).toMatchObject({ text: null, found: null, aim: null });
});

test('it plays on at its speed and holds at the end of the run', async () => {
  const { asked, clock, instant } = open();
  instant.show({ runId: '1', at: 8_000 }, 'step');
  await asked[0]?.answer();
  instant.setSpeed(4);
  instant.play();
  clock.advance(100);
  expect(instant.store.getState().aim?.at).toBe(8_400);
  clock.advance(200);
  expect(instant.store.getState()).toMatchObject({ aim: { at: 9_000 }, playing: true });
  clock.advance(100);
  expect(instant.store.getState().playing).toBe(false);
});

test('another database behind the same address is asked again', async () => {
  const { asked, clock, route, changes } = open();
  route.setState({ at: '1@0.5s' });
  await asked[0]?.answer();
  clock.advance(100);
  changes.emit('everything');
  expect(asked).toHaveLength(2);
});

test('the instant of the address stays while there is no database, and is found when there is one', async () => {
  const { asked, clock, route, changes, instant } = open();
  route.setState({ at: '1@0.5s' });
  await asked[0]?.refuse(new IngotError('database_unavailable', 'It is being opened.'));
  expect(route.getState().at).toBe('1@0.5s');
  clock.advance(100);
  changes.emit('everything');
  await asked[1]?.answer();
  expect(instant.store.getState().found?.at).toBe(500);
  clock.advance(100);
  changes.emit('everything');
  await asked[2]?.refuse(new IngotError('not_found', 'There is no run 1.'));
  expect(route.getState().at).toBeNull();
});

test('reads carry the number of the instant, and none while live', () => {
  const sent: unknown[] = [];
  const call = ((_: string, params: unknown) => sent.push(params)) as unknown as Client['call'];
  void readsAsOf({ call }, '7').call('callbacks.counts', {});
  void readsAsOf({ call }, null).call('callbacks.counts', {});
  expect(sent).toEqual([{ asOf: '7' }, {}]);
});
