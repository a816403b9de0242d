import type { RunStatus } from '../../src-shared/events';
import { isActive } from '../../src-shared/run-actions';
import type { Moment } from '../../src-shared/run-clock';
import type { LiveState } from './live';

/** The run that the window shows, and when it was heard of. */
export interface HeardRun {
  readonly status: RunStatus | null;
  readonly heardMs: number;
}

export const heardRun = ({ status, series }: Pick<LiveState, 'status' | 'series'>): HeardRun => ({
  status,
  heardMs: series.latest?.timeMs ?? 0,
});

/** What the run's clock shows now. */
export function runAt({ at, rate }: RunStatus, heardMs: number, nowMs: number): number {
  return at + Math.max(0, nowMs - heardMs) * rate;
}

/** When a pending callback is due, as the clock of its run goes now. */
export type DueNow =
  | { readonly kind: 'at'; readonly wallMs: number }
  /** The run's virtual clock jumps there. */
  | { readonly kind: 'virtual'; readonly leftMs: number }
  /** The clock stands still; how much of it is left is known of the run that the window shows. */
  | { readonly kind: 'frozen'; readonly why: 'paused'; readonly leftMs: number }
  | { readonly kind: 'frozen'; readonly why: 'virtual' | 'stands still' };

/**
 * Rows may have been read before the last pause or change of speed: of the run under way its status tells.
 * @param simulated Whether a run of the past had a virtual clock; null if that is not known.
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
