import { expect, it } from 'vitest';
import { runStatus } from '../../src-shared/testing/events';
import type { Client } from '../transport/client';
import { createRunControl } from './run-control';

/** A client whose calls are answered by hand, in order. */
function openControl() {
  const calls: string[] = [];
  const answers: (() => void)[] = [];
  const call = (name: string) => {
    calls.push(name);
    return new Promise<void>((resolve) => answers.push(resolve));
  };
  const failures: unknown[] = [];
  const control = createRunControl({ call } as unknown as Client, (error) => failures.push(error));
  const answer = async () => {
    answers.shift()?.();
    await new Promise(setImmediate);
  };
  return { control, calls, answer, failures };
}

it('does what is asked before the action before it was answered, once it is', async () => {
  const { control, calls, answer } = openControl();
  void control.act('pause', runStatus({ state: 'running' }));
  void control.act('stop', runStatus({ state: 'paused' }));
  expect(calls).toEqual(['run.pause']);
  await answer();
  expect(calls).toEqual(['run.pause', 'run.stop']);
  await answer();
  expect(control.busy.getState().action).toBe(null);
});

it('does nothing twice that is under way or waits', async () => {
  const { control, calls, answer } = openControl();
  void control.act('pause', runStatus({ state: 'running' }));
  void control.act('pause', runStatus({ state: 'running' }));
  void control.act('stop', runStatus({ state: 'paused' }));
  void control.act('stop', runStatus({ state: 'paused' }));
  await answer();
  await answer();
  expect(calls).toEqual(['run.pause', 'run.stop']);
});
