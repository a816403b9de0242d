import { expect, test } from 'vitest';
import type { RunStatus } from '../../src-shared/events';
import { runStatus } from '../../src-shared/testing/events';
import { dueNow, runAt } from './run-time';

const status = runStatus({ runId: '3', startedAtMs: 1_000, at: 10_000 });
const due = { runId: '3', at: 14_000, wallMs: 50_000 };
const heard = (more: Partial<RunStatus>) => ({ status: { ...status, ...more }, heardMs: 20_000 });

test('between two frames the clock of the run goes on at its rate', () => {
  expect(runAt({ ...status, rate: 20 }, 20_000, 20_250)).toBe(15_000);
  expect(runAt({ ...status, rate: 0 }, 20_000, 90_000)).toBe(10_000);
  expect(runAt(status, 20_000, 19_000)).toBe(10_000);
});

test('a callback of the run under way is due as its clock goes now, not as it went when the row was read', () => {
  expect(dueNow(due, heard({}))).toEqual({ kind: 'at', wallMs: 24_000 });
  expect(dueNow(due, heard({ rate: 20, speed: 20 }))).toEqual({ kind: 'at', wallMs: 20_200 });
  expect(dueNow({ ...due, at: 9_000 }, heard({}))).toEqual({ kind: 'at', wallMs: 50_000 });
});

test('while its run is paused a callback is frozen, but not one that is due already', () => {
  const paused = heard({ state: 'paused', rate: 0 });
  expect(dueNow(due, paused)).toEqual({ kind: 'frozen', why: 'paused', leftMs: 4_000 });
  expect(dueNow({ ...due, at: 10_000 }, paused)).toEqual({ kind: 'at', wallMs: 50_000 });
});

test('a virtual run has no wall times, and its callbacks are frozen only once it has ended', () => {
  const virtual = { ...due, wallMs: null };
  const run = { simulated: true, rate: 0 };
  expect(dueNow(virtual, heard(run))).toEqual({ kind: 'virtual', leftMs: 4_000 });
  expect(dueNow(virtual, heard({ ...run, state: 'completed' }))).toEqual({ kind: 'frozen', why: 'virtual' });
});

test('callbacks of other runs are due as the host says', () => {
  const other = { ...due, runId: '2' };
  expect(dueNow(other, heard({ state: 'paused', rate: 0 }))).toEqual({ kind: 'at', wallMs: 50_000 });
  const frozen = { ...other, wallMs: null };
  expect(dueNow(frozen, heard({}))).toEqual({ kind: 'frozen', why: 'stands still' });
  expect(dueNow(frozen, heard({}), true)).toEqual({ kind: 'frozen', why: 'virtual' });
  expect(dueNow(frozen, { status: null, heardMs: 0 }, false)).toEqual({
    kind: 'frozen',
    why: 'stands still',
  });
});
