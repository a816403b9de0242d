import { useState } from 'react';
import type { DatabaseInfo } from '../../../src-shared/views';
import { useLive } from '../../bindings/session-context';
import { ActionButton } from '../../components/action-button';
import { isActive, RUN_UNDER_WAY } from '../../stores/progress';
import classes from './database-view.module.css';
import { ResetDialog } from './reset-dialog';

export function ResetSection({ info }: { readonly info: DatabaseInfo }) {
  const [open, setOpen] = useState(false);
  const underWay = useLive((state) => state.status !== null && isActive(state.status.state));
  return (
    <section className={classes.danger} aria-labelledby="database-reset">
      <div>
        <h2 id="database-reset">Reset database</h2>
        <p className={classes.text}>
          {underWay
            ? 'A run is under way. Stop it before you reset the database.'
            : 'Starts afresh with an empty database. A backup is made first.'}
        </p>
      </div>
      <ActionButton tone="danger" whyNot={underWay ? RUN_UNDER_WAY : null} onClick={() => setOpen(true)}>
        Reset database…
      </ActionButton>
      <ResetDialog opened={open} info={info} onClose={() => setOpen(false)} />
    </section>
  );
}
