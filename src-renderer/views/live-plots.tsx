import { useMemo } from 'react';
import { formatRate, formatSpan } from '../../src-shared/amounts';
import { isActive } from '../../src-shared/run-actions';
import { useLive } from '../bindings/window-context';
import type { PlotSeries } from '../components/plot';
import { PlotPanel } from '../components/plot-panel';
import { formatScale } from '../format/integers';

import { BIN_MS, ratesOf, type SeriesBin } from '../stores/series';
import classes from './live-view.module.css';

const RATES: readonly PlotSeries[] = [
  { label: 'Updates', colour: 'ink-1', fill: true },
  { label: 'Fired', colour: 'fired' },
  { label: 'Cancelled', colour: 'cancelled' },
];
const LATENESS: readonly PlotSeries[] = [
  { label: 'p50', colour: 'fired' },
  { label: 'p99', colour: 'conflict' },
  { label: 'Worst', colour: 'ink-3', dash: [3, 3] },
];

export function LivePlots() {
  // Counts change ten times a second, but a bin fills only twice: draw then.
  const whole = useLive((state) => state.series.whole);
  const active = useLive((state) => state.status !== null && isActive(state.status.state));
  const bins = useMemo(() => sinceFirst(whole), [whole]);
  const seconds = useMemo(() => bins.map((_, at) => ((at + 1 - bins.length) * BIN_MS) / 1000), [bins]);
  const column = (read: (bin: SeriesBin) => number | null) => bins.map(read);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the end of the run is drawn, too: its axis ends in another word.
  const rates = useMemo(
    () => [seconds, ratesOf(bins, 'updates'), ratesOf(bins, 'fired'), ratesOf(bins, 'cancelled')],
    [bins, seconds, active],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: `column` reads these bins; `active` as above.
  const lateness = useMemo(
    () => [
      seconds,
      column((bin) => bin.latenessP50),
      column((bin) => bin.latenessP99),
      column((bin) => bin.latenessMax),
    ],
    [bins, seconds, active],
  );
  return (
    <aside className={classes.plots} aria-label="Rates">
      <PlotPanel
        title="Rate"
        unit="a second"
        data={rates}
        series={RATES}
        end={active ? 'now' : 'end'}
        format={formatRate}
        formatAxis={formatScale}
        leastTop={4}
        marks={[null, 'fired', 'cancelled']}
      />
      <PlotPanel
        title="Lateness of callbacks"
        unit=""
        data={lateness}
        series={LATENESS}
        end={active ? 'now' : 'end'}
        format={formatSpan}
        formatAxis={formatSpan}
        leastTop={10}
      />
    </aside>
  );
}

/** Half a minute at least. */
const LEAST_BINS = 60;

/** From the first bin with an event. The last bin is still filling and would read too low. */
function sinceFirst(bins: readonly SeriesBin[]): readonly SeriesBin[] {
  const first = bins.findIndex((bin) => bin.updates > 0 || bin.fired > 0 || bin.cancelled > 0);
  const whole = first < 0 ? LEAST_BINS : bins.length - first + 5;
  return bins.slice(-Math.max(LEAST_BINS, whole));
}
