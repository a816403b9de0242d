import type { ReactNode } from 'react';
import { countOf } from '../../src-shared/amounts';
import type { WireError } from '../../src-shared/errors';

import type { LoaderState } from '../stores/window-loader';
import { Failed, Loading } from './states';

interface RowsBodyProps {
  readonly state: Pick<LoaderState<object>, 'error'> & {
    readonly cache: { readonly loaded: boolean; readonly count: number };
  };
  readonly retry: () => void;
  /** The accessible name: `accounts`. */
  readonly what: string;
  readonly empty: ReactNode;
  readonly children: ReactNode;
}

/** Shows loading, failure, emptiness or the rows. Rows stay while the connection is down. */
export function RowsBody({ state, retry, what, empty, children }: RowsBodyProps) {
  const { error, cache } = state;
  if (error !== null && !(isDisconnected(error) && cache.loaded))
    return <Failed error={error} onRetry={retry} />;
  if (!cache.loaded) return <Loading what={what} />;
  if (cache.count === 0) return empty;
  return children;
}

const isDisconnected = (error: WireError) => error.code === 'disconnected';

interface RowCountProps {
  readonly state: { readonly cache: Pick<LoaderState<object>['cache'], 'loaded' | 'total' | 'totalIs'> };
  readonly one: string;
  readonly many?: string;
}

export function RowCount({ state, one, many }: RowCountProps) {
  const { loaded, total, totalIs } = state.cache;
  if (!loaded) return null;
  const text = countOf(total, one, many);
  return totalIs === 'exact' ? (
    text
  ) : (
    <span data-tip="Counted by the database's own estimate">about {text}</span>
  );
}
