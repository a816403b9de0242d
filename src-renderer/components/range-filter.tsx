import { useId, useState } from 'react';
import { groupDigits, parseU64 } from '../format/integers';
import { FilterPopover } from './filter-menu';
import classes from './range-filter.module.css';

interface RangeFilterProps {
  readonly label: string;
  /** Decimal text, empty for no bound. */
  readonly from: string;
  readonly to: string;
  readonly onChange: (from: string, to: string) => void;
}

/** From and to, both included, exact over the whole of 64 bits. */
export function RangeFilter({ label, from, to, onChange }: RangeFilterProps) {
  return (
    <FilterPopover label={label} summary={summarise(from, to)}>
      <div className={classes.fields}>
        <Bound label="At least" value={from} onChange={(value) => onChange(value, to)} />
        <Bound label="At most" value={to} onChange={(value) => onChange(from, value)} />
      </div>
    </FilterPopover>
  );
}

function summarise(from: string, to: string): string | null {
  if (from === '' && to === '') return null;
  if (to === '') return `≥ ${groupDigits(from)}`;
  if (from === '') return `≤ ${groupDigits(to)}`;
  return from === to ? groupDigits(from) : `${groupDigits(from)} – ${groupDigits(to)}`;
}

interface BoundProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function Bound({ label, value, onChange }: BoundProps) {
  const id = useId();
  const [typed, setTyped] = useState(value === '' ? '' : groupDigits(value));
  const wrong = typed.trim() !== '' && parseU64(typed) === null;
  const give = (text: string) => {
    setTyped(text);
    if (text.trim() === '') onChange('');
    else {
      const parsed = parseU64(text);
      if (parsed !== null) onChange(parsed);
    }
  };
  return (
    <div className={classes.bound}>
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        className={classes.input}
        inputMode="numeric"
        value={typed}
        aria-invalid={wrong}
        aria-describedby={wrong ? `${id}-wrong` : undefined}
        onChange={(event) => give(event.currentTarget.value)}
        onBlur={() => !wrong && setTyped(typed.trim() === '' ? '' : groupDigits(parseU64(typed) ?? typed))}
      />
      {wrong && (
        <p id={`${id}-wrong`} className={classes.wrong}>
          A whole number from 0 to {groupDigits('18446744073709551615')}
        </p>
      )}
    </div>
  );
}
