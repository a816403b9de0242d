import { useId, useState } from 'react';
import { groupDigits } from '../../src-shared/amounts';
import { formatVersion, parseU64, parseVersion } from '../format/integers';
import { FilterPopover } from './filter-menu';
import classes from './range-filter.module.css';

export interface TextKind {
  /** Null for invalid text. */
  readonly parse: (typed: string) => string | null;
  readonly format: (value: string) => string;
  readonly what: string;
}

const LARGEST = groupDigits('18446744073709551615');
export const KINDS: Readonly<Record<'integer' | 'version', TextKind>> = {
  integer: { parse: parseU64, format: groupDigits, what: `A whole number from 0 to ${LARGEST}` },
  version: {
    parse: parseVersion,
    format: formatVersion,
    what: `VERSION, or SLOT:VERSION, each a whole number from 0 to ${LARGEST}`,
  },
};

interface RangeFilterProps {
  readonly label: string;
  readonly of: keyof typeof KINDS;
  /** Decimal text, empty for no bound. */
  readonly from: string;
  readonly to: string;
  readonly onChange: (from: string, to: string) => void;
}

/** Both ends included, exact for 64 bits. */
export function RangeFilter({ label, of, from, to, onChange }: RangeFilterProps) {
  const kind = KINDS[of];
  return (
    <FilterPopover label={label} summary={summarise(from, to, kind)}>
      <div className={classes.fields}>
        <Bound label="At least" kind={kind} value={from} onChange={(value) => onChange(value, to)} />
        <Bound label="At most" kind={kind} value={to} onChange={(value) => onChange(from, value)} />
      </div>
    </FilterPopover>
  );
}

function summarise(from: string, to: string, { format }: TextKind): string | null {
  if (from === '' && to === '') return null;
  if (to === '') return `≥ ${format(from)}`;
  if (from === '') return `≤ ${format(to)}`;
  return from === to ? format(from) : `${format(from)} – ${format(to)}`;
}

interface BoundProps {
  readonly label: string;
  readonly kind: TextKind;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** A field for one value, which is given on while it is typed. */
export function Bound({ label, kind: { parse, format, what }, value, onChange }: BoundProps) {
  const id = useId();
  const [typed, setTyped] = useState(value === '' ? '' : format(value));
  const wrong = typed.trim() !== '' && parse(typed) === null;
  const give = (text: string) => {
    setTyped(text);
    if (text.trim() === '') onChange('');
    else {
      const parsed = parse(text);
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
        onBlur={() => !wrong && setTyped(typed.trim() === '' ? '' : format(parse(typed) ?? typed))}
      />
      {wrong && (
        <p id={`${id}-wrong`} className={classes.wrong}>
          {what}
        </p>
      )}
    </div>
  );
}
