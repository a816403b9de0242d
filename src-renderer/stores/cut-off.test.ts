import { expect, test } from 'vitest';
import { NO_COUNTS } from '../../src-shared/events';
import { runSettingsSchema } from '../../src-shared/run-settings';
import type { RunState } from '../../src-shared/update';
import type { RunRow } from '../../src-shared/views';
import type { Client } from '../transport/client';
import { createCutOff, endedRun, offeredRun } from './cut-off';

const run = (runId: string, state: RunState, resumable: boolean): RunRow => ({
  runId,
  source: 'a.json',
  settings: runSettingsSchema.parse({}),
  state,
  failure: null,
  counts: NO_COUNTS,
  startedAtMs: 0,
  endedAtMs: null,
  awayMs: 0,
  rate: 0,
  fieldMap: null,
  delivers: false,
  notRepeatable: null,
  resumable,
  notResumable: resumable ? null : 'Its file is not there any more.',
});

const clientWith = (rows: readonly RunRow[]) => ({ call: async () => ({ rows }) }) as Pick<Client, 'call'>;

test('the latest run is offered if it can go on, and only while none is under way', async () => {
  const cutOff = createCutOff(clientWith([run('2', 'stopped', true), run('1', 'interrupted', true)]));
  await cutOff.load();
  const state = cutOff.store.getState();
  expect(state.interrupted.map(({ runId }) => runId)).toEqual(['1']);
  expect(offeredRun(state, null)?.runId).toBe('2');
  expect(offeredRun(state, { runId: '2', state: 'stopped' })?.runId).toBe('2');
  expect(offeredRun(state, { runId: '2', state: 'running' })).toBeNull();
  expect(offeredRun(state, { runId: '3', state: 'completed' })).toBeNull();
});

test('a run that cannot go on is not offered, and none before it in its place', async () => {
  const cutOff = createCutOff(clientWith([run('2', 'interrupted', false), run('1', 'stopped', true)]));
  await cutOff.load();
  const state = cutOff.store.getState();
  expect(state.interrupted).toEqual([]);
  expect(offeredRun(state, null)).toBeNull();
  expect(endedRun(state, null)).toMatchObject({
    runId: '2',
    notResumable: 'Its file is not there any more.',
  });
});
