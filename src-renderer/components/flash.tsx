import { type ReactNode, useRef } from 'react';
import classes from './flash.module.css';

/**
 * Flashes once when its value has changed while it was on screen. Two animations of the same looks take
 * turns: one that is given again under its own name would not start again.
 */
export function Flash({
  value,
  children,
}: {
  readonly value: string | number | null;
  readonly children: ReactNode;
}) {
  const seen = useRef({ value, turn: 0 });
  if (seen.current.value !== value) seen.current = { value, turn: seen.current.turn + 1 };
  const { turn } = seen.current;
  return (
    <span className={classes.flash} data-turn={turn === 0 ? undefined : turn % 2}>
      {children}
    </span>
  );
}
