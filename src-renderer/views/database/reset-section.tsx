import { Modal } from '@mantine/core';
import { useId, useState } from 'react';
import { countOf } from '../../../src-shared/amounts';
import type { DatabaseInfo } from '../../../src-shared/views';
import { useBlocked } from '../../bindings/use-run-now';
import { useLive, useModel, useRoute, useWindow } from '../../bindings/window-context';
import { ActionButton } from '../../components/action-button';
import fieldClasses from '../../components/field.module.css';
import classes from './database-view.module.css';

export function ResetSection({ info }: { readonly info: DatabaseInfo }) {
  const { address } = useWindow();
  const asked = useRoute(({ detail }) => detail === 'reset');
  const occupied = useBlocked();
  const isEmpty = Object.values(info.rows).every((rows) => rows === 0);
  const blocked = occupied ?? (isEmpty ? 'The database is empty' : null);
  return (
    <section className={classes.danger} aria-labelledby="database-reset">
      <div>
        <h2 id="database-reset">Reset database</h2>
        <p className={classes.text}>
          {blocked === null ? 'Starts with an empty database. A backup is made first.' : `${blocked}.`}
        </p>
      </div>
      <ActionButton tone="danger" whyNot={blocked} onClick={() => address.go({ detail: 'reset' })}>
        Reset database…
      </ActionButton>
      <ResetDialog
        opened={asked && blocked === null}
        info={info}
        onClose={() => address.go({ detail: null }, 'replace')}
      />
    </section>
  );
}

const WORD = 'reset';

interface ResetDialogProps {
  readonly opened: boolean;
  readonly info: DatabaseInfo;
  readonly onClose: () => void;
}

/** Names what will be lost and requires a typed word. The focus starts in that field. */
function ResetDialog({ opened, info, onClose }: ResetDialogProps) {
  const { client, fail, messages } = useModel();
  const pending = useLive((state) => state.pending);
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);
  const id = useId();
  const close = () => {
    setTyped('');
    onClose();
  };
  const reset = async () => {
    setBusy(true);
    try {
      const { backup } = await client.call('database.reset', { confirm: WORD });
      close();
      messages.emit({
        level: 'success',
        text:
          backup === null
            ? 'The database was reset. It was empty, so no backup was made.'
            : `The database was reset. What was in it is in the backup ${backup.name}.`,
      });
    } catch (error) {
      fail(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal
      opened={opened}
      onClose={close}
      title="Reset database?"
      centered
      size={460}
      withCloseButton={false}
    >
      <p>This removes:</p>
      <ul className={classes.losses}>
        <li>{countOf(info.rows.accounts, 'account')}</li>
        <li>{countOf(info.rows.accountUpdates, 'update')} in the history</li>
        {pending > 0 && <li>{countOf(pending, 'pending callback')}, which will never fire</li>}
        <li>
          {countOf(info.rows.runs, 'run')} and {countOf(info.rows.rejects, 'rejected record')}
        </li>
      </ul>
      <p className={classes.text}>A backup is made first. You can restore it from this page.</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (typed === WORD && !busy) void reset();
        }}
      >
        <label className={classes.typeLabel} htmlFor={id}>
          Type <strong>{WORD}</strong> to confirm
        </label>
        <input
          id={id}
          data-autofocus
          className={fieldClasses.input}
          value={typed}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <div className={classes.dialogButtons}>
          <ActionButton onClick={close}>Cancel</ActionButton>
          <ActionButton
            tone="danger"
            type="submit"
            whyNot={busy ? 'It is under way' : typed === WORD ? null : `Type ${WORD} first`}
          >
            {busy ? 'Backing up and resetting…' : 'Reset database'}
          </ActionButton>
        </div>
      </form>
    </Modal>
  );
}
