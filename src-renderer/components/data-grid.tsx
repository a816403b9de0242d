import { type ColumnSizingState, useTable } from '@tanstack/react-table';
import { type CSSProperties, type ReactNode, useMemo, useRef } from 'react';
import { useStored } from '../bindings/use-stored';
import { useModel, usePreference } from '../bindings/window-context';
import { fitColumns } from '../stores/fit-columns';
import classes from './data-grid.module.css';
import { GridHeader } from './grid-header';
import {
  type GridActions,
  type GridColumn,
  type GridFeatures,
  type GridRows,
  type GridSort,
  gridFeatures,
} from './grid-model';
import { GridRow, PlaceholderRow } from './grid-row';
import { useCellNeeds } from './use-cell-needs';
import { useGridKeys } from './use-grid-keys';
import { useRowViewport } from './use-row-viewport';

interface DataGridProps<Row extends object> {
  /** The table's accessible name, and the key for its stored widths. */
  readonly label: string;
  readonly columns: readonly GridColumn<Row>[];
  readonly rows: GridRows<Row>;
  readonly rowKey: (row: Row) => string;
  /** The id that is copied for a row. */
  readonly idOf?: (row: Row) => string | null;
  /** Copied for a row without an id. */
  readonly textOf?: (row: Row) => string;
  readonly selectedKey?: string | null;
  readonly sort?: GridSort;
  readonly onSort?: (sort: GridSort) => void;
  readonly actions?: GridActions<Row>;
  /** `always`: it gets the window's table keys. `focus`: only while focused. */
  readonly inCharge?: 'always' | 'focus';
  /** Keeps the last row in view as rows arrive. */
  readonly atEnd?: boolean;
  /** Reuses the elements of rows that left, for rows that are all replaced at every paint. */
  readonly recycled?: boolean;
  readonly children?: ReactNode;
}

const HEAD_HEIGHT = 28;
/** Left and right padding, as in data-grid.module.css. */
const SIDES = 2 * 12;
const NO_NEEDS = { least: 0, numbers: 0, whole: 0 };
const ROW_HEIGHTS = { dense: 28, comfortable: 36 } as const;

/** An ARIA grid for any number of rows that draws only those in view. */
export function DataGrid<Row extends object>({
  label,
  columns,
  rows,
  rowKey,
  idOf,
  textOf,
  selectedKey = null,
  sort,
  onSort,
  actions = {},
  inCharge = 'always',
  atEnd = false,
  recycled = false,
  children,
}: DataGridProps<Row>) {
  const scroller = useRef<HTMLDivElement>(null);
  const density = usePreference('density');
  const { preferences } = useModel();
  const rowHeight = ROW_HEIGHTS[density];
  const [chosenWidths, setChosenWidths] = useStored<ColumnSizingState>(`widths:${label}`, {});

  const viewport = useRowViewport({
    scroller,
    count: rows.count,
    rowHeight,
    headHeight: HEAD_HEIGHT,
    shift: rows.shift,
    epoch: rows.epoch,
    atEnd,
    onView: rows.setView,
  });
  const shown = viewport.items.map((item) => ({ ...item, row: rows.rowAt(item.index) }));
  const data = useMemo(() => shown.flatMap(({ row }) => (row ? [row] : [])), [shown]);
  const room = viewport.width - SIDES;
  const needs = useCellNeeds(scroller, columns.length, room, data);
  const widths = fitColumns(
    columns.map(({ id = '', size = 0, meta }, at) => ({
      size,
      fixed: chosenWidths[id] ?? null,
      grow: meta?.grow ?? 0,
      ...(needs[at] ?? NO_NEEDS),
    })),
    room,
  );
  const table = useTable<GridFeatures, Row>({
    features: gridFeatures,
    columns,
    data,
    getRowId: rowKey,
    columnResizeMode: 'onChange',
    // A drag starts from the shown width; only dragged widths are stored.
    state: { columnSizing: Object.fromEntries(columns.map(({ id = '' }, at) => [id, widths[at] ?? 0])) },
    onColumnSizingChange: (change) => {
      const stored = preferences.store.getState().preferences.layout[`widths:${label}`];
      const before = (stored ?? {}) as ColumnSizingState;
      setChosenWidths(typeof change === 'function' ? change(before) : change);
    },
  });
  const byKey = new Map(table.getRowModel().rows.map((row) => [row.id, row]));
  const template = widths.map((width) => `${width}px`).join(' ');
  const minWidth = widths.reduce((sum, width) => sum + width, 0);

  const cursor = useGridKeys({
    rows,
    rowKey,
    idOf,
    textOf,
    viewport,
    actions,
    inCharge,
    selectedKey,
    scroller,
  });

  return (
    // biome-ignore lint/a11y/useSemanticElements: a virtual table has rows that are not in the page; ARIA's grid says so, a table cannot.
    <div
      ref={scroller}
      className={classes.scroller}
      role="grid"
      tabIndex={0}
      aria-label={label}
      aria-rowcount={rows.count + 1}
      aria-colcount={columns.length}
      aria-activedescendant={cursor.activeId}
      aria-busy={rows.behind || rows.searching === true}
      data-behind={rows.behind || undefined}
      style={{ '--columns': template, '--columns-width': `${minWidth}px` } as CSSProperties}
    >
      <GridHeader table={table} sort={sort} onSort={onSort} />
      {/* biome-ignore lint/a11y/useSemanticElements: part of an ARIA grid. */}
      <div className={classes.body} role="rowgroup" style={{ height: viewport.height }}>
        {shown.map(({ index, top, row }) => {
          if (!row)
            return <PlaceholderRow key={`at-${index}`} top={top} index={index} columns={columns.length} />;
          const key = rowKey(row);
          const tableRow = byKey.get(key);
          return tableRow ? (
            <GridRow
              key={recycled ? top : key}
              row={tableRow}
              original={row}
              columns={columns}
              index={index}
              top={top}
              domId={cursor.domIdOf(index)}
              active={cursor.index === index}
              selected={selectedKey !== null && (idOf?.(row) ?? key) === selectedKey}
              onPick={cursor.pick}
            />
          ) : null;
        })}
      </div>
      {rows.searching && <output className={classes.searching}>Searching…</output>}
      {children}
    </div>
  );
}
