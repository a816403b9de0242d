import type { AlertsReport } from '../../../src-shared/alerts';
import type { Alarm, Clock } from '../../time/clock';
import type { Logger } from '../logger';
import { type AlertDefinition, EVALUATE_EVERY_MS } from './alert';
import { type AlertChange, createEvaluator } from './evaluator';
import type { Reading } from './series-store';

/** The alerts as the app itself sees them. */
export interface AlertWatch {
  report(): AlertsReport;
  close(): void;
}

export interface AlertWatchDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly alerts: readonly AlertDefinition[];
  /** Every series that the alerts look at, as a scrape of the same moment has them. */
  readonly readMetrics: () => Promise<readonly Reading[]>;
  /** Told once when an alert begins to fire and once when it ceases to. */
  readonly onChange: (change: AlertChange) => void;
  readonly everyMs?: number;
}

/** Looks at once, and then again and again until it is closed. */
export function watchAlerts(deps: AlertWatchDeps): AlertWatch {
  const { clock, logger, alerts, readMetrics, onChange, everyMs = EVALUATE_EVERY_MS } = deps;
  const evaluator = createEvaluator(alerts.filter(({ seenBy }) => seenBy !== 'prometheus'));
  let evaluatedAtMs: number | null = null;
  let alarm: Alarm;
  let closed = false;

  const look = async () => {
    try {
      const readings = await readMetrics();
      if (closed) return;
      const nowMs = clock.now();
      // Two readings at one instant say nothing of the time between them.
      if (evaluatedAtMs !== null && nowMs <= evaluatedAtMs) return;
      evaluatedAtMs = nowMs;
      for (const change of evaluator.evaluate(nowMs, readings)) onChange(change);
    } catch (error) {
      logger.error({ err: error }, 'the alerts could not be looked at');
    }
  };
  const lookAgainAndAgain = async () => {
    const beganMs = clock.now();
    await look();
    if (!closed) alarm = clock.setAlarm(beganMs + everyMs, lookAgainAndAgain);
  };
  alarm = clock.setAlarm(clock.now(), lookAgainAndAgain);

  return {
    report: () => ({
      evaluatedAtMs,
      evaluateEveryMs: everyMs,
      alerts: [...evaluator.statuses()],
    }),
    close() {
      closed = true;
      alarm.clear();
    },
  };
}
