import { IconFilter, IconX } from '@tabler/icons-react';
import { type Ref, useEffect, useState } from 'react';
import { useSession } from '../bindings/session-context';
import classes from './search-field.module.css';

interface SearchFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly ref?: Ref<HTMLInputElement>;
}

/** Every key pressed would be a question to the database. */
const SETTLE_MS = 150;

export function SearchField({ label, value, onChange, ref }: SearchFieldProps) {
  const { clock } = useSession();
  const [typed, setTyped] = useState(value);
  const [given, setGiven] = useState(value);
  if (given !== value) {
    setGiven(value);
    setTyped(value);
  }
  useEffect(
    () => (typed === value ? undefined : clock.after(SETTLE_MS, () => onChange(typed))),
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
