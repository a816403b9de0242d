import { Menu, Portal } from '@mantine/core';
import { cutId, toPrintable } from '../../src-shared/printable';
import type { CopiedAs } from '../format/cells';
import classes from './data-grid.module.css';

export interface CellMenuProps {
  /** In CSS pixels from the corner of the window. */
  readonly x: number;
  readonly y: number;
  /** What is behind the cell. */
  readonly text: string;
  readonly rows: number;
  readonly onOnly: (() => void) | undefined;
  readonly onNot: (() => void) | undefined;
  readonly onOpen: (() => void) | undefined;
  readonly onCopy: (text: string, said: string) => void;
  readonly onCopyRows: (as: CopiedAs) => void;
  readonly onClose: () => void;
}

/** What can be done with one cell, and with the rows that are selected. */
export function CellMenu(props: CellMenuProps) {
  const { x, y, text, rows, onOnly, onNot, onOpen, onCopy, onCopyRows, onClose } = props;
  const these = rows === 1 ? 'row' : `${rows} rows`;
  const shown = cutId(toPrintable(text));
  return (
    <Portal>
      <Menu opened onChange={(opened) => !opened && onClose()}>
        <Menu.Target>
          <span style={{ position: 'fixed', left: x, top: y }} />
        </Menu.Target>
        <Menu.Dropdown className={classes.menu}>
          {text !== '' && <Menu.Label>{shown}</Menu.Label>}
          <Menu.Item disabled={!onOnly} onClick={onOnly}>
            Only this
          </Menu.Item>
          <Menu.Item disabled={!onNot} onClick={onNot}>
            Not this
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item disabled={text === ''} onClick={() => onCopy(text, 'Copied the value.')}>
            Copy value
          </Menu.Item>
          <Menu.Item onClick={() => onCopyRows('csv')}>Copy {these} as CSV</Menu.Item>
          <Menu.Item onClick={() => onCopyRows('json')}>Copy {these} as JSON</Menu.Item>
          <Menu.Item onClick={() => onCopyRows('sql')}>
            Copy SQL that finds {rows === 1 ? 'it' : 'them'}
          </Menu.Item>
          {onOpen && (
            <>
              <Menu.Divider />
              <Menu.Item onClick={onOpen}>Open in inspector</Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
    </Portal>
  );
}
