import { memo } from 'react';
import { useInstant, useOpening } from '../bindings/window-context';
import classes from './deck.module.css';
import { CallbackCounts, CountsThen, OutcomeCounts } from './deck-counts';
import { Progress, SourceLabel } from './deck-source';
import { RateAndTime } from './deck-state';
import { Timeline } from './timeline';
import { TransportButtons } from './transport-buttons';

/** The run, shown on every view: transport and timeline above, counts below. */
export const Deck = memo(function Deck() {
  const opening = useOpening();
  const isPast = useInstant(({ text }) => text !== null);
  return (
    <section className={classes.deck} aria-label="Run">
      <div className={classes.upper}>
        <TransportButtons />
        <SourceLabel />
        <Timeline />
        <Progress />
      </div>
      <div className={classes.lower}>
        {!opening && isPast && <CountsThen />}
        {!opening && !isPast && (
          <>
            <OutcomeCounts />
            <span className={classes.divider} />
            <CallbackCounts />
          </>
        )}
        <RateAndTime />
      </div>
    </section>
  );
});
