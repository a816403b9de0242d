import { useState } from 'react';
import type { DatabaseInfo } from '../../../src-shared/views';
import { useBlocked } from '../../bindings/use-run-now';
import { ActionButton } from '../../components/action-button';
import classes from './database-view.module.css';
import { ResetDialog } from './reset-dialog';

export function ResetSection({ info }: { readonly info: DatabaseInfo }) {
  const [open, setOpen] = useState(false);
  const blocked = useBlocked();
  return (
    <section className={classes.danger} aria-labelledby="database-reset">
      <div>
        <h2 id="database-reset">Reset database</h2>
        <p className={classes.text}>
          {blocked === null ? 'Starts afresh with an empty database. A backup is made first.' : `${blocked}.`}
        </p>
      </div>
      <ActionButton tone="danger" whyNot={blocked} onClick={() => setOpen(true)}>
        Reset database…
      </ActionButton>
      <ResetDialog opened={open} info={info} onClose={() => setOpen(false)} />
    </section>
  );
}
