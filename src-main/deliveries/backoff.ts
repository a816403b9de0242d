import type { TargetSettings } from '../../src-shared/deliveries';
import type { EpochMs } from '../../src-shared/update';

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 3_600_000;

export interface FailedDelivery {
  /** So far, at least 1. */
  readonly attempts: number;
  readonly firstAtMs: EpochMs;
  readonly nowMs: EpochMs;
  /** What the receiver asked for. */
  readonly retryAfterMs: number | undefined;
}

/**
 * When it is tried again: after a second, then twice as long each time, up to an hour; a random half of it is left out, so that
 * not all come at once. Null: it is dead.
 * @param random from 0 up to 1.
 */
export function nextAttemptMs(
  { maxAttempts, giveUpAfterHours }: Pick<TargetSettings, 'maxAttempts' | 'giveUpAfterHours'>,
  { attempts, firstAtMs, nowMs, retryAfterMs = 0 }: FailedDelivery,
  random: number,
): EpochMs | null {
  const longestMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(attempts - 1, 30));
  const waitMs = Math.max(Math.ceil(longestMs * (1 - random / 2)), retryAfterMs);
  const nextMs = nowMs + waitMs;
  return attempts >= maxAttempts || nextMs - firstAtMs > giveUpAfterHours * 3_600_000 ? null : nextMs;
}
