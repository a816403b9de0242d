import type { EpochMs } from '../../../src-shared/update';
import type { Alarm, Clock } from '../clock';

interface VirtualAlarm {
  readonly at: EpochMs;
  readonly order: number;
  readonly wake: () => void | Promise<void>;
}

/**
 * A clock that moves only while somebody waits: `waitUntil(at)` runs every alarm up to `at`, in order of time and then of
 * setting, each to its end. So a run in virtual time gives the same events in the same order on every machine.
 *
 * One waiter at a time: a second one would move the first one's time.
 *
 * @param passesAlways Time also moves from alarm to alarm while a waiter waits only for a signal.
 */
export function createVirtualClock(startMs: EpochMs = 0, { passesAlways = false } = {}): Clock {
  let nowMs = startMs;
  let order = 0;
  let waiting = false;
  const alarms = new Set<VirtualAlarm>();

  const earliest = (until: EpochMs): VirtualAlarm | undefined => {
    let found: VirtualAlarm | undefined;
    for (const alarm of alarms) {
      if (alarm.at > until) continue;
      if (!found || alarm.at < found.at || (alarm.at === found.at && alarm.order < found.order))
        found = alarm;
    }
    return found;
  };

  return {
    now: () => nowMs,
    monotonicMs: () => nowMs,
    breathe: async () => {},
    setAlarm(at, wake): Alarm {
      const alarm = { at, order: order++, wake };
      alarms.add(alarm);
      return { clear: () => alarms.delete(alarm) };
    },
    async waitUntil(at, signal) {
      if (at === Number.POSITIVE_INFINITY && !passesAlways) return untilAborted(signal);
      if (waiting) throw new Error('the virtual clock has one waiter at a time');
      waiting = true;
      try {
        while (!signal?.aborted) {
          const next = earliest(at);
          if (!next) {
            if (at === Number.POSITIVE_INFINITY) await untilAborted(signal);
            break;
          }
          alarms.delete(next);
          nowMs = Math.max(nowMs, next.at);
          await next.wake();
        }
        if (!signal?.aborted && at < Number.POSITIVE_INFINITY) nowMs = Math.max(nowMs, at);
      } finally {
        waiting = false;
      }
    },
  };
}

/** Waiting for a person, not for an instant: time stands still. */
function untilAborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) resolve();
    else signal?.addEventListener('abort', () => resolve(), { once: true });
  });
}
