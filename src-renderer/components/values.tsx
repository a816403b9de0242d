import { memo } from 'react';
import { groupDigits } from '../../src-shared/amounts';
import { toPrintable } from '../../src-shared/printable';
import type { VersionText } from '../../src-shared/update';
import { useTicking } from '../bindings/use-ticking';
import { usePreference } from '../bindings/window-context';
import { formatChange, formatVersion } from '../format/integers';
import { formatExact, formatIso, formatPast, formatPoint } from '../format/times';
import classes from './values.module.css';

interface MiddleCutProps {
  readonly text: string;
  /** Characters at the end that always stay. */
  readonly tail: number;
  readonly of: 'number' | 'text';
}

/**
 * Shown whole if it fits, otherwise without its middle and whole on hover: both ends are needed to tell neighbours apart. The gap
 * is the browser's ellipsis, so it needs no measuring.
 */
export function MiddleCut({ text, tail, of }: MiddleCutProps) {
  const characters = [...text];
  // An accent belongs to the letter before it.
  let end = Math.max(0, characters.length - tail);
  while (end > 0 && /^\p{M}/u.test(characters[end] ?? '')) end -= 1;
  return (
    // Two elements, read aloud as one text.
    <span className={classes.cut} role="img" aria-label={text}>
      <span className={classes.cutHead} data-cut={of}>
        {characters.slice(0, end).join('')}
      </span>
      <span className={classes.cutTail}>{characters.slice(end).join('')}</span>
    </span>
  );
}

/** Longer texts may be cut. */
const MAY_BE_CUT_LENGTH = 11;
const ID_TAIL = 5;
/** Two groups of digits. */
const NUMBER_TAIL = 7;

export const AccountId = memo(function AccountId({ id }: { readonly id: string }) {
  const shown = toPrintable(id);
  return (
    <span className={classes.id}>
      <span className={classes.idText}>
        {shown.length > MAY_BE_CUT_LENGTH ? <MiddleCut text={shown} tail={ID_TAIL} of="text" /> : shown}
      </span>
      <CopyButton text={id} label="Copy the id" />
    </span>
  );
});

/** A type or a file name in one line of a table: cut at its end, whole on hover. */
export const DataText = memo(function DataText({ text }: { readonly text: string }) {
  return (
    <bdi className={classes.text} data-cut="text">
      {toPrintable(text)}
    </bdi>
  );
});

/** One listener serves the whole window (`useCopyButtons`): a table has dozens of these. */
export function CopyButton({ text, label }: { readonly text: string; readonly label: string }) {
  return (
    <button
      type="button"
      className={classes.copy}
      data-copy={text}
      aria-label={label}
      data-tip={label}
      tabIndex={-1}
    />
  );
}

export const Digits = memo(function Digits({ value }: { readonly value: string | number }) {
  return <span className={classes.digits}>{wholeOrCut(groupDigits(value))}</span>;
});

/** `39`, or `250,123,456:39` with its slot. */
export const Version = memo(function Version({ value }: { readonly value: VersionText }) {
  return <span className={classes.digits}>{wholeOrCut(formatVersion(value))}</span>;
});

function wholeOrCut(digits: string) {
  return digits.length > MAY_BE_CUT_LENGTH ? (
    <MiddleCut text={digits} tail={NUMBER_TAIL} of="number" />
  ) : (
    digits
  );
}

export const Change = memo(function Change({ value }: { readonly value: string | null }) {
  if (value === null) return <Nothing />;
  const sign = value === '0' ? 'none' : value.startsWith('-') ? 'down' : 'up';
  return (
    <span className={classes.change} data-sign={sign}>
      {wholeOrCut(formatChange(value))}
    </span>
  );
});

/** An absent value, with a word for screen readers. */
export function Nothing({ word = 'none' }: { readonly word?: string }) {
  return (
    <span className={classes.nothing}>
      <span aria-hidden="true">–</span>
      <span className="visually-hidden">{word}</span>
    </span>
  );
}

/** `12 s ago`, exact on hover. Updates itself. */
export const PastTime = memo(function PastTime({ timeMs }: { readonly timeMs: number }) {
  const text = useTicking((nowMs) => formatPast(timeMs, nowMs));
  return <TickingTime timeMs={timeMs} text={text} />;
});

function TickingTime({ timeMs, text }: { readonly timeMs: number; readonly text: string }) {
  const zone = usePreference('timeZone');
  return (
    <time className={classes.time} dateTime={formatIso(timeMs)} data-tip={formatExact(timeMs, zone)}>
      {text}
    </time>
  );
}

/** `14:03:07.125`, or `2026-03-01 14:03:07` on another day. Exact on hover. */
export const PointInTime = memo(function PointInTime({ timeMs }: { readonly timeMs: number }) {
  const zone = usePreference('timeZone');
  const text = useTicking((nowMs) => formatPoint(timeMs, nowMs, zone));
  return <TickingTime timeMs={timeMs} text={text} />;
});
