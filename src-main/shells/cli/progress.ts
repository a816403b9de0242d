import { MultiBar } from 'cli-progress';
import { formatRate, formatSpan, groupDigits } from '../../../src-shared/amounts';
import { NO_COUNTS, type RunStatus } from '../../../src-shared/events';
import { addReading, paceOf, type Reading } from '../../../src-shared/pace';

/** What the progress line tells. */
export interface Progress {
  readonly records: number;
  readonly fired: number;
  readonly cancelled: number;
  readonly pending: number;
  /** Everything is read, and callbacks are waited for. */
  readonly draining: boolean;
  /** How many records the source holds, as far as can be told; null if not at all. */
  readonly expectedRecords: number | null;
  /** Records a second. */
  readonly ratePerSecond: number | null;
}

const BAR_WIDTH = 20;

/** The progress line, at most `width` characters: what does not fit is left out from its end. */
export function formatProgress(progress: Progress, width: number): string {
  const parts = progress.draining ? describeDraining(progress) : describeReading(progress);
  while (parts.length > 1 && parts.join('  ').length > width) parts.pop();
  return parts.join('  ').slice(0, Math.max(0, width));
}

function describeReading({ records, expectedRecords, ratePerSecond, pending }: Progress): string[] {
  const parts: string[] = [];
  const expected = expectedRecords === null ? null : Math.max(expectedRecords, records);
  if (expected !== null) {
    const fraction = expected === 0 ? 1 : records / expected;
    const filled = Math.floor(fraction * BAR_WIDTH);
    parts.push('█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled));
    parts.push(`${Math.floor(fraction * 100)}%`.padStart(4));
  }
  parts.push(`${groupDigits(records)} records`);
  if (ratePerSecond !== null) parts.push(`${formatRate(ratePerSecond)}/s`);
  if (ratePerSecond !== null && ratePerSecond > 0 && expected !== null) {
    parts.push(`${formatSpan(((expected - records) / ratePerSecond) * 1000)} left`);
  }
  parts.push(`${groupDigits(pending)} pending`);
  return parts;
}

function describeDraining({ pending, fired, cancelled }: Progress): string[] {
  return [
    `Waiting for ${groupDigits(pending)} ${pending === 1 ? 'callback' : 'callbacks'}`,
    `${groupDigits(fired)} fired`,
    `${groupDigits(cancelled)} cancelled`,
  ];
}

/** Records a second over the last few seconds: steady enough to read, quick enough to be true. */
export interface Rate {
  /** Takes a reading and gives the rate as of now; null until there are two readings apart in time. */
  measure(count: number): number | null;
}

const WINDOW_MS = 5_000;

export function createRate(monotonicMs: () => number): Rate {
  let readings: readonly Reading[] = [];
  return {
    measure(count) {
      readings = addReading(readings, { atMs: monotonicMs(), count }, WINDOW_MS);
      return paceOf(readings);
    },
  };
}

/** Reads a run's progress whenever the progress line is drawn. */
export function followProgress(status: () => RunStatus | null, monotonicMs: () => number): () => Progress {
  const rate = createRate(monotonicMs);
  return () => {
    const run = status();
    const { records, fired, cancelled, pending } = run?.counts ?? NO_COUNTS;
    return {
      records,
      fired,
      cancelled,
      pending,
      draining: run?.state === 'draining',
      expectedRecords: run?.expectedRecords ?? null,
      ratePerSecond: rate.measure(records),
    };
  };
}

/** A line that stays at the bottom of the terminal while others pass above it. */
export interface ProgressBar {
  /** Puts whole lines above it. */
  above(text: string): void;
  /** Takes it away and gives the cursor back. Idempotent. */
  stop(): void;
}

export function createProgressBar(stream: NodeJS.WritableStream, read: () => Progress): ProgressBar {
  const bars = new MultiBar({
    stream,
    // One column stays free: some terminals wrap as soon as the last one is filled.
    format: (_options, { maxWidth }) => formatProgress(read(), maxWidth - 1),
    fps: 10,
    forceRedraw: true,
    clearOnComplete: true,
    hideCursor: true,
    linewrap: true,
    // Signals are the program's own affair: see `interruption.ts`.
    gracefulExit: false,
  });
  bars.create(1, 0);
  return {
    above(text) {
      bars.log(text);
      bars.update();
    },
    stop() {
      if (bars.isActive) bars.stop();
    },
  };
}
