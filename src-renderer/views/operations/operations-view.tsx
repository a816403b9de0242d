import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { useModel } from '../../bindings/window-context';
import { Failed, Loading } from '../../components/states';
import { ViewFrame } from '../../components/view-frame';
import { createFigures } from '../../stores/figures';
import { AlertsSection } from './alerts-section';
import { HealthSection } from './health-section';
import { OperationsPlots } from './operations-plots';
import classes from './operations-view.module.css';
import { StatementsTable } from './statements-table';

const WINDOWS = [
  { seconds: 60, title: '1 min' },
  { seconds: 300, title: '5 min' },
  { seconds: 900, title: '15 min' },
] as const;

export function OperationsView() {
  const { client, clock } = useModel();
  const [following] = useState(() => createFigures(client, clock));
  const [seconds, setSeconds] = useState<number>(WINDOWS[1].seconds);
  const { figures, error } = useStore(following.store);
  useEffect(() => following.follow(), [following]);
  return (
    <ViewFrame
      title="Operations"
      controls={
        <fieldset className={classes.windows}>
          <legend className="visually-hidden">How far the plots go back</legend>
          {WINDOWS.map((window) => (
            <button
              key={window.seconds}
              type="button"
              aria-pressed={seconds === window.seconds}
              onClick={() => setSeconds(window.seconds)}
            >
              {window.title}
            </button>
          ))}
        </fieldset>
      }
    >
      {figures === null ? (
        error === null ? (
          <Loading what="the figures" />
        ) : (
          <Failed error={error} onRetry={following.ask} />
        )
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and has nothing else to focus in it.
        <section className={classes.page} tabIndex={0} aria-label="Figures">
          <div className={classes.states}>
            <HealthSection />
            <AlertsSection />
          </div>
          <OperationsPlots samples={figures.samples} windowSeconds={seconds} />
          <StatementsTable statements={figures.statements} />
        </section>
      )}
    </ViewFrame>
  );
}
