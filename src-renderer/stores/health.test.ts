import { expect, test } from 'vitest';
import type { AlertStatus } from '../../src-shared/alerts';
import type { Health, HealthCheck } from '../../src-shared/health';
import { gravityOf, gravityOfAlerts, summariseAlerts } from './health';

const healthOf = (...checks: [HealthCheck['name'], boolean][]): Health => ({
  status: checks.every(([, ok]) => ok) ? 'ready' : 'not ready',
  checks: checks.map(([name, ok]) => ({ name, ok, reason: 'It is as it is.' })),
});

test('all well is well', () => {
  expect(gravityOf(healthOf(['database', true], ['disk', true]))).toBe('well');
});

test('a check that is not well wants a look', () => {
  expect(gravityOf(healthOf(['database', true], ['disk', false]))).toBe('look');
});

test('nothing goes on without a database', () => {
  expect(gravityOf(healthOf(['database', false], ['migrations', false], ['disk', true]))).toBe('failed');
});

test('the summary of the alerts counts every one that is listed', () => {
  const pending = { severity: 'warning', state: { phase: 'pending', sinceMs: 1 } } as const;
  const firing = { severity: 'critical', state: { phase: 'firing', sinceMs: 1, firedAtMs: 2 } } as const;
  const resolved = {
    severity: 'warning',
    state: { phase: 'resolved', firedAtMs: 2, resolvedAtMs: 3 },
  } as const;
  const said = (alerts: readonly Pick<AlertStatus, 'severity' | 'state'>[]) => [
    summariseAlerts(alerts),
    gravityOfAlerts(alerts),
  ];
  expect(said([])).toEqual(['no alerts', 'well']);
  expect(said([pending])).toEqual(['1 about to fire', 'look']);
  expect(said([resolved])).toEqual(['1 resolved', 'well']);
  expect(said([firing, pending, pending])).toEqual(['1 firing, 2 about to fire', 'failed']);
});
