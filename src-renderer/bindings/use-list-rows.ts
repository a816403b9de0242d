import { useMemo } from 'react';
import type { GridRows } from '../components/grid-model';

const ignoreView = () => {};

export function useListRows<Row>(list: readonly Row[]): GridRows<Row> {
  return useMemo(
    () => ({
      count: list.length,
      rowAt: (index: number) => list[index],
      shift: 0,
      epoch: 0,
      behind: false,
      setView: ignoreView,
    }),
    [list],
  );
}
