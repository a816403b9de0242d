import { formatCount, formatDuration } from './durations';

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
  parts.push(`${formatCount(records)} records`);
  if (ratePerSecond !== null) parts.push(`${formatRate(ratePerSecond)}/s`);
  if (ratePerSecond !== null && ratePerSecond > 0 && expected !== null) {
    parts.push(`${formatDuration(((expected - records) / ratePerSecond) * 1000)} left`);
  }
  parts.push(`${formatCount(pending)} pending`);
  return parts;
}

function describeDraining({ pending, fired, cancelled }: Progress): string[] {
  return [
    `Waiting for ${formatCount(pending)} ${pending === 1 ? 'callback' : 'callbacks'}`,
    `${formatCount(fired)} fired`,
    `${formatCount(cancelled)} cancelled`,
  ];
}

function formatRate(rate: number): string {
  return rate < 10 ? rate.toFixed(1) : formatCount(Math.round(rate));
}
