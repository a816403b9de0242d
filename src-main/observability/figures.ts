import {
  BATCH_STEPS,
  type BatchStep,
  CALLBACK_STEPS,
  KEPT_SAMPLES,
  type OperationsFigures,
  type OperationsSample,
  SAMPLE_EVERY_MS,
  type StatementFigures,
} from '../../src-shared/operations';
import { type EpochMs, OUTCOMES } from '../../src-shared/update';
import type { Alarm, Clock } from '../time/clock';
import type { LoopDelay } from './loop-delay';
import type { Metrics, Totals } from './metrics';
import { estimateQuantile } from './quantile';
import { type HistogramReading, readHistogram } from './read-histogram';

/** The last quarter of an hour of the metrics, second by second. */
export interface Figures {
  /** @param afterMs leaves out samples up to this time; null: all that are kept. */
  read(afterMs: EpochMs | null): Promise<OperationsFigures>;
  /** The longest delay of the event loop over the last so many seconds. */
  loopDelayMs(seconds: number): number;
  close(): void;
}

export interface FiguresDeps {
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly loopDelay: LoopDelay;
}

interface Reading {
  readonly atMs: number;
  readonly totals: Totals;
  readonly lateness: HistogramReading | undefined;
  readonly batchSize: HistogramReading | undefined;
  readonly steps: ReadonlyMap<string, HistogramReading>;
}

export function keepFigures({ clock, metrics, loopDelay }: FiguresDeps): Figures {
  const { lateness, batchDuration, batchSize, statementDuration } = metrics.instruments;
  const startedAtMs = clock.now();
  const samples: OperationsSample[] = [];
  let alarm: Alarm | null = null;
  let before: Reading | null = null;
  let closed = false;

  const readAll = async (): Promise<Reading> => ({
    lateness: (await readHistogram(lateness)).get(''),
    batchSize: (await readHistogram(batchSize)).get(''),
    steps: await readHistogram(batchDuration, 'step'),
    totals: metrics.totals(),
    atMs: clock.monotonicMs(),
  });
  const sample = async () => {
    const delayMs = loopDelay.takeMs();
    metrics.noteLoopDelay(delayMs);
    const reading = await readAll();
    const memory = process.memoryUsage();
    if (before) {
      samples.push({
        timeMs: clock.now(),
        ...compare(before, reading),
        loopDelayMs: delayMs,
        residentBytes: memory.rss,
        heapUsedBytes: memory.heapUsed,
      });
      if (samples.length > KEPT_SAMPLES) samples.shift();
    }
    before = reading;
  };
  const arm = () => {
    if (closed) return;
    alarm = clock.setAlarm(clock.now() + SAMPLE_EVERY_MS, async () => {
      await sample();
      arm();
    });
  };
  void sample().then(arm);

  return {
    async read(afterMs) {
      const { updates, callbacks, pending } = metrics.totals();
      const statements = [...(await readHistogram(statementDuration, 'statement'))].map(describeStatement);
      return {
        timeMs: clock.now(),
        startedAtMs,
        updates,
        callbacks,
        pending,
        statements: statements.sort((a, b) => b.totalMs - a.totalMs),
        samples: afterMs === null ? [...samples] : samples.filter(({ timeMs }) => timeMs > afterMs),
      };
    },
    loopDelayMs: (seconds) =>
      samples.slice(-seconds).reduce((worst, one) => Math.max(worst, one.loopDelayMs), 0),
    close() {
      closed = true;
      alarm?.clear();
      loopDelay.close();
    },
  };
}

type Compared = Omit<OperationsSample, 'timeMs' | 'loopDelayMs' | 'residentBytes' | 'heapUsedBytes'>;

function compare(before: Reading, now: Reading): Compared {
  const total = now.steps.get('total');
  return {
    seconds: (now.atMs - before.atMs) / 1000,
    updates: gained(OUTCOMES, before.totals.updates, now.totals.updates),
    callbacks: gained(CALLBACK_STEPS, before.totals.callbacks, now.totals.callbacks),
    pending: now.totals.pending,
    latenessMs: latenessOf(now.lateness, before.lateness),
    batches: (total?.count ?? 0) - (before.steps.get('total')?.count ?? 0),
    batchRecords: meanOf(now.batchSize, before.batchSize),
    stepMs: Object.fromEntries(
      BATCH_STEPS.map((step) => [step, meanMs(now.steps.get(step), before.steps.get(step))]),
    ) as Record<BatchStep, number | null>,
    ingestLagMs: now.totals.ingestLagMs,
    statementErrors: now.totals.statementErrors - before.totals.statementErrors,
    droppedFrames: now.totals.droppedFrames - before.totals.droppedFrames,
  };
}

function gained<Name extends string>(
  names: readonly Name[],
  before: Readonly<Record<Name, number>>,
  now: Readonly<Record<Name, number>>,
): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, now[name] - before[name]])) as Record<Name, number>;
}

function meanOf(now: HistogramReading | undefined, before: HistogramReading | undefined): number | null {
  const count = (now?.count ?? 0) - (before?.count ?? 0);
  return count === 0 ? null : ((now?.sum ?? 0) - (before?.sum ?? 0)) / count;
}

function meanMs(now: HistogramReading | undefined, before: HistogramReading | undefined): number | null {
  const mean = meanOf(now, before);
  return mean === null ? null : mean * 1000;
}

function latenessOf(
  now: HistogramReading | undefined,
  before: HistogramReading | undefined,
): OperationsSample['latenessMs'] {
  if (!now) return null;
  const counts = now.counts.map((count, at) => count - (before?.counts[at] ?? 0));
  const p50 = estimateQuantile(now.bounds, counts, 0.5);
  const p99 = estimateQuantile(now.bounds, counts, 0.99);
  return p50 === null || p99 === null ? null : { p50: p50 * 1000, p99: p99 * 1000 };
}

function describeStatement([statement, reading]: [string, HistogramReading]): StatementFigures {
  const { count, sum, bounds, counts } = reading;
  return {
    statement,
    calls: count,
    totalMs: sum * 1000,
    meanMs: count === 0 ? 0 : (sum * 1000) / count,
    p99Ms: (estimateQuantile(bounds, counts, 0.99) ?? 0) * 1000,
  };
}
