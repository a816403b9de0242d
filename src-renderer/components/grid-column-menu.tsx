import { Menu } from '@mantine/core';
import classes from './data-grid.module.css';
import type { GridSort } from './grid-model';

export interface ColumnChanges {
  /** A column takes the place of another. */
  readonly onPlace: (id: string, target: string) => void;
  /** In CSS pixels. */
  readonly onWidth: (id: string, width: number) => void;
  /** Columns and widths as they come. */
  readonly onReset: () => void;
}

export interface ColumnMenuProps extends Pick<ColumnChanges, 'onPlace' | 'onReset'> {
  /** The menu is that of this column. */
  readonly id: string;
  readonly isPinned: boolean;
  /** As shown, from the left. */
  readonly shown: readonly string[];
  readonly columns: readonly { readonly id: string; readonly name: string }[];
  readonly onPin: (pinned: boolean) => void;
  readonly onFit: () => void;
  readonly onShow: (id: string, shown: boolean) => void;
  readonly onSort: ((direction: GridSort['direction']) => void) | undefined;
  readonly onClose: () => void;
}

/** What can be done with one column of a table, and which columns it has. */
export function ColumnMenu(props: ColumnMenuProps) {
  const { id, isPinned, shown, columns, onPin, onFit, onShow, onSort, onPlace, onReset, onClose } = props;
  const at = shown.indexOf(id);
  const [before, after] = [shown[at - 1], shown[at + 1]];
  return (
    <Menu opened onChange={(opened) => !opened && onClose()}>
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
        <Menu.Item onClick={() => onPin(!isPinned)}>{isPinned ? 'Unpin' : 'Pin to the left'}</Menu.Item>
        <Menu.Item disabled={before === undefined} onClick={() => before && onPlace(id, before)}>
          Move left
        </Menu.Item>
        <Menu.Item disabled={after === undefined} onClick={() => after && onPlace(id, after)}>
          Move right
        </Menu.Item>
        <Menu.Item onClick={onFit}>Fit to content</Menu.Item>
        <Menu.Item disabled={shown.length === 1} onClick={() => onShow(id, false)}>
          Hide
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>Columns</Menu.Label>
        {columns.map((each) => (
          <Menu.CheckboxItem
            key={each.id}
            checked={shown.includes(each.id)}
            disabled={shown.length === 1 && shown.includes(each.id)}
            onChange={(on) => onShow(each.id, on)}
          >
            {each.name}
          </Menu.CheckboxItem>
        ))}
        <Menu.Divider />
        <Menu.Item onClick={onReset}>Reset columns</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
