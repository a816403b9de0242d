import { IconArrowsDiff, IconTrash } from '@tabler/icons-react';
import { useCallback } from 'react';
import { useStore } from 'zustand';
import { countOf } from '../../../src-shared/amounts';
import { fileName } from '../../../src-shared/printable';
import { MAIN_SPACE, type SpaceInfo } from '../../../src-shared/spaces';
import { useEnterSpace } from '../../bindings/use-enter-space';
import { useResource } from '../../bindings/use-resource';
import { useBlocked } from '../../bindings/use-run-now';
import { useModel, useWindow } from '../../bindings/window-context';
import { ActionButton } from '../../components/action-button';
import { confirmAction } from '../../components/confirm-action';
import { formatBytes } from '../../format/integers';
import { formatSides } from '../../stores/compared';
import { spaceOf } from '../../stores/database';
import classes from './database-view.module.css';

/** Where runs were played apart. */
export function Spaces() {
  const { client, database, fail, messages } = useModel();
  const { address } = useWindow();
  const open = useStore(database.store, ({ state }) => spaceOf(state));
  const blocked = useBlocked();
  const enter = useEnterSpace();
  const load = useCallback(() => client.call('database.spaces', {}), [client]);
  const { value: spaces, error, reload } = useResource(load, ['runs', 'database', 'everything']);
  const remove = ({ name, updates, runs }: SpaceInfo) =>
    confirmAction({
      title: `Delete the space ${name}?`,
      text: `${countOf(updates, 'update')} of ${countOf(runs, 'run')} will be lost. No backup is made.`,
      confirm: 'Delete space',
      onConfirm: () => {
        client.call('database.deleteSpace', { name }).then(() => {
          messages.emit({ level: 'success', text: `The space ${name} is deleted.` });
          reload();
        }, fail);
      },
    });
  return (
    <section className={classes.section} aria-labelledby="database-spaces">
      <h2 id="database-spaces">Spaces</h2>
      {error !== null && spaces === null && <p className={classes.text}>{error.message}</p>}
      {spaces?.length === 0 && (
        <p className={classes.text}>
          None yet. A run that starts in its own space is kept apart from everything else here, and can be
          compared.
        </p>
      )}
      {spaces !== null && spaces.length > 0 && (
        <ul className={classes.backups} aria-label="Spaces">
          {open !== null && (
            <li className={classes.space}>
              <span className={classes.backupName}>{MAIN_SPACE}</span>
              <ActionButton whyNot={blocked} onClick={() => enter(null)}>
                Open
              </ActionButton>
            </li>
          )}
          {spaces.map((space) => (
            <li key={space.name} className={classes.space} aria-label={space.name}>
              <span className={classes.backupName}>
                {space.name}{' '}
                <span className={classes.backupWhy}>
                  {space.source === null ? 'no run' : `of ${fileName(space.source)}`}
                  {space.name === open && ', open now'}
                </span>
              </span>
              <span className={classes.backupRows}>{countOf(space.updates, 'update')}</span>
              <span className={classes.backupSize}>{formatBytes(space.sizeBytes)}</span>
              <span className={classes.backupActions}>
                <ActionButton
                  icon={IconArrowsDiff}
                  aria-label={`Compare ${space.name}`}
                  data-tip="Its last run with the last one here"
                  whyNot={space.name === open ? 'It is open: compare another one with it' : null}
                  onClick={() =>
                    address.go({ view: 'compare', detail: formatSides('last', `${space.name}/last`) })
                  }
                >
                  Compare
                </ActionButton>
                <ActionButton
                  aria-label={`Open ${space.name}`}
                  whyNot={space.name === open ? 'It is open' : blocked}
                  onClick={() => enter(space.name)}
                >
                  Open
                </ActionButton>
                <ActionButton
                  tone="quiet"
                  icon={IconTrash}
                  aria-label={`Delete ${space.name}`}
                  data-tip="Delete this space"
                  whyNot={space.name === open ? 'It is open: go back to main first' : blocked}
                  onClick={() => remove(space)}
                />
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
