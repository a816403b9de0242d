import { memo } from 'react';
import classes from './mark-badge.module.css';
import { MARKS, type MarkName } from './marks';

export const MarkIcon = memo(function MarkIcon({
  mark,
  size = 12,
}: {
  readonly mark: MarkName;
  readonly size?: number;
}) {
  return (
    <svg
      className={classes.icon}
      data-mark={mark}
      width={size}
      height={size}
      viewBox="0 0 24 24"
      aria-hidden="true"
    >
      <use href={`#mark-${mark}`} width="24" height="24" />
    </svg>
  );
});

export const MarkBadge = memo(function MarkBadge({
  mark,
  tip,
}: {
  readonly mark: MarkName;
  readonly tip?: string;
}) {
  return (
    <span className={classes.badge} data-mark={mark} data-term={mark} data-tip={tip}>
      <MarkIcon mark={mark} />
      {MARKS[mark].word}
    </span>
  );
});

/**
 * The marks' icons, once in the page. The live log draws forty rows twenty times a second: a reference costs one element, an icon
 * five.
 */
export function MarkSprite() {
  return (
    <svg width="0" height="0" aria-hidden="true" focusable="false" style={{ position: 'absolute' }}>
      <defs>
        {Object.entries(MARKS).map(([name, { icon: Icon }]) => (
          <Icon key={name} id={`mark-${name}`} size={24} stroke={2} />
        ))}
      </defs>
    </svg>
  );
}
