import { useSyncExternalStore } from 'react';
import type { Clock } from '../clock';
import { useModel } from './window-context';

/** One timer for all relative times, running only while one is shown. */
const TICK_MS = 1_000;

interface Ticker {
  subscribe(listener: () => void): () => void;
  nowMs(): number;
}

function createTicker(clock: Clock): Ticker {
  const listeners = new Set<() => void>();
  let end: (() => void) | null = null;
  let nowMs = clock.nowMs();
  return {
    subscribe(listener) {
      listeners.add(listener);
      if (end === null) {
        nowMs = clock.nowMs();
        end = clock.every(TICK_MS, () => {
          nowMs = clock.nowMs();
          for (const each of listeners) each();
        });
      }
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        end?.();
        end = null;
      };
    },
    nowMs: () => (end === null ? clock.nowMs() : nowMs),
  };
}

const tickers = new WeakMap<Clock, Ticker>();

/** `read` of the current time, every second. Redraws only if the value changed. */
export function useTicking<Value extends string | number | boolean | null>(
  read: (nowMs: number) => Value,
): Value {
  const { clock } = useModel();
  let ticker = tickers.get(clock);
  if (!ticker) {
    ticker = createTicker(clock);
    tickers.set(clock, ticker);
  }
  const { subscribe, nowMs } = ticker;
  return useSyncExternalStore(subscribe, () => read(nowMs()));
}
