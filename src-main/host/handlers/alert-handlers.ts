import type { AlertWatch } from '../../observability/alerts/watch-alerts';
import type { SomeHandlers } from '../dispatch';

export function createAlertHandlers(alerts: AlertWatch): SomeHandlers {
  return { 'operations.alerts': async () => alerts.report() };
}
