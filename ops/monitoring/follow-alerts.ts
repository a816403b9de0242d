import type { Prometheus, PrometheusAlert } from './prometheus';

export type AlertState = 'inactive' | 'pending' | 'firing' | 'resolved';

/**
 * Looks at the alerts of a Prometheus, again and again: each look tells of every change since the last one, and gives
 * the state of each alert that was ever seen.
 */
export function followAlerts(
  prometheus: Pick<Prometheus, 'alerts'>,
  tell: (name: string, state: AlertState, alert: PrometheusAlert | undefined) => void,
): () => Promise<ReadonlyMap<string, AlertState>> {
  const states = new Map<string, AlertState>();
  return async () => {
    const alerts = new Map((await prometheus.alerts()).map((alert) => [alert.labels.alertname, alert]));
    for (const name of new Set([...states.keys(), ...alerts.keys()])) {
      const alert = alerts.get(name);
      const before = states.get(name) ?? 'inactive';
      // Prometheus names only those that are pending or fire: one that is gone is over.
      const now =
        alert?.state ?? (before === 'pending' ? 'inactive' : before === 'firing' ? 'resolved' : before);
      if (now === before) continue;
      states.set(name, now);
      tell(name, now, alert);
    }
    return states;
  };
}
