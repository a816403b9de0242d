import { expect, test } from 'vitest';
import { RUN_STATES } from '../../src-shared/update';
import { allowedActions } from './run-control';

test('without a run there is nothing to control', () => {
  expect([...allowedActions(null)]).toEqual([]);
});

test('each state allows what makes sense in it', () => {
  expect(Object.fromEntries(RUN_STATES.map((state) => [state, [...allowedActions(state)]]))).toEqual({
    running: ['pause', 'stop'],
    paused: ['resume', 'step', 'stop'],
    draining: ['stop'],
    completed: ['again'],
    failed: ['again'],
    stopped: ['again'],
    interrupted: ['again'],
  });
});
