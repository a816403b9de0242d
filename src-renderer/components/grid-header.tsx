import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import { FlexRender, type Header, type ReactTable } from '@tanstack/react-table';
import { termOf } from '../../src-shared/glossary';
import classes from './data-grid.module.css';
import type { GridFeatures, GridSort } from './grid-model';

interface GridHeaderProps<Row extends object> {
  readonly table: ReactTable<GridFeatures, Row>;
  readonly sort: GridSort | undefined;
  readonly onSort: ((sort: GridSort) => void) | undefined;
}

export function GridHeader<Row extends object>({ table, sort, onSort }: GridHeaderProps<Row>) {
  return (
    // biome-ignore-start lint/a11y/useSemanticElements: part of an ARIA grid.
    // biome-ignore-start lint/a11y/useFocusableInteractive: the grid has the focus, its rows do not.
    <div className={classes.head} role="rowgroup">
      {table.getHeaderGroups().map((group) => (
        <div key={group.id} className={classes.headRow} role="row" aria-rowindex={1}>
          {group.headers.map((header, at) => (
            <HeaderCell key={header.id} header={header} at={at} sort={sort} onSort={onSort} />
          ))}
        </div>
      ))}
    </div>
    // biome-ignore-end lint/a11y/useFocusableInteractive: see above.
    // biome-ignore-end lint/a11y/useSemanticElements: see above.
  );
}

interface HeaderCellProps<Row extends object> {
  readonly header: Header<GridFeatures, Row, unknown>;
  readonly at: number;
  readonly sort: GridSort | undefined;
  readonly onSort: ((sort: GridSort) => void) | undefined;
}

function HeaderCell<Row extends object>({ header, at, sort, onSort }: HeaderCellProps<Row>) {
  const { align, sortBy } = header.column.columnDef.meta ?? {};
  const sorted = sort !== undefined && sort.by === sortBy ? sort.direction : null;
  const word = header.column.columnDef.header;
  const label = (
    <span
      className={classes.headLabel}
      data-cut={typeof word === 'string' ? 'text' : undefined}
      data-term={typeof word === 'string' ? (termOf(word)?.word ?? undefined) : undefined}
    >
      <FlexRender header={header} />
    </span>
  );
  const resize = header.getResizeHandler();
  return (
    // biome-ignore-start lint/a11y/useSemanticElements: part of an ARIA grid.
    // biome-ignore-start lint/a11y/useFocusableInteractive: its button has the focus.
    <div
      className={classes.headCell}
      role="columnheader"
      aria-colindex={at + 1}
      aria-sort={sorted === null ? undefined : sorted === 'asc' ? 'ascending' : 'descending'}
      data-align={align}
    >
      {sortBy !== undefined && onSort !== undefined ? (
        <button
          type="button"
          className={classes.sort}
          data-sorted={sorted ?? undefined}
          // Numbers and times from the top, text from A.
          onClick={() =>
            onSort({
              by: sortBy,
              direction: (sorted === null ? align === 'end' : sorted === 'asc') ? 'desc' : 'asc',
            })
          }
        >
          {label}
          {sorted === 'asc' ? <IconArrowUp size={12} stroke={2} /> : <IconArrowDown size={12} stroke={2} />}
        </button>
      ) : (
        label
      )}
      {header.column.getCanResize() && (
        <span
          className={classes.resize}
          data-resizing={header.column.getIsResizing() || undefined}
          onMouseDown={resize}
          onTouchStart={resize}
          onDoubleClick={() => header.column.resetSize()}
          aria-hidden="true"
        />
      )}
    </div>
    // biome-ignore-end lint/a11y/useFocusableInteractive: see above.
    // biome-ignore-end lint/a11y/useSemanticElements: see above.
  );
}
