import { expect } from 'vitest';
import type { Health } from '../../../src-shared/health';

/**
 * All is well but, maybe, for the event loop: how late that of a test is depends on what the machine does beside it.
 * `health.test.ts` has its check with delays that are given.
 */
export function expectSound(health: Health): void {
  const failing = health.checks.filter(({ ok }) => !ok).map(({ name }) => name);
  expect(failing.filter((name) => name !== 'event_loop')).toEqual([]);
  expect(health.status).toBe(failing.length === 0 ? 'ready' : 'not ready');
}
