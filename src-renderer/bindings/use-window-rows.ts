import { useEffect, useMemo, useRef, useState } from 'react';
import { useStore } from 'zustand';
import type { GridRows } from '../components/grid-model';
import type { Change } from '../stores/feed-intake';
import { rowAt } from '../stores/row-window';
import { createWindowLoader, type FetchRows, type LoaderState } from '../stores/window-loader';
import { useModel } from './window-context';

/** Fast enough to look live, slow enough that a table costs the database next to nothing. */
const REFRESH_MS = 500;

export interface WindowRows<Row> {
  readonly rows: GridRows<Row & { readonly cursor: string }>;
  readonly state: LoaderState<Row>;
  readonly retry: () => void;
}

/**
 * The rows of one query, live. Pass a stable `fetchRows`.
 * @param watch which change of the host's content can change these rows.
 * @param tick whenever it changes, they may have changed without one.
 */
export function useWindowRows<Row>(
  fetchRows: FetchRows<Row>,
  watch: Exclude<Change, 'everything'> = 'rows',
  tick = 0,
): WindowRows<Row> {
  const { clock, changes, client } = useModel();
  const [loader] = useState(() => createWindowLoader<Row>(fetchRows, clock, { refreshMs: REFRESH_MS }));
  const state = useStore(loader.store);

  const asked = useRef(fetchRows);
  useEffect(() => {
    if (asked.current === fetchRows) return;
    asked.current = fetchRows;
    loader.restart(fetchRows);
  }, [loader, fetchRows]);

  useEffect(() => {
    if (tick > 0) loader.invalidate();
  }, [loader, tick]);

  useEffect(() => {
    const detach = loader.attach();
    const deafen = changes.listen((change) => {
      if (change === 'everything') loader.restart();
      else if (change === watch) loader.invalidate();
    });
    const unwatch = client.connection.subscribe((connection) => {
      if (connection.phase === 'open') loader.retry();
    });
    return () => {
      detach();
      deafen();
      unwatch();
    };
  }, [loader, changes, client, watch]);

  const rows = useMemo(
    () => ({
      count: state.cache.count,
      rowAt: (index: number) => rowAt(state.cache, index),
      shift: state.shift,
      epoch: state.epoch,
      behind: state.behind,
      searching: state.searching,
      setView: loader.setView,
    }),
    [state, loader],
  );
  return { rows, state, retry: loader.retry };
}
