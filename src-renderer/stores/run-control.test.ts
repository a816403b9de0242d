import { expect, it } from 'vitest';
import { NO_COUNTS } from '../../src-shared/events';
import { runStatus } from '../../src-shared/testing/events';
import type { RunState } from '../../src-shared/update';
import type { Client } from '../transport/client';
import { createRunControl, nextSpeed } from './run-control';

const RECORD = { kind: 'record', record: null } as const;

/** Tests answer its calls, in order. */
function openControl() {
  const calls: string[] = [];
  const answers: (() => void)[] = [];
  const call = (name: string) => {
    calls.push(name);
    return new Promise<void>((resolve) => answers.push(resolve));
  };
  const control = createRunControl({ call } as unknown as Client, (error) => {
    throw error;
  });
  const answer = async () => {
    answers.shift()?.();
    await new Promise(setImmediate);
  };
  return { control, calls, answer };
}

it('does what is asked before the last action was answered, once it is', async () => {
  const { control, calls, answer } = openControl();
  let state: RunState = 'running';
  const status = () => runStatus({ state });
  void control.act('pause', status);
  void control.step(RECORD, status);
  expect(calls).toEqual(['run.pause']);
  state = 'paused';
  await answer();
  expect(calls).toEqual(['run.pause', 'run.step']);
  await answer();
  expect(control.busy.getState().action).toBe(null);
});

it('does nothing twice that is under way or waits', async () => {
  const { control, calls, answer } = openControl();
  const status = () => runStatus({ state: 'running' });
  for (const action of ['pause', 'pause', 'stop', 'stop'] as const) void control.act(action, status);
  await answer();
  await answer();
  expect(calls).toEqual(['run.pause', 'run.stop']);
});

it('lets nothing wait for a step, and replaces one only by one to another goal', async () => {
  const { control, calls, answer } = openControl();
  const status = () => runStatus({ state: 'paused' });
  void control.step(RECORD, status);
  void control.step(RECORD, status);
  void control.step({ kind: 'cancelled' }, status);
  void control.act('resume', status);
  await new Promise(setImmediate);
  expect(calls).toEqual(['run.step', 'run.step', 'run.resume']);
  expect(control.busy.getState().action).toBe('resume');
  await answer();
});

it('takes a step once the one before is shown to be done, though it is not answered yet', async () => {
  const { control, calls, answer } = openControl();
  let records = 4;
  const status = () => runStatus({ state: 'paused', counts: { ...NO_COUNTS, records } });
  for (records of [4, 4, 5, 5]) void control.step(RECORD, status);
  expect(calls).toEqual(['run.step', 'run.step']);
  // The first answer says nothing of the second step.
  await answer();
  void control.step(RECORD, status);
  expect(calls).toHaveLength(2);
  await answer();
  void control.step({ kind: 'record', record: 7 }, status);
  for (records of [6, 7, 8]) void control.step(RECORD, status);
  expect(calls).toHaveLength(4);
});

it('leaves out what waited where the run allows it no more', async () => {
  const { control, calls, answer } = openControl();
  let state: RunState = 'paused';
  const status = () => runStatus({ state });
  void control.act('stop', status);
  void control.step(RECORD, status);
  state = 'stopped';
  await answer();
  expect(calls).toEqual(['run.stop']);
  expect(control.busy.getState().action).toBe(null);
});

it('goes from any speed to the next one offered, and not past the last', () => {
  expect(nextSpeed(1, 1)).toBe(2);
  expect(nextSpeed(3, 1)).toBe(5);
  expect(nextSpeed(3, -1)).toBe(2);
  expect(nextSpeed(0.5, -1)).toBe(0.2);
  expect(nextSpeed(20, 1)).toBe(50);
  expect(nextSpeed(0.1, -1)).toBeNull();
  expect(nextSpeed(5000, 1)).toBeNull();
});
