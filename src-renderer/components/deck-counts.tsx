import { memo } from 'react';
import { useLive } from '../bindings/session-context';
import { groupDigits } from '../format/integers';
import classes from './deck.module.css';
import { MarkIcon } from './mark-badge';
import { MARKS, type MarkName, OUTCOME_MARKS } from './marks';

export function OutcomeCounts() {
  return (
    <ul className={classes.counts} aria-label="Records by outcome">
      {OUTCOME_MARKS.map((mark) => (
        <OutcomeCount key={mark} mark={mark} />
      ))}
    </ul>
  );
}

function OutcomeCount({ mark }: { readonly mark: (typeof OUTCOME_MARKS)[number] }) {
  const count = useLive((state) => state.status?.counts[mark] ?? 0);
  return <Count mark={mark} count={count} />;
}

/** Pending ones are those of the database; the others are this run's. */
export function CallbackCounts() {
  const fired = useLive((state) => state.status?.counts.fired ?? 0);
  const cancelled = useLive((state) => state.status?.counts.cancelled ?? 0);
  const pending = useLive((state) => state.pending);
  return (
    <ul className={classes.counts} aria-label="Callbacks by state">
      <Count mark="pending" count={pending} />
      <Count mark="fired" count={fired} />
      <Count mark="cancelled" count={cancelled} />
    </ul>
  );
}

const Count = memo(function Count({ mark, count }: { readonly mark: MarkName; readonly count: number }) {
  return (
    <li className={classes.count} data-none={count === 0 || undefined} data-count={mark}>
      <MarkIcon mark={mark} />
      <span className={classes.number}>{groupDigits(count)}</span>
      <span>{MARKS[mark].word}</span>
    </li>
  );
});
