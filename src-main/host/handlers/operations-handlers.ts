import type { Operations } from '../../observability/operations';
import type { SomeHandlers } from '../dispatch';

export function createOperationsHandlers({ figures, checkHealth }: Operations): SomeHandlers {
  return {
    'operations.figures': ({ afterMs }) => figures.read(afterMs),
    'health.get': () => checkHealth(),
  };
}
