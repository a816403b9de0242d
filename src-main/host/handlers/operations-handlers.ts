import type { Alerts } from '../../observability/alerts';
import type { Operations } from '../../observability/operations';
import type { SomeHandlers } from '../dispatch';

export function createOperationsHandlers({ figures, checkHealth }: Operations, alerts: Alerts): SomeHandlers {
  return {
    'operations.figures': ({ afterMs }) => figures.read(afterMs),
    'operations.alerts': async () => alerts.report(),
    'health.get': () => checkHealth(),
  };
}
