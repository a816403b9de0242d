import { memo } from 'react';
import { useOpening } from '../bindings/window-context';
import classes from './deck.module.css';
import { CallbackCounts, OutcomeCounts } from './deck-counts';
import { Progress, SourceLabel } from './deck-source';
import { RateAndTime } from './deck-state';
import { Timeline } from './timeline';
import { TransportButtons } from './transport-buttons';

/** The run, shown on every view: transport and timeline above, counts below. */
export const Deck = memo(function Deck() {
  const opening = useOpening();
  return (
    <section className={classes.deck} aria-label="Run">
      <div className={classes.upper}>
        <TransportButtons />
        <SourceLabel />
        <Timeline />
        <Progress />
      </div>
      <div className={classes.lower}>
        {!opening && (
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
