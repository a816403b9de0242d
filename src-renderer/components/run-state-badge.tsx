import {
  type Icon,
  IconAlertTriangle,
  IconCircleCheck,
  IconClockPause,
  IconHourglass,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlayerStop,
} from '@tabler/icons-react';
import type { RunState } from '../../src-shared/update';
import classes from './run-state-badge.module.css';

const ICONS: Readonly<Record<RunState, Icon>> = {
  running: IconPlayerPlay,
  paused: IconPlayerPause,
  draining: IconHourglass,
  completed: IconCircleCheck,
  failed: IconAlertTriangle,
  stopped: IconPlayerStop,
  interrupted: IconClockPause,
};

/** Amber for a warning, red for a failure. */
export function RunStateBadge({ state }: { readonly state: RunState }) {
  const Icon = ICONS[state];
  return (
    <span className={classes.badge} data-state={state}>
      <Icon size={14} stroke={1.75} aria-hidden="true" />
      {state}
    </span>
  );
}
