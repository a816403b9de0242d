import { IconArrowDown } from '@tabler/icons-react';
import { groupDigits } from '../../src-shared/amounts';

import classes from './follow-button.module.css';

/** Shown over a frozen list: how many rows arrived since, and the way back to the end. */
export function FollowButton({
  missed,
  onFollow,
}: {
  readonly missed: number;
  readonly onFollow: () => void;
}) {
  return (
    <button type="button" className={classes.follow} onClick={onFollow}>
      <IconArrowDown size={14} stroke={2} aria-hidden="true" />
      {missed === 0 ? 'Follow' : `${groupDigits(missed)} new, follow`}
    </button>
  );
}
