import { FlexRender, type Row as TableRow } from '@tanstack/react-table';
import { type MouseEvent, memo } from 'react';
import classes from './data-grid.module.css';
import { type GridColumn, type GridFeatures, pinned } from './grid-model';

interface GridRowProps<Row extends object> {
  /** A new object after every fetch, so its identity says nothing. */
  readonly row: TableRow<GridFeatures, Row>;
  readonly original: Row;
  readonly columns: readonly GridColumn<Row>[];
  /** Another object when other columns are shown, or in another order. */
  readonly shown: object;
  readonly index: number;
  readonly top: number;
  readonly domId: string;
  readonly active: boolean;
  readonly selected: boolean;
  /** Selected with others. */
  readonly picked: boolean;
  readonly onPick: (index: number, event: MouseEvent) => void;
  readonly onMenu: ((index: number, event: MouseEvent) => void) | undefined;
}

function DrawnRow<Row extends object>({
  row,
  index,
  top,
  domId,
  active,
  selected,
  picked,
  onPick,
  onMenu,
}: GridRowProps<Row>) {
  return (
    // biome-ignore-start lint/a11y/useSemanticElements: part of an ARIA grid.
    // biome-ignore-start lint/a11y/useFocusableInteractive: the grid has the focus and names the row.
    // biome-ignore-start lint/a11y/useKeyWithClickEvents: the grid hears the keys.
    <div
      id={domId}
      className={classes.row}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selected || picked}
      data-picked={picked || undefined}
      data-active={active || undefined}
      style={{ transform: `translateY(${top}px)` }}
      onClick={(event) => onPick(index, event)}
      // Shift selects rows, not the text between.
      onMouseDown={(event) => event.shiftKey && event.preventDefault()}
      onContextMenu={onMenu && ((event) => onMenu(index, event))}
    >
      {row.getVisibleCells().map((cell, at) => (
        <div
          key={cell.id}
          className={classes.cell}
          role="gridcell"
          aria-colindex={at + 1}
          data-column={cell.column.id}
          data-align={cell.column.columnDef.meta?.align}
          {...pinned(cell.column)}
        >
          <FlexRender cell={cell} />
        </div>
      ))}
    </div>
    // biome-ignore-end lint/a11y/useKeyWithClickEvents: see above.
    // biome-ignore-end lint/a11y/useFocusableInteractive: see above.
    // biome-ignore-end lint/a11y/useSemanticElements: see above.
  );
}

export const GridRow = memo(
  DrawnRow,
  (before, now) =>
    before.original === now.original &&
    before.columns === now.columns &&
    before.shown === now.shown &&
    before.index === now.index &&
    before.top === now.top &&
    before.domId === now.domId &&
    before.active === now.active &&
    before.selected === now.selected &&
    before.picked === now.picked &&
    before.onMenu === now.onMenu &&
    before.onPick === now.onPick,
) as typeof DrawnRow;

export const PlaceholderRow = memo(function PlaceholderRow({
  top,
  index,
  columns,
}: {
  readonly top: number;
  readonly index: number;
  readonly columns: number;
}) {
  return (
    // biome-ignore-start lint/a11y/useSemanticElements: part of an ARIA grid.
    // biome-ignore-start lint/a11y/useFocusableInteractive: nothing to focus yet.
    <div
      className={classes.row}
      role="row"
      aria-rowindex={index + 2}
      data-placeholder
      style={{ transform: `translateY(${top}px)` }}
    >
      {Array.from({ length: columns }, (_, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: places, not things: they never change their order.
        <div key={at} className={classes.cell} role="gridcell">
          <span className={classes.ghost} />
        </div>
      ))}
    </div>
    // biome-ignore-end lint/a11y/useFocusableInteractive: see above.
    // biome-ignore-end lint/a11y/useSemanticElements: see above.
  );
});
