import { IconArrowDown, IconArrowUp, IconDotsVertical } from '@tabler/icons-react';
import { FlexRender, type Header, type ReactTable } from '@tanstack/react-table';
import { type DragEvent, type KeyboardEvent, useState } from 'react';
import { termOf } from '../../src-shared/glossary';
import { isMenuKey } from '../bindings/key-listener';
import { createPart, usePart } from '../bindings/use-part';
import classes from './data-grid.module.css';
import type { ColumnChanges, ColumnMenuProps } from './grid-column-menu';
import { type GridFeatures, type GridSort, pinned, shownColumns } from './grid-model';

interface GridHeaderProps<Row extends object> extends ColumnChanges {
  readonly table: ReactTable<GridFeatures, Row>;
  readonly sort: GridSort | undefined;
  readonly onSort: ((sort: GridSort) => void) | undefined;
  /** A person may choose, order and pin columns. */
  readonly arranged: boolean;
}

export function GridHeader<Row extends object>({ table, ...props }: GridHeaderProps<Row>) {
  return (
    // biome-ignore-start lint/a11y/useSemanticElements: part of an ARIA grid.
    // biome-ignore-start lint/a11y/useFocusableInteractive: the grid has the focus, its rows do not.
    <div className={classes.head} role="rowgroup">
      {table.getHeaderGroups().map((group) => (
        <div key={group.id} className={classes.headRow} role="row" aria-rowindex={1}>
          {group.headers.map((header, at) => (
            <HeaderCell key={header.id} header={header} at={at} table={table} {...props} />
          ))}
        </div>
      ))}
    </div>
    // biome-ignore-end lint/a11y/useFocusableInteractive: see above.
    // biome-ignore-end lint/a11y/useSemanticElements: see above.
  );
}

interface HeaderCellProps<Row extends object> extends GridHeaderProps<Row> {
  readonly header: Header<GridFeatures, Row, unknown>;
  readonly at: number;
}

/** Few open one, and the window's first scripts do without it. */
const MENU = createPart<ColumnMenuProps>(() =>
  import('./grid-column-menu').then(({ ColumnMenu }) => ColumnMenu),
);
function OpenedMenu(props: ColumnMenuProps) {
  const ColumnMenu = usePart(MENU);
  return ColumnMenu && <ColumnMenu {...props} />;
}

/** What is dragged between the heads of columns; a file has another kind. */
const DRAGGED_COLUMN = 'application/x-ingot-column';
const KEY_STEP = 8;
const LEAST_WIDTH = 40;

function HeaderCell<Row extends object>(props: HeaderCellProps<Row>) {
  const { header, at, table, sort, onSort, arranged, onPlace, onWidth, onReset } = props;
  const [opened, setOpened] = useState(false);
  const { column } = header;
  const { align, sortBy } = column.columnDef.meta ?? {};
  const sorted = sort !== undefined && sort.by === sortBy ? sort.direction : null;
  const word = column.columnDef.header;
  const toSort =
    sortBy !== undefined && onSort !== undefined
      ? (direction: GridSort['direction']) => onSort({ by: sortBy, direction })
      : undefined;
  const resize = header.getResizeHandler();

  const onKeyDown = (event: KeyboardEvent) => {
    if (arranged && isMenuKey(event)) {
      event.preventDefault();
      // A key outside of a menu closes it.
      event.stopPropagation();
      setOpened(true);
      return;
    }
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by === undefined || !event.shiftKey || event.altKey || event.metaKey || !arranged) return;
    event.preventDefault();
    event.stopPropagation();
    if (!event.ctrlKey) {
      if (column.getCanResize()) onWidth(column.id, Math.max(LEAST_WIDTH, column.getSize() + by * KEY_STEP));
      return;
    }
    const shown = shownColumns(table);
    const beside = shown[shown.findIndex(({ id }) => id === column.id) + by];
    if (beside) onPlace(column.id, beside.id);
  };
  const onDrop = (event: DragEvent) => {
    const dragged = event.dataTransfer.getData(DRAGGED_COLUMN);
    if (dragged === '' || dragged === column.id) return;
    event.preventDefault();
    event.stopPropagation();
    onPlace(dragged, column.id);
  };
  return (
    // biome-ignore-start lint/a11y/useSemanticElements: part of an ARIA grid.
    // biome-ignore-start lint/a11y/useFocusableInteractive: its button has the focus.
    <div
      className={classes.headCell}
      role="columnheader"
      aria-colindex={at + 1}
      aria-sort={sorted === null ? undefined : sorted === 'asc' ? 'ascending' : 'descending'}
      data-column={column.id}
      data-align={align}
      {...pinned(column)}
      onKeyDown={onKeyDown}
      onContextMenu={(event) => {
        if (!arranged) return;
        event.preventDefault();
        setOpened(true);
      }}
      onDragOver={(event) => {
        if (event.dataTransfer.types.includes(DRAGGED_COLUMN)) event.preventDefault();
      }}
      onDrop={onDrop}
    >
      <button
        type="button"
        className={classes.sort}
        data-sorted={sorted ?? undefined}
        aria-haspopup={arranged ? 'menu' : undefined}
        tabIndex={toSort || arranged ? 0 : -1}
        draggable={arranged}
        onDragStart={(event) => event.dataTransfer.setData(DRAGGED_COLUMN, column.id)}
        // Numbers and times from the top, text from A. What cannot be sorted has its menu.
        onClick={() =>
          toSort
            ? toSort((sorted === null ? align === 'end' : sorted === 'asc') ? 'desc' : 'asc')
            : setOpened(arranged)
        }
      >
        <span
          className={classes.headLabel}
          data-cut={typeof word === 'string' ? 'text' : undefined}
          data-term={typeof word === 'string' ? (termOf(word)?.word ?? undefined) : undefined}
        >
          <FlexRender header={header} />
        </span>
        {toSort &&
          (sorted === 'asc' ? <IconArrowUp size={12} stroke={2} /> : <IconArrowDown size={12} stroke={2} />)}
      </button>
      {arranged && (
        // The keyboard has the menu key on the button.
        <span className={classes.more} onMouseDown={() => setOpened(true)} aria-hidden="true">
          <IconDotsVertical size={13} stroke={2} />
        </span>
      )}
      {opened && (
        <OpenedMenu
          id={column.id}
          isPinned={column.getIsPinned() !== false}
          shown={shownColumns(table).map(({ id }) => id)}
          columns={table.getAllLeafColumns().map(({ id, columnDef }) => ({
            id,
            name: typeof columnDef.header === 'string' ? columnDef.header : id,
          }))}
          onPin={(pin) => column.pin(pin ? 'start' : false)}
          onFit={() => column.resetSize()}
          onShow={(id, on) => table.getColumn(id)?.toggleVisibility(on)}
          onSort={toSort}
          onPlace={onPlace}
          onReset={onReset}
          onClose={() => setOpened(false)}
        />
      )}
      {column.getCanResize() && (
        <span
          className={classes.resize}
          data-resizing={column.getIsResizing() || undefined}
          onMouseDown={resize}
          onTouchStart={resize}
          onDoubleClick={() => column.resetSize()}
          aria-hidden="true"
        />
      )}
    </div>
    // biome-ignore-end lint/a11y/useFocusableInteractive: see above.
    // biome-ignore-end lint/a11y/useSemanticElements: see above.
  );
}
