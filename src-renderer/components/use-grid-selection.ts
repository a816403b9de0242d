import { useCallback, useMemo, useRef, useState } from 'react';
import type { GridRows } from './grid-model';

export interface GridSelection<Row> {
  /** Also those that are not in view any more. */
  readonly rows: ReadonlyMap<string, Row>;
  /** One row more, or one less. */
  toggle(index: number): void;
  /** From the row where it began to this one. */
  extend(from: number, to: number): void;
  clear(): void;
}

const NONE = new Map<string, never>();
/** More are an export. */
const MOST = 10_000;

/** Rows selected by a person. Another query selects none; a range reaches over rows that are loaded. */
export function useGridSelection<Row>(rows: GridRows<Row>, rowKey: (row: Row) => string): GridSelection<Row> {
  const [state, setState] = useState<{ readonly of: number; readonly picked: ReadonlyMap<string, Row> }>({
    of: rows.epoch,
    picked: NONE,
  });
  const picked = state.of === rows.epoch ? state.picked : NONE;
  const latest = useRef({ rows, rowKey, picked });
  latest.current = { rows, rowKey, picked };
  /** The row where a range began, and those selected before it. */
  const began = useRef<{ readonly at: number; readonly before: ReadonlyMap<string, Row> } | null>(null);

  const put = useCallback((next: ReadonlyMap<string, Row>) => {
    setState({ of: latest.current.rows.epoch, picked: next });
  }, []);
  const toggle = useCallback(
    (index: number) => {
      const row = latest.current.rows.rowAt(index);
      if (!row) return;
      const next = new Map(latest.current.picked);
      const key = latest.current.rowKey(row);
      if (!next.delete(key)) next.set(key, row);
      began.current = { at: index, before: next };
      put(next);
    },
    [put],
  );
  const extend = useCallback(
    (from: number, to: number) => {
      began.current ??= { at: from, before: latest.current.picked };
      const { at, before } = began.current;
      const next = new Map(before);
      for (let index = Math.min(at, to); index <= Math.max(at, to) && next.size < MOST; index += 1) {
        const row = latest.current.rows.rowAt(index);
        if (row) next.set(latest.current.rowKey(row), row);
      }
      put(next);
    },
    [put],
  );
  const clear = useCallback(() => {
    began.current = null;
    if (latest.current.picked.size > 0) put(NONE);
  }, [put]);
  return useMemo(() => ({ rows: picked, toggle, extend, clear }), [picked, toggle, extend, clear]);
}
