import { IconHistoryOff } from '@tabler/icons-react';
import { useState } from 'react';
import { useStore } from 'zustand';
import { countOf, groupDigits } from '../../src-shared/amounts';
import type { Setback } from '../../src-shared/database-state';
import { useOfferedRun } from '../bindings/use-offered-run';
import { useModel, usePreference, useWindow } from '../bindings/window-context';

import { formatExact } from '../format/times';
import { ActionButton } from './action-button';
import classes from './connection-banner.module.css';

/** Shown after a start at which acknowledged updates were missing. */
export function SetbackBanner() {
  const { database } = useModel();
  const { run } = useWindow();
  const zone = usePreference('timeZone');
  const offered = useOfferedRun();
  const setback = useStore(database.store, ({ state }) => (state?.phase === 'open' ? state.setback : null));
  const [dismissed, setDismissed] = useState<number | null>(null);
  if (setback === null || setback.acknowledgedAtMs === dismissed) return null;
  return (
    <div className={classes.banner} data-tone="warning" role="alert">
      <IconHistoryOff size={16} stroke={1.75} aria-hidden="true" />
      <strong>The database is missing acknowledged updates.</strong>
      <span className={classes.fill}>
        {describeMissing(setback)} It had them at {formatExact(setback.acknowledgedAtMs, zone)}.
      </span>
      {offered !== null && <ActionButton onClick={() => run('run.takeUp')}>Resume the run</ActionButton>}
      <ActionButton onClick={() => run('view.database')}>Restore a backup…</ActionButton>
      <ActionButton tone="quiet" onClick={() => setDismissed(setback.acknowledgedAtMs)}>
        Dismiss
      </ActionButton>
    </div>
  );
}

function describeMissing({ missingUpdates, missingRuns }: Setback): string {
  if (missingUpdates === null) return 'What came after its last reset or restore is missing.';
  const parts = [
    ...(missingUpdates === '0'
      ? []
      : [`${groupDigits(missingUpdates)} ${missingUpdates === '1' ? 'update' : 'updates'}`]),
    ...(missingRuns === 0 ? [] : [countOf(missingRuns, 'run')]),
  ];
  const one = missingUpdates === '1' ? missingRuns === 0 : missingUpdates === '0' && missingRuns === 1;
  return `${parts.join(' and ')} ${one ? 'is' : 'are'} missing.`;
}
