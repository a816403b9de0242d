import type { AlertPhase } from '../../../src-shared/alerts';

/**
 * Where an alert goes from where it was, looked at once more:
 *
 *   inactive ── holds ──▶ pending ── has held for `forMs` ──▶ firing ── no longer holds ──▶ resolved
 *      ▲                     │                                                                │
 *      └── no longer holds ──┘                        pending ◀── holds again ────────────────┘
 *
 * Held for no time at all it fires at once, as in Prometheus.
 */
export function stepAlert(before: AlertPhase, holds: boolean, nowMs: number, forMs: number): AlertPhase {
  if (!holds) {
    if (before.phase === 'firing') {
      return { phase: 'resolved', firedAtMs: before.firedAtMs, resolvedAtMs: nowMs };
    }
    return before.phase === 'pending' ? { phase: 'inactive' } : before;
  }
  if (before.phase === 'firing') return before;
  const sinceMs = before.phase === 'pending' ? before.sinceMs : nowMs;
  return nowMs - sinceMs >= forMs
    ? { phase: 'firing', sinceMs, firedAtMs: nowMs }
    : { phase: 'pending', sinceMs };
}
