import { IconArrowDown } from '@tabler/icons-react';
import { groupDigits } from '../format/integers';
import classes from './follow-button.module.css';

/** Over a list that is held still: how much it has missed, and the way back to its end. */
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
