import type { ReactNode } from 'react';
import classes from './toggle.module.css';

interface ToggleProps {
  readonly on: boolean;
  readonly onChange: (on: boolean) => void;
  readonly children: ReactNode;
}

export function Toggle({ on, onChange, children }: ToggleProps) {
  return (
    <button
      type="button"
      role="switch"
      aria-checked={on}
      className={classes.toggle}
      onClick={() => onChange(!on)}
    >
      <span className={classes.track} aria-hidden="true" />
      {children}
    </button>
  );
}
