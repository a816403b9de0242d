import { memo } from 'react';
import { groupDigits } from '../../src-shared/amounts';
import { useInstant, useLive } from '../bindings/window-context';
import { compactCount } from '../format/integers';
import classes from './deck.module.css';
import { MarkIcon } from './mark-badge';
import { MARKS, type MarkName, OUTCOME_MARKS } from './marks';

/** Of the whole database at the instant shown; what adds nothing to the database is not counted there. */
export function CountsThen() {
  const counts = useInstant(({ summary }) => summary?.counts ?? null);
  return (
    <ul className={classes.counts} aria-label="Counts at the moment shown">
      {COUNTED_THEN.map((mark) => (
        <Count key={mark} mark={mark} count={counts?.[mark] ?? 0} tip="In the database at the moment shown" />
      ))}
      {counts !== null && <li className={classes.then}>at the moment shown</li>}
    </ul>
  );
}
const COUNTED_THEN = ['indexed', 'stale', 'pending', 'fired', 'cancelled'] as const;

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

/**
 * Pending counts the whole database. Fired and cancelled count every callback settled during the run and since: so callbacks
 * pending before the run plus those it indexed are pending, fired and cancelled now.
 */
export function CallbackCounts() {
  const fired = useLive((state) => state.settled.fired);
  const cancelled = useLive((state) => state.settled.cancelled);
  const pending = useLive((state) => state.pending);
  const since = useLive((state) => (state.status === null ? 'since Ingot started' : SINCE_RUN));
  return (
    <ul className={classes.counts} aria-label="Callbacks by state">
      <Count mark="pending" count={pending} tip="Waiting in the database now, of all runs" />
      <Count mark="fired" count={fired} tip={`Fired ${since}`} />
      <Count mark="cancelled" count={cancelled} tip={`Cancelled ${since}`} />
    </ul>
  );
}

const SINCE_RUN = 'during this run and since its end, callbacks of earlier runs included';

interface CountProps {
  readonly mark: MarkName;
  readonly count: number;
  readonly tip?: string;
}

const Count = memo(function Count({ mark, count, tip }: CountProps) {
  const { word } = MARKS[mark];
  const exact = `${groupDigits(count)} ${word}`;
  return (
    <li
      className={classes.count}
      data-tip={tip === undefined ? exact : `${exact}. ${tip}`}
      data-none={count === 0 || undefined}
      data-term={mark}
      data-count={mark}
    >
      <MarkIcon mark={mark} />
      <span className={classes.number}>{compactCount(count)}</span>
      <span className={classes.countWord}>{word}</span>
    </li>
  );
});
