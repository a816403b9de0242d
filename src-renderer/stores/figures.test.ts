import { expect, test } from 'vitest';
import { KEPT_SAMPLES, type OperationsFigures, type OperationsSample } from '../../src-shared/operations';
import { columnsOf, joinFigures } from './figures';

const NONE = { indexed: 0, stale: 0, duplicate: 0, conflict: 0, rejected: 0 };
const sample = (timeMs: number, changes: Partial<OperationsSample> = {}): OperationsSample => ({
  timeMs,
  seconds: 1,
  updates: NONE,
  callbacks: { scheduled: 0, fired: 0, cancelled: 0 },
  pending: 0,
  latenessMs: null,
  batches: 0,
  batchRecords: null,
  stepMs: { total: null, claim: null, classify: null, store: null, commit: null },
  ingestLagMs: 0,
  statementErrors: 0,
  droppedFrames: 0,
  loopDelayMs: 0,
  residentBytes: 0,
  heapUsedBytes: 0,
  ...changes,
});
const figures = (samples: readonly OperationsSample[], startedAtMs = 0): OperationsFigures => ({
  timeMs: samples.at(-1)?.timeMs ?? 0,
  startedAtMs,
  updates: NONE,
  callbacks: { scheduled: 0, fired: 0, cancelled: 0 },
  pending: 0,
  statements: [],
  samples,
});
const times = ({ samples }: OperationsFigures) => samples.map(({ timeMs }) => timeMs);

test('what is new comes behind what was known, each once', () => {
  const known = figures([sample(1000), sample(2000)]);
  expect(times(joinFigures(known, figures([sample(2000), sample(3000)])))).toEqual([1000, 2000, 3000]);
});

test('the figures of another host begin anew', () => {
  const known = figures([sample(1000), sample(2000)]);
  expect(times(joinFigures(known, figures([sample(500)], 400)))).toEqual([500]);
});

test('no more is kept than the host keeps', () => {
  const many = Array.from({ length: KEPT_SAMPLES }, (_, at) => sample(at));
  const joined = joinFigures(figures(many), figures([sample(KEPT_SAMPLES)]));
  expect(times(joined)).toHaveLength(KEPT_SAMPLES);
  expect(times(joined).at(-1)).toBe(KEPT_SAMPLES);
});

test('counts of an interval are drawn as a rate, whatever its length', () => {
  const updates = { ...NONE, indexed: 30, rejected: 3 };
  const samples = [sample(1000, { updates }), sample(4000, { updates, seconds: 3 })];
  expect(columnsOf(samples, 'updates', 60)).toEqual([
    [-3, 0],
    [30, 10],
    [0, 0],
    [0, 0],
    [0, 0],
    [3, 1],
  ]);
});

test('a plot shows its window alone, and gaps where nothing was measured', () => {
  const latenessMs = { p50: 1, p99: 20 };
  const samples = [sample(0, { latenessMs }), sample(70_000), sample(90_000, { latenessMs })];
  expect(columnsOf(samples, 'lateness', 60)).toEqual([
    [-20, 0],
    [null, 1],
    [null, 20],
  ]);
});

test('without a sample there is nothing to draw', () => {
  expect(columnsOf([], 'callbacks', 60)).toEqual([[], [], []]);
});
