import { type ReactNode, useCallback } from 'react';
import { ErrorBoundary } from 'react-error-boundary';
import { IngotError } from '../../src-shared/errors';
import { useModel, useRoute } from '../bindings/window-context';
import { Failed } from './states';

const describe = (error: unknown) =>
  new IngotError('internal', `This part of the window could not be drawn: ${String(error)}.`, {
    hint: 'Runs and callbacks are not affected. Try again, or load the window again.',
  });

/**
 * Keeps an error in one part from breaking the window. The part is tried again after a change of view or account.
 * @param shown the error replaces the part; otherwise a message reports it.
 */
export function Guarded({
  shown = false,
  children,
}: {
  readonly shown?: boolean;
  readonly children: ReactNode;
}) {
  const { fail } = useModel();
  const view = useRoute((route) => route.view);
  const inspect = useRoute((route) => route.inspect);
  const tell = useCallback((error: unknown) => fail(describe(error)), [fail]);
  if (shown) {
    return (
      <ErrorBoundary
        resetKeys={[view, inspect]}
        fallbackRender={({ error, resetErrorBoundary }) => (
          <Failed error={describe(error)} onRetry={resetErrorBoundary} />
        )}
      >
        {children}
      </ErrorBoundary>
    );
  }
  return (
    <ErrorBoundary resetKeys={[view, inspect]} fallback={null} onError={tell}>
      {children}
    </ErrorBoundary>
  );
}
