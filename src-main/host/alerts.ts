import type { AlertSeverity } from '../../src-shared/alerts';
import type { HostEvent } from '../../src-shared/feed';
import { EVALUATE_EVERY_MS, metricsOf, scaleAlert } from '../observability/alerts/alert';
import { ALERTS } from '../observability/alerts/definitions';
import { describeAlert } from '../observability/alerts/describe-alert';
import type { AlertChange } from '../observability/alerts/evaluator';
import { readSeries } from '../observability/alerts/read-series';
import { type AlertWatch, watchAlerts } from '../observability/alerts/watch-alerts';
import type { Logger } from '../observability/logger';
import type { Metrics } from '../observability/metrics';
import type { Clock } from '../time/clock';

export interface AlertDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly publish: (events: readonly HostEvent[]) => void;
  /** What windows, patience and interval are multiplied with. */
  readonly timeScale: number;
}

const LEVELS: Readonly<Record<AlertSeverity, 'warning' | 'error'>> = {
  warning: 'warning',
  critical: 'error',
};

/** Looks at the alerts for as long as the host is there; every window hears once when one fires and once when it is over. */
export function openAlerts({ clock, logger, metrics, publish, timeScale }: AlertDeps): AlertWatch {
  const alerts = ALERTS.filter(({ seenBy }) => seenBy !== 'prometheus').map((alert) =>
    scaleAlert(alert, timeScale),
  );
  const names = metricsOf(alerts);
  const { alertsFiring, registry } = metrics.instruments;
  for (const { name } of alerts) alertsFiring.set({ alert: name }, 0);

  const tell = ({ to, alert, value }: AlertChange) => {
    const { name, title, severity } = alert;
    alertsFiring.set({ alert: name }, to === 'firing' ? 1 : 0);
    if (to === 'resolved') {
      logger.info({ alert: name }, 'an alert is over');
      publish([{ event: 'notice', level: 'info', message: `Over: ${lowerFirst(title)}.` }]);
      return;
    }
    logger.warn({ alert: name, value, severity }, 'an alert fires');
    const message = `${title}. ${describeAlert(alert, value ?? 0)}`;
    publish([{ event: 'notice', level: LEVELS[severity], message }]);
  };

  return watchAlerts({
    clock,
    logger,
    alerts,
    everyMs: Math.round(EVALUATE_EVERY_MS * timeScale),
    async readMetrics() {
      await metrics.refresh();
      return readSeries(registry, names);
    },
    onChange: tell,
  });
}

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);
