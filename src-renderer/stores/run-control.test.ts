import { expect, test } from 'vitest';
import { RUN_STATES, type RunState } from '../../src-shared/update';
import { whyNot } from './run-control';

const ACTIONS = ['pause', 'resume', 'step', 'stop', 'again'] as const;
const allowedIn = (state: RunState | null) => ACTIONS.filter((action) => whyNot(action, state) === null);

test('without a run there is nothing to control', () => {
  expect(allowedIn(null)).toEqual([]);
});

test('each state allows what makes sense in it', () => {
  expect(Object.fromEntries(RUN_STATES.map((state) => [state, allowedIn(state)]))).toEqual({
    running: ['pause', 'stop'],
    paused: ['resume', 'step', 'stop'],
    draining: ['stop'],
    completed: ['again'],
    failed: ['again'],
    stopped: ['again'],
    interrupted: ['again'],
  });
});
