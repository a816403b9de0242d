import { IconDatabaseExclamation, IconEye } from '@tabler/icons-react';
import { useStore } from 'zustand';
import { toPrintable } from '../../src-shared/printable';
import { useModel, usePreference } from '../bindings/window-context';
import { formatSecond } from '../format/times';
import classes from './connection-banner.module.css';

/** Shown while a lost database is reopened, or when it is open read-only. */
export function DatabaseBanner() {
  const state = useStore(useModel().database.store, (now) => now.state);
  const zone = usePreference('timeZone');
  if (state?.phase === 'open' && state.readOnly) {
    const { heldBy } = state.readOnly;
    return (
      <div className={classes.banner} data-tone="plain" role="status">
        <IconEye size={16} stroke={1.75} aria-hidden="true" />
        <strong>Read-only.</strong>
        <span className={classes.fill}>
          {heldBy === null
            ? 'No Ingot holds the database now.'
            : `${toPrintable(heldBy.name)} has held the database since ${formatSecond(heldBy.sinceMs, zone)}.`}{' '}
          This window shows what is in it and changes nothing.
        </span>
      </div>
    );
  }
  if (state?.phase !== 'opening' || state.lost === null) return null;
  return (
    <div className={classes.banner} role="alert">
      <IconDatabaseExclamation size={16} stroke={1.75} aria-hidden="true" />
      <strong>The database was lost.</strong>
      <span className={classes.why}>{state.lost}</span>
      <span className={classes.waits}>Opening it again. A run resumes from its checkpoint.</span>
    </div>
  );
}
