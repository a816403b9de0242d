import { useMemo } from 'react';
import { formatRate, formatSpan, groupDigits } from '../../../src-shared/amounts';
import type { OperationsSample } from '../../../src-shared/operations';
import type { PlotSeries } from '../../components/plot';
import { PlotPanel } from '../../components/plot-panel';
import { formatBytes, formatScale } from '../../format/integers';

import { columnsOf, type PlotName } from '../../stores/figures';
import classes from './operations-view.module.css';

interface PlotSpec {
  readonly plot: PlotName;
  readonly title: string;
  readonly unit: string;
  readonly series: readonly PlotSeries[];
  readonly format: (value: number) => string;
  readonly formatAxis: (value: number) => string;
  readonly leastTop: number;
}

const rates = { unit: 'a second', format: formatRate, formatAxis: formatScale, leastTop: 4 };
const spans = { unit: '', format: formatTime, formatAxis: formatSpan, leastTop: 10 };
const count = (value: number) => groupDigits(Math.round(value));

const PLOTS: readonly PlotSpec[] = [
  {
    ...rates,
    plot: 'updates',
    title: 'Updates by outcome',
    series: [
      { label: 'indexed', colour: 'indexed', fill: true },
      { label: 'stale', colour: 'stale' },
      { label: 'duplicate', colour: 'stale', dash: [2, 3] },
      { label: 'conflict', colour: 'conflict' },
      { label: 'rejected', colour: 'rejected' },
    ],
  },
  {
    ...rates,
    plot: 'callbacks',
    title: 'Callbacks',
    series: [
      { label: 'fired', colour: 'fired' },
      { label: 'cancelled', colour: 'cancelled' },
    ],
  },
  {
    plot: 'pending',
    title: 'Pending callbacks',
    unit: '',
    series: [{ label: 'pending', colour: 'pending', fill: true }],
    format: count,
    formatAxis: formatScale,
    leastTop: 4,
  },
  {
    ...spans,
    plot: 'lateness',
    title: 'Lateness of callbacks',
    unit: 'estimated',
    series: [
      { label: 'p50', colour: 'fired' },
      { label: 'p99', colour: 'conflict' },
    ],
  },
  {
    ...spans,
    plot: 'steps',
    title: 'Batch by step',
    unit: 'mean',
    series: [
      { label: 'total', colour: 'ink-1' },
      { label: 'claim', colour: 'fired' },
      { label: 'classify', colour: 'pending' },
      { label: 'store', colour: 'indexed' },
      { label: 'commit', colour: 'cancelled' },
    ],
  },
  {
    plot: 'batchSize',
    title: 'Batch size',
    unit: 'mean',
    series: [{ label: 'records', colour: 'ink-1' }],
    format: count,
    formatAxis: formatScale,
    leastTop: 4,
  },
  {
    ...spans,
    plot: 'lag',
    title: 'Ingest lag',
    unit: 'behind the plan',
    series: [{ label: 'lag', colour: 'ink-1' }],
  },
  {
    ...spans,
    plot: 'loop',
    title: 'Event loop delay',
    unit: 'longest of each second',
    series: [{ label: 'delay', colour: 'ink-1' }],
  },
  {
    plot: 'memory',
    title: 'Memory',
    unit: '',
    series: [
      { label: 'resident', colour: 'ink-1' },
      { label: 'heap', colour: 'ink-3', dash: [3, 3] },
    ],
    format: formatBytes,
    formatAxis: (value) => formatBytes(value).replace(/\.0 /, ' '),
    leastTop: 64_000_000,
  },
];

interface OperationsPlotsProps {
  readonly samples: readonly OperationsSample[];
  readonly windowSeconds: number;
}

export function OperationsPlots({ samples, windowSeconds }: OperationsPlotsProps) {
  return (
    <div className={classes.plots}>
      {PLOTS.map((spec) => (
        <OnePlot key={spec.plot} spec={spec} samples={samples} windowSeconds={windowSeconds} />
      ))}
    </div>
  );
}

function OnePlot({ spec, samples, windowSeconds }: OperationsPlotsProps & { readonly spec: PlotSpec }) {
  const { plot, ...looks } = spec;
  const data = useMemo(() => columnsOf(samples, plot, windowSeconds), [samples, plot, windowSeconds]);
  return (
    <div className={classes.plot}>
      <PlotPanel {...looks} data={data} end="now" />
    </div>
  );
}

/** Statements take fractions of a millisecond. */
export function formatTime(ms: number): string {
  if (ms > 0 && ms < 9.95) return ms < 0.05 ? '<0.1 ms' : `${ms.toFixed(1)} ms`;
  return formatSpan(ms);
}
