import { expect, test } from 'vitest';
import type { Health, HealthCheck } from '../../src-shared/health';
import { gravityOf } from './health';

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
