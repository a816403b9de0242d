import { type ColumnSizingState, type Updater, useTable } from '@tanstack/react-table';
import {
  type CSSProperties,
  type MouseEvent,
  type ReactNode,
  useCallback,
  useMemo,
  useRef,
  useState,
} from 'react';
import { groupDigits } from '../../src-shared/amounts';
import type { Preferences } from '../../src-shared/contract';
import { createPart, usePart } from '../bindings/use-part';
import { useStored } from '../bindings/use-stored';
import { useModel, usePreference } from '../bindings/window-context';
import type { CopiedAs } from '../format/cells';
import { type ColumnState, placeColumn, readColumnState } from '../stores/column-state';
import { fitColumns } from '../stores/fit-columns';
import classes from './data-grid.module.css';
import type { CellMenuProps } from './grid-cell-menu';
import { GridHeader } from './grid-header';
import {
  type GridActions,
  type GridColumn,
  type GridFeatures,
  type GridRows,
  type GridSort,
  gridFeatures,
  shownColumns,
} from './grid-model';
import { GridRow, PlaceholderRow } from './grid-row';
import { NOTHING_YET, useCellNeeds } from './use-cell-needs';
import { useGridKeys } from './use-grid-keys';
import { useGridSelection } from './use-grid-selection';
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
  /** Its cells have a menu, and its rows are selected and copied. Stable. */
  readonly cells?: CellActions<NoInfer<Row>>;
  /** `always`: it gets the window's table keys. `focus`: only while focused. */
  readonly inCharge?: 'always' | 'focus';
  /** Keeps the last row in view as rows arrive. */
  readonly atEnd?: boolean;
  /** Reuses the elements of rows that left, for rows that are all replaced at every paint. */
  readonly recycled?: boolean;
  readonly children?: ReactNode;
}

export interface CellActions<Row> {
  /** What is behind a cell, whole and exact. */
  textOf(row: Row, column: string): string;
  /** Filters by a cell, as far as there are such. */
  filtersOf(row: Row, column: string): { readonly only?: () => void; readonly not?: () => void };
  rowsAs(rows: readonly Row[], as: CopiedAs): string;
}

/** Few open one, and the window's first scripts do without it. */
const CELL_MENU = createPart<CellMenuProps>(() =>
  import('./grid-cell-menu').then(({ CellMenu }) => CellMenu),
);
function OpenedMenu(props: CellMenuProps) {
  const CellMenu = usePart(CELL_MENU);
  return CellMenu && <CellMenu {...props} />;
}

const HEAD_HEIGHT = 28;
/** Nothing is stored. */
const AS_THEY_COME: Preferences['layout'] = {};
/** Left and right padding, as in data-grid.module.css. */
const SIDES = 2 * 12;
const ROW_HEIGHTS = { dense: 28, comfortable: 36 } as const;

function apply<State>(change: Updater<State>, before: State): State {
  return typeof change === 'function' ? (change as (before: State) => State)(before) : change;
}

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
  cells,
  inCharge = 'always',
  atEnd = false,
  recycled = false,
  children,
}: DataGridProps<Row>) {
  const scroller = useRef<HTMLDivElement>(null);
  const density = usePreference('density');
  const { preferences, messages, fail } = useModel();
  const rowHeight = ROW_HEIGHTS[density];
  const [storedColumns, setStoredColumns] = useStored(`columns:${label}`, AS_THEY_COME);
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
  const ids = useMemo(() => columns.map(({ id = '' }) => id), [columns]);
  const chosen = useMemo(() => readColumnState(storedColumns, ids), [storedColumns, ids]);
  const visible = columns.filter(({ id = '' }) => chosen.columnVisibility[id] !== false);
  const needs = useCellNeeds(scroller, visible.map(({ id }) => id).join(' '), room, data);
  const fitted = fitColumns(
    visible.map(({ id = '', size = 0, meta }) => ({
      size,
      fixed: chosenWidths[id] ?? null,
      grow: meta?.grow ?? 0,
      ...(needs.get(id) ?? NOTHING_YET),
    })),
    room,
  );
  const widthOf = Object.fromEntries(visible.map(({ id = '' }, at) => [id, fitted[at] ?? 0]));
  const choose = (part: Partial<ColumnState>) =>
    setStoredColumns({ ...chosen, ...part } as Preferences['layout']);
  const table = useTable<GridFeatures, Row>({
    features: gridFeatures,
    columns,
    data,
    getRowId: rowKey,
    columnResizeMode: 'onChange',
    // A drag starts from the shown width; only dragged widths are stored.
    state: { columnSizing: widthOf, ...chosen },
    onColumnOrderChange: (change) => choose({ columnOrder: apply(change, chosen.columnOrder) }),
    onColumnVisibilityChange: (change) =>
      choose({ columnVisibility: apply(change, chosen.columnVisibility) }),
    onColumnPinningChange: (change) => choose({ columnPinning: apply(change, chosen.columnPinning) }),
    onColumnSizingChange: (change) => {
      const stored = preferences.store.getState().preferences.layout[`widths:${label}`];
      const before = (stored ?? {}) as ColumnSizingState;
      setChosenWidths(apply(change, before));
    },
  });
  const byKey = new Map(table.getRowModel().rows.map((row) => [row.id, row]));
  const widths = shownColumns(table).map(({ id }) => widthOf[id] ?? 0);
  const template = widths.map((width) => `${width}px`).join(' ');
  const minWidth = widths.reduce((sum, width) => sum + width, 0);
  const pins = chosen.columnPinning.start.filter((id) => widthOf[id] !== undefined);
  const pinsAt = Object.fromEntries(
    pins.map((_, at) => [
      `--pin-${at}`,
      `${pins.slice(0, at).reduce((sum, id) => sum + (widthOf[id] ?? 0), 0)}px`,
    ]),
  );

  const selection = useGridSelection(rows, rowKey);
  const [menu, setMenu] = useState<{ row: Row; column: string; x: number; y: number } | null>(null);
  const openMenu = (index: number, column: string, x: number, y: number, by: 'mouse' | 'key') => {
    const row = rows.rowAt(index);
    if (!row) return;
    // Another row than the selected ones.
    if (by === 'mouse' && !selection.rows.has(rowKey(row))) selection.clear();
    setMenu({ row, column, x, y });
  };
  const latestMenu = useRef(openMenu);
  latestMenu.current = openMenu;
  const onMenu = useCallback((index: number, event: MouseEvent) => {
    const cell = event.target instanceof Element ? event.target.closest('[role="gridcell"]') : null;
    event.preventDefault();
    const column = cell?.getAttribute('data-column') ?? 'id';
    latestMenu.current(index, column, event.clientX, event.clientY, 'mouse');
  }, []);
  const copy = (text: string, said: string) => {
    navigator.clipboard.writeText(text).then(() => messages.emit({ level: 'success', text: said }), fail);
  };
  const selected = [...selection.rows.values()];
  const copyRows = (of: readonly Row[], as: CopiedAs) =>
    cells &&
    copy(
      cells.rowsAs(of, as),
      of.length === 1 ? 'Copied the row.' : `Copied ${groupDigits(of.length)} rows.`,
    );
  const filters = menu && cells?.filtersOf(menu.row, menu.column);

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
    selection: cells && selection,
    onMenu: (index) => {
      const cell = document.getElementById(cursor.domIdOf(index))?.querySelector('[data-column="id"]');
      const box = cell?.getBoundingClientRect();
      if (cells && box) openMenu(index, 'id', box.left, box.bottom, 'key');
    },
  });

  return (
    // biome-ignore lint/a11y/useSemanticElements: a virtual table has rows that are not in the page; ARIA's grid says so, a table cannot.
    <div
      ref={scroller}
      className={classes.scroller}
      role="grid"
      tabIndex={0}
      aria-label={label}
      aria-multiselectable={cells !== undefined || undefined}
      aria-rowcount={rows.count + 1}
      aria-colcount={visible.length}
      aria-activedescendant={cursor.activeId}
      aria-busy={rows.behind || rows.searching === true}
      data-behind={rows.behind || undefined}
      style={{ '--columns': template, '--columns-width': `${minWidth}px`, ...pinsAt } as CSSProperties}
    >
      <GridHeader
        table={table}
        sort={sort}
        onSort={onSort}
        arranged={!recycled}
        onPlace={(id, target) => setStoredColumns({ ...placeColumn(chosen, ids, id, target) })}
        onWidth={(id, width) => setChosenWidths({ ...chosenWidths, [id]: width })}
        onReset={() => {
          setStoredColumns(AS_THEY_COME);
          setChosenWidths({});
        }}
      />
      {/* biome-ignore lint/a11y/useSemanticElements: part of an ARIA grid. */}
      <div className={classes.body} role="rowgroup" style={{ height: viewport.height }}>
        {shown.map(({ index, top, row }) => {
          if (!row)
            return <PlaceholderRow key={`at-${index}`} top={top} index={index} columns={visible.length} />;
          const key = rowKey(row);
          const tableRow = byKey.get(key);
          return tableRow ? (
            <GridRow
              key={recycled ? top : key}
              row={tableRow}
              original={row}
              columns={columns}
              shown={chosen}
              index={index}
              top={top}
              domId={cursor.domIdOf(index)}
              active={cursor.index === index}
              selected={selectedKey !== null && (idOf?.(row) ?? key) === selectedKey}
              picked={selection.rows.has(key)}
              onPick={cursor.pick}
              onMenu={cells && onMenu}
            />
          ) : null;
        })}
      </div>
      {rows.searching && <output className={classes.searching}>Searching…</output>}
      {children}
      {cells && selected.length > 1 && (
        <div className={classes.selection} role="status">
          {groupDigits(selected.length)} selected
          {(['csv', 'json', 'sql'] as const).map((as) => (
            <button key={as} type="button" className={classes.copyAs} onClick={() => copyRows(selected, as)}>
              Copy {as.toUpperCase()}
            </button>
          ))}
          <button type="button" className={classes.copyAs} onClick={selection.clear}>
            Select none
          </button>
        </div>
      )}
      {menu && cells && (
        <OpenedMenu
          x={menu.x}
          y={menu.y}
          text={cells.textOf(menu.row, menu.column)}
          rows={Math.max(1, selected.length)}
          onOnly={filters?.only}
          onNot={filters?.not}
          onOpen={actions.open && (() => actions.open?.(menu.row))}
          onCopy={copy}
          onCopyRows={(as) => copyRows(selected.length > 0 ? selected : [menu.row], as)}
          onClose={() => setMenu(null)}
        />
      )}
    </div>
  );
}
