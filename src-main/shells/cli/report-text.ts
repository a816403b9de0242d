import Table from 'cli-table3';
import type { RunCounts } from '../../../src-shared/events';
import type { Leader } from '../../../src-shared/update';
import { formatCount, formatRunTime } from './durations';
import type { Colors } from './event-text';
import { toPrintable } from './printable';

/** Columns apart by blanks only: it fits a narrow terminal, and other programs can take it apart. */
const BARE = {
  chars: {
    top: '',
    'top-mid': '',
    'top-left': '',
    'top-right': '',
    bottom: '',
    'bottom-mid': '',
    'bottom-left': '',
    'bottom-right': '',
    left: '',
    'left-mid': '',
    mid: '',
    'mid-mid': '',
    right: '',
    'right-mid': '',
    middle: '  ',
  },
  style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
};

/** Aligned columns under a head; `right` names the columns of numbers by index. */
export function formatTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  colors: Colors,
  right: readonly number[] = [],
): string {
  const table = new Table({
    ...BARE,
    head: head.map((title) => colors.bold(title)),
    colAligns: head.map((_, column) => (right.includes(column) ? 'right' : 'left')),
  });
  table.push(...rows.map((row) => [...row]));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** The highest-token account of each type; of a tie, every account. */
export function formatReport(leaders: readonly Leader[], colors: Colors): string {
  if (leaders.length === 0) return 'No accounts: there is nothing to report.';
  const rows = leaders.map(({ accountType, id, tokens, version }, index) => {
    const tied = leaders[index - 1]?.accountType === accountType;
    return [tied ? '' : toPrintable(accountType), tokens, toPrintable(id), version];
  });
  return formatTable(['Account type', 'Tokens', 'Account', 'Version'], rows, colors, [1, 3]);
}

/** Two lines: what became of the records, and of the callbacks. */
export function formatSummary(counts: RunCounts, atMs: number): string {
  const parts = (keys: readonly (keyof RunCounts)[]) =>
    keys.map((key) => `${formatCount(counts[key])} ${key}`).join(', ');
  const records = `${formatCount(counts.records)} ${counts.records === 1 ? 'record' : 'records'}`;
  return [
    `${records}: ${parts(['indexed', 'stale', 'duplicate', 'conflict', 'rejected'])}`,
    `Callbacks: ${parts(['fired', 'cancelled', 'pending'])}, after ${formatRunTime(atMs)} of the run's clock`,
  ].join('\n');
}
