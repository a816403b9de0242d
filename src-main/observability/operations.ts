import type { Database } from '../database/database';
import type { Clock } from '../engine/clock';
import { type Figures, keepFigures } from './figures';
import { type CheckHealth, createHealth, LOOP_WINDOW_SECONDS } from './health';
import { watchLoopDelay } from './loop-delay';
import { createMetrics, type Metrics } from './metrics';
import { createVitals } from './vitals';

/** What a program tells of itself while it runs: metrics, figures of the last quarter of an hour, health. */
export interface Operations {
  readonly metrics: Metrics;
  readonly figures: Figures;
  readonly checkHealth: CheckHealth;
  close(): void;
}

export interface OperationsDeps {
  readonly clock: Clock;
  readonly build: { readonly version: string; readonly shell: string };
  /** The database that is open. @throws IngotError with the reason if none is. */
  readonly database: () => Database;
  /** Whether all callbacks are paused. */
  readonly isHeld: () => boolean;
  /** Where the embedded database lies, open or not; null: on a server, or in memory. */
  readonly directory: () => string | null;
}

export function openOperations({ clock, build, database, isHeld, directory }: OperationsDeps): Operations {
  const vitals = createVitals({ clock, database, directory });
  const metrics = createMetrics({ clock, vitals, isHeld, build });
  const figures = keepFigures({ clock, metrics, loopDelay: watchLoopDelay() });
  return {
    metrics,
    figures,
    checkHealth: createHealth({
      vitals,
      firing: () => (isHeld() ? 'held' : 'engine'),
      loopDelayMs: () => figures.loopDelayMs(LOOP_WINDOW_SECONDS),
    }),
    close: figures.close,
  };
}
