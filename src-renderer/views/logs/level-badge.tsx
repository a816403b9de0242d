import {
  type Icon,
  IconAlertTriangle,
  IconBolt,
  IconBug,
  IconDots,
  IconExclamationCircle,
  IconInfoCircle,
} from '@tabler/icons-react';
import { memo } from 'react';
import type { EntryLevel } from '../../../src-shared/logs';
import classes from './level-badge.module.css';

const ICONS: Readonly<Record<EntryLevel, Icon>> = {
  trace: IconDots,
  debug: IconBug,
  info: IconInfoCircle,
  warn: IconAlertTriangle,
  error: IconExclamationCircle,
  fatal: IconBolt,
};

/** Amber for a warning, red for a failure, grey for the rest. */
export const LevelBadge = memo(function LevelBadge({ level }: { readonly level: EntryLevel }) {
  const Icon = ICONS[level];
  return (
    <span className={classes.badge} data-level={level}>
      <Icon size={13} stroke={1.75} aria-hidden="true" />
      {level}
    </span>
  );
});
