import {
  type Column,
  type ColumnDef,
  columnOrderingFeature,
  columnPinningFeature,
  columnResizingFeature,
  columnSizingFeature,
  columnVisibilityFeature,
  createColumnHelper,
  metaHelper,
  type ReactTable,
  tableFeatures,
} from '@tanstack/react-table';
import type { ReactNode } from 'react';
import type { IndexRange } from '../stores/row-window';

export interface ColumnTraits {
  readonly align?: 'start' | 'end';
  /** Share of the spare width; none if omitted. */
  readonly grow?: number;
  readonly sortBy?: string;
}

export const gridFeatures = tableFeatures({
  columnSizingFeature,
  columnResizingFeature,
  columnOrderingFeature,
  columnPinningFeature,
  columnVisibilityFeature,
  columnMeta: metaHelper<ColumnTraits>(),
});
export type GridFeatures = typeof gridFeatures;
export type GridColumn<Row extends object> = ColumnDef<GridFeatures, Row, unknown>;

/** In the order in which a person sees them. */
export function shownColumns<Row extends object>(table: ReactTable<GridFeatures, Row>) {
  return [...table.getStartVisibleLeafColumns(), ...table.getCenterVisibleLeafColumns()];
}

/** A pinned cell keeps its place when the table scrolls sideways. The widths of those before it are in the grid's style. */
export function pinned<Row extends object>(column: Column<GridFeatures, Row, unknown>) {
  return column.getIsPinned() === false
    ? {}
    : { 'data-pinned': true, style: { left: `var(--pin-${column.getPinnedIndex()})` } };
}

/** Makes the columns of one kind of rows. `size` is in pixels. */
export function gridColumns<Row extends object>() {
  const helper = createColumnHelper<GridFeatures, Row>();
  return (
    id: string,
    header: string | (() => ReactNode),
    size: number,
    cell: (row: Row) => ReactNode,
    { enableResizing = true, ...meta }: ColumnTraits & { readonly enableResizing?: boolean } = {},
  ) => helper.display({ id, header, size, meta, enableResizing, cell: ({ row }) => cell(row.original) });
}

export interface GridRows<Row> {
  readonly count: number;
  rowAt(index: number): Row | undefined;
  readonly shift: number;
  readonly epoch: number;
  /** The rows answer the previous query; the new answer is on its way. */
  readonly behind: boolean;
  /** The host is still looking for more rows. */
  readonly searching?: boolean;
  setView(view: IndexRange): void;
}

export interface GridSort {
  readonly by: string;
  readonly direction: 'asc' | 'desc';
}

export interface GridActions<Row> {
  readonly open?: (row: Row) => void;
  readonly fire?: (row: Row) => void;
  readonly cancel?: (row: Row) => void;
  readonly filter?: () => void;
}
