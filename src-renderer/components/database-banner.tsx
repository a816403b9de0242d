import { IconBox, IconDatabaseExclamation, IconEye } from '@tabler/icons-react';
import { useStore } from 'zustand';
import { toPrintable } from '../../src-shared/printable';
import { useEnterSpace } from '../bindings/use-enter-space';
import { useBlocked } from '../bindings/use-run-now';
import { useModel, usePreference } from '../bindings/window-context';
import { formatSecond } from '../format/times';
import { spaceOf } from '../stores/database';
import { ActionButton } from './action-button';
import classes from './connection-banner.module.css';

/** Shown while a lost database is reopened, or when it is open read-only. */
export function DatabaseBanner() {
  const state = useStore(useModel().database.store, (now) => now.state);
  const zone = usePreference('timeZone');
  const enter = useEnterSpace();
  const blocked = useBlocked();
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
  const space = spaceOf(state);
  if (space !== null) {
    return (
      <div className={classes.banner} data-tone="plain" role="status">
        <IconBox size={16} stroke={1.75} aria-hidden="true" />
        <strong>Space {space}.</strong>
        <span className={classes.fill}>
          This window shows what was played in it, apart from everything else.
        </span>
        <ActionButton whyNot={blocked} onClick={() => enter(null)}>
          Back to main
        </ActionButton>
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
