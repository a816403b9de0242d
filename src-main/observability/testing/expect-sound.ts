import { expect } from 'vitest';
import type { Health } from '../../../src-shared/health';

/**
 * All is well but, maybe, for the event loop: how late that of a test is depends on what the machine does beside it.
 * `health.test.ts` has its check with delays that are given.
 */
export function expectSound(health: Health): void {
  expect(failingChecks(health)).toEqual([]);
  expect(health.status).toBe(health.checks.every(({ ok }) => ok) ? 'ready' : 'not ready');
}

/** The checks that fail, but for that of the event loop. */
export function failingChecks({ checks }: Health): readonly string[] {
  return checks.filter(({ name, ok }) => !ok && name !== 'event_loop').map(({ name }) => name);
}
