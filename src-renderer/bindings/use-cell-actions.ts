import { useMemo } from 'react';
import { type CellRow, cellFilters, cellText, rowsText } from '../format/cells';
import type { TableFilter } from './use-table-filter';

/** What the cells of a table of accounts or updates can be asked to do, see `CellActions`. */
export function useCellActions({ filter, change }: Pick<TableFilter, 'filter' | 'change'>) {
  return useMemo(
    () => ({
      textOf: cellText,
      filtersOf: (row: CellRow, column: string) => {
        const { only, not } = cellFilters(row, column, filter);
        return { ...(only && { only: () => change(only) }), ...(not && { not: () => change(not) }) };
      },
      rowsAs: rowsText,
    }),
    [filter, change],
  );
}
