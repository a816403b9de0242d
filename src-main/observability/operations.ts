import type { ConnectionStatus } from '../../src-shared/connections';
import type { Totals } from '../../src-shared/totals';
import type { Look } from './alert-definitions';
import { type Figures, keepFigures, watchLoopDelay } from './figures';
import { type CheckHealth, createHealth, LOOP_WINDOW_SECONDS } from './health';
import { createMetrics, type Metrics } from './metrics';
import { createVitals, type VitalsDeps } from './vitals';

/** What a program reports about itself: metrics, figures of the last quarter of an hour, health. */
export interface Operations {
  readonly metrics: Metrics;
  readonly figures: Figures;
  readonly checkHealth: CheckHealth;
  /** What alerts are evaluated on; `recent` goes back `windowMs`. */
  readonly look: (windowMs: number) => Promise<Look>;
  close(): void;
}

export interface OperationsDeps extends VitalsDeps {
  readonly build: { readonly version: string; readonly shell: string };
  /** What was counted of the events since the program started. */
  readonly totals: () => Totals;
  /** Whether all callbacks are paused. */
  readonly isHeld: () => boolean;
  readonly connections: () => readonly ConnectionStatus[];
}

export function openOperations({ build, totals, isHeld, connections, ...vital }: OperationsDeps): Operations {
  const { clock } = vital;
  const vitals = createVitals(vital);
  const metrics = createMetrics({ clock, vitals, totals, isHeld, build, connections });
  const figures = keepFigures({ clock, metrics, loopDelay: watchLoopDelay() });
  return {
    metrics,
    figures,
    checkHealth: createHealth({
      vitals,
      connections,
      nowMs: clock.now,
      firing: () => (isHeld() ? 'held' : 'engine'),
      loopDelayMs: () => figures.loopDelayMs(LOOP_WINDOW_SECONDS),
    }),
    look: async (windowMs) => ({
      signs: await vitals.read(),
      recent: await figures.recent(windowMs),
      ...metrics.state(),
      held: isHeld(),
      connections: connections(),
      nowMs: clock.now(),
    }),
    close: figures.close,
  };
}
