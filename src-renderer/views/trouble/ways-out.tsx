import { IconFolderOpen, IconRefresh, IconSquarePlus } from '@tabler/icons-react';
import { type ReactNode, useId, useState } from 'react';
import { useStore } from 'zustand';
import type { DatabaseState, OpeningTrouble, TroubleKind } from '../../../src-shared/database-state';
import { useModel } from '../../bindings/window-context';
import { ActionButton } from '../../components/action-button';
import { confirmAction } from '../../components/confirm-action';
import fieldClasses from '../../components/field.module.css';
import { TroubleBackups } from './trouble-backups';
import classes from './trouble-view.module.css';

const FIRST_STEPS: Partial<Record<TroubleKind, string>> = {
  held: 'Close that program first. Nothing is taken from it.',
  disk_full: 'Free some disk space first. Then open it here, and press Resume to continue the run.',
  gone: 'Put the directory back first.',
  not_writable: 'Make the directory readable and writable first.',
  schema_newer: 'Or start the newer Ingot that made it.',
};

/** Harmless actions first; each says exactly what it does. */
export function WaysOut({ trouble }: { readonly trouble: OpeningTrouble }) {
  const { client, database, fail } = useModel();
  const [busy, setBusy] = useState(false);
  const act = async (work: () => Promise<DatabaseState>) => {
    setBusy(true);
    try {
      database.put(await work());
    } catch (error) {
      fail(error);
    } finally {
      setBusy(false);
    }
  };
  const startAfresh = (backupId: string | null) =>
    act(async () => (await client.call('database.startAfresh', { backupId })).state);
  const whyNot = busy ? 'The last request is under way' : null;
  const { kind, dataDir, canStartAfresh } = trouble;
  return (
    <ul className={classes.ways} aria-label="What you can do">
      <Way title="Try again" text={FIRST_STEPS[kind] ?? 'Looks whether it can be opened now.'}>
        <ActionButton
          tone="main"
          icon={IconRefresh}
          whyNot={whyNot}
          onClick={() => void act(() => client.call('database.tryAgain', {}))}
        >
          Try again
        </ActionButton>
      </Way>
      {kind !== 'held' && dataDir !== null && (
        <OtherDirectory
          whyNot={whyNot}
          onOpen={(other) => void act(() => client.call('database.openOther', { dataDir: other }))}
        />
      )}
      {canStartAfresh && (
        <>
          <Way
            title="Start afresh"
            text="Moves the database into a directory beside it, and opens an empty one."
          >
            <ActionButton
              icon={IconSquarePlus}
              whyNot={whyNot}
              onClick={() =>
                confirmAction({
                  title: 'Start afresh?',
                  text: `The database in ${dataDir} is moved into a directory beside it whose name begins with pg.aside. Nothing is deleted. The database that opens then is empty.`,
                  confirm: 'Move aside and start afresh',
                  onConfirm: () => void startAfresh(null),
                })
              }
            >
              Start afresh…
            </ActionButton>
          </Way>
          <Way
            title="Restore a backup"
            text="Moves the database aside in the same way, then restores a backup."
          >
            <TroubleBackups whyNot={whyNot} onRestore={(backupId) => void startAfresh(backupId)} />
          </Way>
        </>
      )}
    </ul>
  );
}

interface WayProps {
  readonly title: string;
  readonly text: string;
  readonly children: ReactNode;
}

function Way({ title, text, children }: WayProps) {
  return (
    <li className={classes.way}>
      <div className={classes.wayText}>
        <h2>{title}</h2>
        <p>{text}</p>
      </div>
      {children}
    </li>
  );
}

/** By the system's dialog if there is one, otherwise by its path. */
function OtherDirectory({
  whyNot,
  onOpen,
}: {
  /** Why it is disabled; null if enabled. */
  readonly whyNot: string | null;
  readonly onOpen: (dataDir: string) => void;
}) {
  const { client, app, fail } = useModel();
  const dialogs = useStore(app, (info) => info?.capabilities.nativeDialogs === true);
  const [path, setPath] = useState('');
  const id = useId();
  const choose = async () => {
    try {
      const chosen = await client.call('database.chooseDirectory', {});
      if (chosen !== null) onOpen(chosen);
    } catch (error) {
      fail(error);
    }
  };
  return (
    <Way
      title="Open another directory"
      text="One that holds a database of Ingot’s, or an empty one. It is used for this session only."
    >
      {dialogs ? (
        <ActionButton icon={IconFolderOpen} whyNot={whyNot} onClick={() => void choose()}>
          Choose…
        </ActionButton>
      ) : (
        <form
          className={classes.other}
          onSubmit={(event) => {
            event.preventDefault();
            if (path.trim() !== '' && whyNot === null) onOpen(path.trim());
          }}
        >
          <label htmlFor={id} className="visually-hidden">
            Path of the directory
          </label>
          <input
            id={id}
            className={fieldClasses.input}
            value={path}
            placeholder="Its whole path"
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => setPath(event.currentTarget.value)}
          />
          <ActionButton type="submit" whyNot={whyNot ?? (path.trim() === '' ? 'Type the path first' : null)}>
            Open
          </ActionButton>
        </form>
      )}
    </Way>
  );
}
