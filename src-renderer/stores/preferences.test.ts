import { expect, test } from 'vitest';
import { createStore } from 'zustand/vanilla';
import type { MethodInput, MethodName, MethodResult, Preferences } from '../../src-shared/contract';
import { createManualClock } from '../clock-for-tests';
import type { Client, ConnectionState } from '../transport/client';
import { createPreferences, RECENT_ACCOUNTS, rememberAccount } from './preferences';

const REMEMBERED: Preferences = {
  theme: 'light',
  density: 'dense',
  timeZone: 'utc',
  timeShown: 'wall',
  notifications: true,
  layout: { kept: true },
};

/** A client that records what is set and answers with what is stored. */
function createRecorder() {
  const calls: { method: string; params: unknown }[] = [];
  const client: Client = {
    call<Name extends MethodName>(method: Name, params: MethodInput<Name>) {
      if (method === 'preferences.set') calls.push({ method, params });
      return Promise.resolve(REMEMBERED as MethodResult<Name>);
    },
    subscribe: () => () => {},
    connection: createStore<ConnectionState>(() => ({ phase: 'open' })),
    trace: () => {},
    reconnect: () => {},
    close: () => {},
  };
  return { client, calls };
}

test('a change shows at once, and many changes are kept by one message, whole', async () => {
  const { client, calls } = createRecorder();
  const clock = createManualClock();
  const preferences = createPreferences(client, clock, () => {});
  await preferences.load();
  preferences.change({ theme: 'dark' });
  for (let width = 300; width < 360; width += 1) preferences.changeLayout('inspector', width);
  expect(preferences.store.getState().preferences).toMatchObject({
    theme: 'dark',
    layout: { inspector: 359 },
  });
  expect(calls).toEqual([]);
  clock.advance(1_000);
  expect(calls).toEqual([
    {
      method: 'preferences.set',
      params: { ...REMEMBERED, theme: 'dark', layout: { kept: true, inspector: 359 } },
    },
  ]);
});

test('one part of the layout leaves the others alone', () => {
  const { client } = createRecorder();
  const preferences = createPreferences(client, createManualClock(), () => {});
  preferences.changeLayout('a', 1);
  preferences.changeLayout('b', [2]);
  expect(preferences.store.getState().preferences.layout).toEqual({ a: 1, b: [2] });
});

test('a change made before they are loaded does not put defaults over what is remembered', async () => {
  const { client, calls } = createRecorder();
  const clock = createManualClock();
  const preferences = createPreferences(client, clock, () => {});
  preferences.change({ theme: 'dark' });
  clock.advance(1_000);
  expect(calls).toEqual([]);
  await preferences.load();
  clock.advance(1_000);
  expect(calls).toEqual([{ method: 'preferences.set', params: { ...REMEMBERED, theme: 'dark' } }]);
});

test('what is not kept yet is kept at once when the window goes away, and only then', async () => {
  const { client, calls } = createRecorder();
  const clock = createManualClock();
  const preferences = createPreferences(client, clock, () => {});
  await preferences.load();
  preferences.saveNow();
  expect(calls).toEqual([]);
  preferences.change({ theme: 'dark' });
  preferences.saveNow();
  expect(calls).toEqual([{ method: 'preferences.set', params: { ...REMEMBERED, theme: 'dark' } }]);
  clock.advance(1_000);
  expect(calls).toHaveLength(1);
});

test('the accounts inspected last are remembered, the latest first, and one that is gone is not', () => {
  const { client } = createRecorder();
  const preferences = createPreferences(client, createManualClock(), () => {});
  for (const id of ['a', 'b', 'c', 'a']) rememberAccount(preferences, id, true);
  const recent = () => preferences.store.getState().preferences.layout[RECENT_ACCOUNTS];
  expect(recent()).toEqual(['a', 'c', 'b']);
  rememberAccount(preferences, 'c', false);
  expect(recent()).toEqual(['a', 'b']);
  for (let more = 0; more < 20; more += 1) rememberAccount(preferences, `more ${more}`, true);
  expect(recent()).toHaveLength(8);
});
