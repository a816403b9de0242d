import type { RunStatus } from '../../src-shared/events';
import { isActive } from '../../src-shared/run-actions';
import type { Moment } from '../../src-shared/run-clock';
import type { LiveState } from './live';

/** The run in the window, with the time of its last status. */
export interface HeardRun {
  readonly status: RunStatus | null;
  readonly heardMs: number;
}

export const heardRun = ({ status, series }: Pick<LiveState, 'status' | 'series'>): HeardRun => ({
  status,
  heardMs: series.latest?.timeMs ?? 0,
});

/** Run time now. */
export function runAt({ at, rate }: RunStatus, heardMs: number, nowMs: number): number {
  return at + Math.max(0, nowMs - heardMs) * rate;
}

/** When a pending callback is due, given how its run's clock moves now. */
export type DueNow =
  | { readonly kind: 'at'; readonly wallMs: number }
  /** The run's virtual clock jumps there. */
  | { readonly kind: 'virtual'; readonly leftMs: number }
  /** The clock stands still; the time left is known only for the run in the window. */
  | { readonly kind: 'frozen'; readonly why: 'paused'; readonly leftMs: number }
  | { readonly kind: 'frozen'; readonly why: 'virtual' | 'stands still' };

/**
 * Rows may be older than the last pause or change of speed, so the status of the active run takes precedence.
 * @param simulated whether a past run had a virtual clock; null if unknown.
 */
export function dueNow(
  { runId, at, wallMs }: Moment,
  { status, heardMs }: HeardRun,
  simulated: boolean | null = null,
): DueNow {
  if (status?.runId === runId && isActive(status.state)) {
    const leftMs = at - status.at;
    if (status.simulated) return { kind: 'virtual', leftMs };
    if (leftMs <= 0) return { kind: 'at', wallMs: wallMs ?? heardMs };
    if (status.rate === 0) return { kind: 'frozen', why: 'paused', leftMs };
    return { kind: 'at', wallMs: heardMs + leftMs / status.rate };
  }
  if (wallMs !== null) return { kind: 'at', wallMs };
  const isVirtual = status?.runId === runId ? status.simulated : simulated;
  return { kind: 'frozen', why: isVirtual === true ? 'virtual' : 'stands still' };
}
