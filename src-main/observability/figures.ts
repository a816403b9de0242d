import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Counter } from 'prom-client';
import {
  BATCH_STEPS,
  type BatchStep,
  KEPT_SAMPLES,
  type OperationsFigures,
  type OperationsSample,
  SAMPLE_EVERY_MS,
  type StatementFigures,
} from '../../src-shared/operations';
import type { Totals } from '../../src-shared/totals';
import { type EpochMs, OUTCOMES, type Outcome } from '../../src-shared/update';
import type { Alarm, Clock } from '../time/clock';
import { estimateQuantile, type HistogramReading, readHistogram } from './histogram';
import { LOOP_CHECKED_EVERY_MS } from './instruments';
import type { Metrics, MetricsState } from './metrics';

/** The last quarter of an hour of the metrics, second by second. */
export interface Figures {
  /** @param afterMs omits samples up to this time; null: all that are kept. */
  read(afterMs: EpochMs | null): Promise<OperationsFigures>;
  /** The sum over the last `windowMs`. */
  recent(windowMs: number): Promise<RecentFigures>;
  /** The longest event-loop delay over the last `seconds`. */
  loopDelayMs(seconds: number): number;
  close(): void;
}

export interface RecentFigures extends Pick<OperationsSample, 'updates' | 'latenessMs' | 'statementErrors'> {
  readonly statements: number;
  /** The event loop was late by at most this in nine seconds out of ten. */
  readonly loopDelayP90Ms: number;
}

export interface FiguresDeps {
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly loopDelay: LoopDelay;
}

/** The metrics at one instant. A sample is the difference of two readings. */
interface Reading
  extends Pick<OperationsSample, 'timeMs' | 'loopDelayMs' | 'residentBytes' | 'heapUsedBytes'> {
  readonly monotonicMs: number;
  readonly state: MetricsState;
  readonly statementErrors: number;
  readonly droppedFrames: number;
  readonly lateness: HistogramReading | undefined;
  readonly batchSize: HistogramReading | undefined;
  readonly steps: ReadonlyMap<string, HistogramReading>;
}

export function keepFigures({ clock, metrics, loopDelay }: FiguresDeps): Figures {
  const { lateness, batchDuration, batchSize, statementDuration, databaseErrors, droppedFrames } =
    metrics.instruments;
  const startedAtMs = clock.now();
  const readings: Reading[] = [];
  let alarm: Alarm | null = null;
  let closed = false;

  const take = async (): Promise<Reading> => {
    const loopDelayMs = loopDelay.takeMs();
    metrics.noteLoopDelay(loopDelayMs);
    const { rss, heapUsed } = process.memoryUsage();
    const reading = {
      lateness: (await readHistogram(lateness)).get(''),
      batchSize: (await readHistogram(batchSize)).get(''),
      steps: await readHistogram(batchDuration, 'step'),
      statementErrors: await countOf(databaseErrors),
      droppedFrames: await countOf(droppedFrames),
      state: metrics.state(),
      timeMs: clock.now(),
      monotonicMs: clock.monotonicMs(),
      loopDelayMs,
      residentBytes: rss,
      heapUsedBytes: heapUsed,
    };
    readings.push(reading);
    if (readings.length > KEPT_SAMPLES + 1) readings.shift();
    return reading;
  };
  const arm = () => {
    if (closed) return;
    alarm = clock.setAlarm(clock.now() + SAMPLE_EVERY_MS, async () => {
      await take();
      arm();
    });
  };
  const first = take();
  void first.then(arm);

  return {
    async read(afterMs) {
      const { totals } = metrics.state();
      const statements = [...(await readHistogram(statementDuration, 'statement'))].map(describeStatement);
      return {
        timeMs: clock.now(),
        startedAtMs,
        updates: outcomesOf(totals),
        callbacks: callbacksOf(totals),
        pending: totals.pending,
        statements: statements.sort((a, b) => b.totalMs - a.totalMs),
        samples: readings.flatMap((reading, at) => {
          const before = readings[at - 1];
          return before && reading.timeMs > (afterMs ?? Number.NEGATIVE_INFINITY)
            ? [compare(before, reading)]
            : [];
        }),
      };
    },
    async recent(windowMs) {
      const oldest = readings[0] ?? (await first);
      const last = readings.at(-1) ?? oldest;
      const sinceMs = last.monotonicMs - windowMs;
      const before = readings.findLast(({ monotonicMs }) => monotonicMs <= sinceMs) ?? oldest;
      const delays = readings
        .slice(readings.indexOf(before) + 1)
        .map(({ loopDelayMs }) => loopDelayMs)
        .sort((one, other) => one - other);
      return {
        ...compare(before, last),
        statements: last.state.statements - before.state.statements,
        loopDelayP90Ms: delays[Math.ceil(delays.length * 0.9) - 1] ?? 0,
      };
    },
    // Not the first reading: its delay is that of the start.
    loopDelayMs: (seconds) =>
      readings
        .slice(1)
        .slice(-seconds)
        .reduce((worst, { loopDelayMs }) => Math.max(worst, loopDelayMs), 0),
    close() {
      closed = true;
      alarm?.clear();
      loopDelay.close();
    },
  };
}

function compare(before: Reading, now: Reading): OperationsSample {
  const { timeMs, loopDelayMs, residentBytes, heapUsedBytes, steps } = now;
  const { totals, ingestLagMs } = now.state;
  return {
    timeMs,
    seconds: (now.monotonicMs - before.monotonicMs) / 1000,
    updates: gained(outcomesOf(before.state.totals), outcomesOf(totals)),
    callbacks: gained(callbacksOf(before.state.totals), callbacksOf(totals)),
    pending: totals.pending,
    latenessMs: latenessOf(before.lateness, now.lateness),
    batches: (steps.get('total')?.count ?? 0) - (before.steps.get('total')?.count ?? 0),
    batchRecords: meanOf(before.batchSize, now.batchSize),
    stepMs: Object.fromEntries(
      BATCH_STEPS.map((step) => [step, meanOf(before.steps.get(step), steps.get(step), 1000)]),
    ) as Record<BatchStep, number | null>,
    ingestLagMs,
    statementErrors: now.statementErrors - before.statementErrors,
    droppedFrames: now.droppedFrames - before.droppedFrames,
    loopDelayMs,
    residentBytes,
    heapUsedBytes,
  };
}

const outcomesOf = (totals: Totals) =>
  Object.fromEntries(OUTCOMES.map((outcome) => [outcome, totals[outcome]])) as Record<Outcome, number>;

const callbacksOf = ({ indexed, fired, cancelled }: Totals) => ({ scheduled: indexed, fired, cancelled });

const countOf = async (counter: Counter<string>) =>
  (await counter.get()).values.reduce((sum, { value }) => sum + value, 0);

function gained<Name extends string>(before: Record<Name, number>, now: Record<Name, number>) {
  const names = Object.keys(now) as Name[];
  return Object.fromEntries(names.map((name) => [name, now[name] - before[name]])) as Record<Name, number>;
}

function meanOf(
  before: HistogramReading | undefined,
  now: HistogramReading | undefined,
  scale = 1,
): number | null {
  const count = (now?.count ?? 0) - (before?.count ?? 0);
  return count === 0 ? null : (((now?.sum ?? 0) - (before?.sum ?? 0)) / count) * scale;
}

function latenessOf(
  before: HistogramReading | undefined,
  now: HistogramReading | undefined,
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

export interface LoopDelay {
  /** The longest delay of the event loop since the last call, in milliseconds. */
  takeMs(): number;
  close(): void;
}

export function watchLoopDelay(): LoopDelay {
  const delays = monitorEventLoopDelay({ resolution: LOOP_CHECKED_EVERY_MS });
  delays.enable();
  return {
    takeMs() {
      // It records the time between its ticks, in nanoseconds.
      const lateMs = Math.max(0, delays.max / 1e6 - LOOP_CHECKED_EVERY_MS);
      delays.reset();
      return lateMs;
    },
    close: () => void delays.disable(),
  };
}
