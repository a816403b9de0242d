import { type ReactNode, useLayoutEffect, useRef } from 'react';
import classes from './flash.module.css';

const FLASH_MS = 850;
/** Full at once, then fades within the last 130 ms. */
const FLASH: Keyframe[] = [
  { backgroundColor: 'var(--flash)', offset: 0 },
  { backgroundColor: 'var(--flash)', offset: 0.85 },
];

/** Flashes once when its value changes on screen. Not a CSS animation: that restarts whenever a table moves its row. */
export function Flash({
  value,
  children,
}: {
  readonly value: string | number | null;
  readonly children: ReactNode;
}) {
  const element = useRef<HTMLSpanElement>(null);
  const shown = useRef(value);
  useLayoutEffect(() => {
    if (shown.current === value) return;
    shown.current = value;
    if (!window.matchMedia('(prefers-reduced-motion: reduce)').matches)
      element.current?.animate(FLASH, FLASH_MS);
  }, [value]);
  return (
    <span ref={element} className={classes.flash}>
      {children}
    </span>
  );
}
