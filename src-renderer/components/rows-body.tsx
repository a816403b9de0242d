import type { ReactNode } from 'react';
import { countOf, groupDigits } from '../../src-shared/amounts';
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

type Count = Pick<LoaderState<object>['cache'], 'total' | 'totalIs'>;

interface RowCountProps {
  readonly state: { readonly cache: Count & Pick<LoaderState<object>['cache'], 'loaded'> };
  readonly one: string;
  readonly many?: string;
  /** Of how many these are a part. */
  readonly of?: Count | null;
}

export function RowCount({ state, one, many, of = null }: RowCountProps) {
  const { loaded, total, totalIs } = state.cache;
  if (!loaded) return null;
  const about = (count: Pick<Count, 'totalIs'>) => (count.totalIs === 'exact' ? '' : 'about ');
  const whole = countOf(of?.total ?? total, one, many);
  const text = of
    ? `${about({ totalIs })}${groupDigits(total)} of ${about(of)}${whole}`
    : `${about({ totalIs })}${whole}`;
  return text.includes('about') ? <span data-tip="Estimated from a sample">{text}</span> : text;
}
