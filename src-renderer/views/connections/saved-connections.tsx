import { IconPencil, IconPlugConnected, IconTrash } from '@tabler/icons-react';
import type { SavedConnection } from '../../../src-shared/connections';
import { toPrintable } from '../../../src-shared/printable';
import { ActionButton } from '../../components/action-button';
import { addressOfConnection, formOfConnection, KIND_NAMES } from '../../stores/connection-form';
import classes from './connections-view.module.css';

interface SavedConnectionsProps {
  readonly saved: readonly SavedConnection[];
  readonly readOnly: string | null;
  readonly onConnect: (saved: SavedConnection) => void;
  readonly onEdit: (saved: SavedConnection) => void;
  readonly onForget: (saved: SavedConnection) => void;
}

export function SavedConnections({ saved, readOnly, onConnect, onEdit, onForget }: SavedConnectionsProps) {
  return (
    <ul className={classes.saved} aria-label="Saved connections">
      {saved.map((one) => {
        const name = toPrintable(one.name);
        return (
          <li key={one.name} aria-label={name}>
            <strong className={classes.savedName}>
              <bdi>{name}</bdi>
            </strong>
            <span className={classes.kind}>{KIND_NAMES[one.connection.kind]}</span>
            <bdi className={classes.address} data-cut="text">
              {toPrintable(addressOfConnection(one.connection))}
            </bdi>
            <span className={classes.rowActions}>
              <ActionButton icon={IconPlugConnected} whyNot={readOnly} onClick={() => onConnect(one)}>
                Connect
              </ActionButton>
              <ActionButton
                tone="quiet"
                icon={IconPencil}
                aria-label={`Edit ${name}`}
                data-tip="Edit, and save it under the same or another name"
                whyNot={
                  formOfConnection(one.connection, one.settings) === null ? 'The command line made it' : null
                }
                onClick={() => onEdit(one)}
              />
              <ActionButton
                tone="quiet"
                icon={IconTrash}
                aria-label={`Delete ${name}`}
                data-tip="Delete it from this list"
                onClick={() => onForget(one)}
              />
            </span>
          </li>
        );
      })}
    </ul>
  );
}
