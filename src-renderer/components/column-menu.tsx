import { Menu } from '@mantine/core';
import type { Header, ReactTable } from '@tanstack/react-table';
import classes from './data-grid.module.css';
import { type GridFeatures, type GridSort, shownColumns } from './grid-model';

export interface ColumnChanges {
  /** A column takes the place of another. */
  readonly onPlace: (id: string, target: string) => void;
  /** In CSS pixels. */
  readonly onWidth: (id: string, width: number) => void;
  /** Columns and widths as they come. */
  readonly onReset: () => void;
}

interface ColumnMenuProps<Row extends object> extends Pick<ColumnChanges, 'onPlace' | 'onReset'> {
  readonly header: Header<GridFeatures, Row, unknown>;
  readonly table: ReactTable<GridFeatures, Row>;
  readonly onSort: ((direction: GridSort['direction']) => void) | undefined;
  readonly onClose: () => void;
}

/** What can be done with one column of a table, and which columns it has. */
export function ColumnMenu<Row extends object>(props: ColumnMenuProps<Row>) {
  const { header, table, onSort, onPlace, onReset, onClose } = props;
  const { column } = header;
  const shown = shownColumns(table);
  const at = shown.findIndex(({ id }) => id === column.id);
  const [before, after] = [shown[at - 1]?.id, shown[at + 1]?.id];
  const pinned = column.getIsPinned() !== false;
  return (
    <Menu
      opened
      onChange={(opened) => !opened && onClose()}
      position="bottom-start"
      offset={0}
      returnFocus
      transitionProps={{ duration: 0 }}
    >
      <Menu.Target>
        <span className={classes.menuAnchor} />
      </Menu.Target>
      <Menu.Dropdown className={classes.menu}>
        {onSort && (
          <>
            <Menu.Item onClick={() => onSort('asc')}>Sort ascending</Menu.Item>
            <Menu.Item onClick={() => onSort('desc')}>Sort descending</Menu.Item>
          </>
        )}
        <Menu.Item onClick={() => column.pin(pinned ? false : 'start')}>
          {pinned ? 'Unpin' : 'Pin to the left'}
        </Menu.Item>
        <Menu.Item disabled={before === undefined} onClick={() => before && onPlace(column.id, before)}>
          Move left
        </Menu.Item>
        <Menu.Item disabled={after === undefined} onClick={() => after && onPlace(column.id, after)}>
          Move right
        </Menu.Item>
        <Menu.Item onClick={() => column.resetSize()}>Fit to content</Menu.Item>
        <Menu.Item disabled={shown.length === 1} onClick={() => column.toggleVisibility(false)}>
          Hide
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>Columns</Menu.Label>
        {table.getAllLeafColumns().map((each) => (
          <Menu.CheckboxItem
            key={each.id}
            checked={each.getIsVisible()}
            disabled={each.getIsVisible() && shown.length === 1}
            onChange={(on) => each.toggleVisibility(on)}
          >
            {typeof each.columnDef.header === 'string' ? each.columnDef.header : each.id}
          </Menu.CheckboxItem>
        ))}
        <Menu.Divider />
        <Menu.Item onClick={onReset}>Reset columns</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
