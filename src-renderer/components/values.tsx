import { memo } from 'react';
import { usePreference } from '../bindings/session-context';
import { useTicking } from '../bindings/use-ticking';
import { cutId } from '../format/ids';
import { formatChange, groupDigits } from '../format/integers';
import { formatExact, formatIso, formatPast, formatRelative, formatTimeOfDay } from '../format/times';
import classes from './values.module.css';

/** An account id, cut in the middle, whole on hover, with its copy button. */
export const AccountId = memo(function AccountId({
  id,
  whole = false,
}: {
  readonly id: string;
  readonly whole?: boolean;
}) {
  return (
    <span className={classes.id}>
      <span className={classes.idText} data-tip={whole ? undefined : id}>
        {whole ? id : cutId(id)}
      </span>
      <CopyButton text={id} label="Copy the id" />
    </span>
  );
});

/** Heard by one listener for the whole window (`useCopyButtons`): a table holds dozens of these. */
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

/** Longer than this a number may not fit its column: it is then cut visibly, and whole on hover. */
const MAY_BE_CUT_LENGTH = 9;

function wholeOnHover(text: string): string | undefined {
  return text.length > MAY_BE_CUT_LENGTH ? text : undefined;
}

export const Digits = memo(function Digits({ value }: { readonly value: string | number }) {
  const text = groupDigits(value);
  return (
    <span className={classes.digits} data-tip={wholeOnHover(text)}>
      {text}
    </span>
  );
});

export const Change = memo(function Change({ value }: { readonly value: string | null }) {
  if (value === null) return <Nothing />;
  const sign = value === '0' ? 'none' : value.startsWith('-') ? 'down' : 'up';
  const text = formatChange(value);
  return (
    <span className={classes.change} data-sign={sign} data-tip={wholeOnHover(text)}>
      {text}
    </span>
  );
});

/** What is not there, said for those who hear the page. */
export function Nothing({ word = 'none' }: { readonly word?: string }) {
  return (
    <span className={classes.nothing}>
      <span aria-hidden="true">–</span>
      <span className="visually-hidden">{word}</span>
    </span>
  );
}

/** What may lie ahead: `in 3 s`, `12 s ago`, exact on hover. Follows the time by itself. */
export const RelativeTime = memo(function RelativeTime({ timeMs }: { readonly timeMs: number }) {
  const text = useTicking((nowMs) => formatRelative(timeMs, nowMs));
  return <TickingTime timeMs={timeMs} text={text} />;
});

/** What has happened: `12 s ago`, exact on hover. Follows the time by itself. */
export const PastTime = memo(function PastTime({ timeMs }: { readonly timeMs: number }) {
  const zone = usePreference('timeZone');
  const text = useTicking((nowMs) => formatPast(timeMs, nowMs, zone));
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

/** `14:03:07.125`, with its day on hover. */
export const TimeOfDay = memo(function TimeOfDay({ timeMs }: { readonly timeMs: number }) {
  const zone = usePreference('timeZone');
  return (
    <time className={classes.time} dateTime={formatIso(timeMs)} data-tip={formatExact(timeMs, zone)}>
      {formatTimeOfDay(timeMs, zone)}
    </time>
  );
});
