import { expect, test } from 'vitest';
import { whyNoSpeed, whyNot, whyNotOn } from './run-actions';
import { RUN_STATES, type RunState } from './update';

const ACTIONS = ['pause', 'resume', 'step', 'stop', 'again'] as const;
const allowedIn = (state: RunState, { simulated = false, sourceEnded = false } = {}) =>
  ACTIONS.filter((action) => whyNot(action, { state, simulated, sourceEnded }) === null);

test('without a run there is nothing to control', () => {
  expect(ACTIONS.filter((action) => whyNot(action, null) === null)).toEqual([]);
});

test('each state allows what makes sense in it', () => {
  expect(Object.fromEntries(RUN_STATES.map((state) => [state, allowedIn(state)]))).toEqual({
    running: ['pause', 'step', 'stop'],
    paused: ['resume', 'step', 'stop'],
    draining: ['pause', 'step', 'stop'],
    completed: ['again'],
    failed: ['again'],
    stopped: ['again'],
    interrupted: ['again'],
  });
});

test('a run on a virtual clock can be paused and stepped, but has no speed', () => {
  expect(allowedIn('running', { simulated: true })).toEqual(['pause', 'step', 'stop']);
  expect(whyNoSpeed({ state: 'running', simulated: true, sourceEnded: false })).toContain('has no speed');
});

test('a run whose records are all in has none to step to', () => {
  expect(allowedIn('paused', { sourceEnded: true })).toEqual(['resume', 'stop']);
  expect(whyNot('step', { state: 'draining', simulated: false, sourceEnded: true })).toContain(
    'All records are in',
  );
  expect(whyNotOn({ state: 'draining', simulated: false, sourceEnded: true })).toBe(null);
});
