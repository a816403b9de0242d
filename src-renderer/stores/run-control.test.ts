import { expect, test } from 'vitest';
import { RUN_STATES, type RunState } from '../../src-shared/update';
import { whyNot } from './run-control';

const ACTIONS = ['pause', 'resume', 'step', 'stop', 'again'] as const;
const allowedIn = (state: RunState, simulated = false) =>
  ACTIONS.filter((action) => whyNot(action, { state, simulated }) === null);

test('without a run there is nothing to control', () => {
  expect(ACTIONS.filter((action) => whyNot(action, null) === null)).toEqual([]);
});

test('each state allows what makes sense in it', () => {
  expect(Object.fromEntries(RUN_STATES.map((state) => [state, allowedIn(state)]))).toEqual({
    running: ['pause', 'stop'],
    paused: ['resume', 'step', 'stop'],
    draining: ['pause', 'stop'],
    completed: ['again'],
    failed: ['again'],
    stopped: ['again'],
    interrupted: ['again'],
  });
});

test('a run on a virtual clock cannot be paused', () => {
  expect(allowedIn('running', true)).toEqual(['stop']);
  expect(allowedIn('draining', true)).toEqual(['stop']);
});
