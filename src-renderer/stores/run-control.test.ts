import { expect, test } from 'vitest';
import { NO_COUNTS, type RunStatus } from '../../src-shared/events';
import { RUN_STATES, type RunState } from '../../src-shared/update';
import { allowedActions } from './run-control';

const allowed = (state: RunState) => {
  const status: RunStatus = {
    runId: '1',
    source: 'sample.json',
    state,
    counts: NO_COUNTS,
    bytesRead: 0,
    bytesTotal: null,
    startedAtMs: 0,
    endedAtMs: null,
    at: 0,
    speed: 1,
    fieldMap: null,
    failure: null,
  };
  return [...allowedActions(status)];
};

test('without a run there is nothing to control', () => {
  expect([...allowedActions(null)]).toEqual([]);
});

test('each state allows what makes sense in it', () => {
  expect(Object.fromEntries(RUN_STATES.map((state) => [state, allowed(state)]))).toEqual({
    running: ['pause', 'stop'],
    paused: ['resume', 'step', 'stop'],
    draining: ['stop'],
    completed: ['again'],
    failed: ['again'],
    stopped: ['again'],
    interrupted: ['again'],
  });
});
