import { IconDatabaseExclamation } from '@tabler/icons-react';
import { useStore } from 'zustand';
import { useSession } from '../bindings/session-context';
import classes from './connection-banner.module.css';

/** Over every view while a lost database is opened again: what happened, and what happens now. */
export function DatabaseBanner() {
  const state = useStore(useSession().database.store, (now) => now.state);
  if (state?.phase !== 'opening' || state.lost === null) return null;
  return (
    <div className={classes.banner} role="alert">
      <IconDatabaseExclamation size={16} stroke={1.75} aria-hidden="true" />
      <strong>The database was lost.</strong>
      <span className={classes.why}>{state.lost}</span>
      <span className={classes.waits}>Opening it again. A run goes on by itself from its checkpoint.</span>
    </div>
  );
}
