import { IconFilter, IconX } from '@tabler/icons-react';
import { type Ref, useEffect, useState } from 'react';
import { useModel } from '../bindings/window-context';
import classes from './search-field.module.css';

interface SearchFieldProps {
  readonly label: string;
  readonly tip?: string;
  readonly value: string;
  /** Gets the text without blanks around it. */
  readonly onChange: (value: string) => void;
  readonly ref?: Ref<HTMLInputElement>;
}

/** Without this delay, every key press would be a query. */
const SETTLE_MS = 150;

/** For every id filter, whichever part of an id it matches. */
export const ID_TIP = 'Upper and lower case are different';

export function SearchField({ label, tip, value, onChange, ref }: SearchFieldProps) {
  const { clock } = useModel();
  const [typed, setTyped] = useState(value);
  const [given, setGiven] = useState(value);
  if (given !== value) {
    setGiven(value);
    if (value !== typed.trim()) setTyped(value);
  }
  useEffect(
    () => (typed.trim() === value ? undefined : clock.after(SETTLE_MS, () => onChange(typed.trim()))),
    [typed, value, onChange, clock],
  );
  return (
    <div className={classes.field}>
      <IconFilter size={14} stroke={1.75} className={classes.icon} aria-hidden="true" />
      <input
        ref={ref}
        className={classes.input}
        type="text"
        aria-label={label}
        aria-description={tip}
        data-tip={tip}
        placeholder={label}
        value={typed}
        spellCheck={false}
        autoComplete="off"
        maxLength={128}
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
      {typed !== '' && (
        <button
          type="button"
          className={classes.clear}
          aria-label="Clear the filter"
          onClick={() => setTyped('')}
        >
          <IconX size={13} stroke={2} aria-hidden="true" />
        </button>
      )}
    </div>
  );
}
