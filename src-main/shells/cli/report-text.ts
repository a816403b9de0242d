import type { RunCounts } from '../../../src-shared/events';
import { toPrintable } from '../../../src-shared/printable';
import { formatRunTime } from '../../../src-shared/run-clock';
import type { TypeLeaders } from '../../../src-shared/update';
import { formatCount } from './durations';
import type { Colors } from './event-text';

/**
 * Aligned columns under a head; `right` names the columns of numbers by index. Columns are separated by blanks only:
 * that fits a narrow terminal, and other programs can split it.
 */
export function formatTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  colors: Colors,
  right: readonly number[] = [],
): string {
  const widths = head.map((title, column) =>
    rows.reduce((widest, row) => Math.max(widest, row[column]?.length ?? 0), title.length),
  );
  const formatRow = (cells: readonly string[], paint: (text: string) => string) =>
    cells
      .map((cell, column) => {
        const blanks = ' '.repeat((widths[column] ?? 0) - cell.length);
        return right.includes(column) ? blanks + paint(cell) : paint(cell) + blanks;
      })
      .join('  ')
      .trimEnd();
  return [formatRow(head, colors.bold), ...rows.map((row) => formatRow(row, String))].join('\n');
}

/**
 * The leaders of each account type: of a tie, how many share the place and those that are named.
 * @param fromFirst Whether each type begins with its first leader: then it says how many are not named.
 */
export function formatReport(types: readonly TypeLeaders[], colors: Colors, fromFirst = true): string {
  if (types.length === 0) return 'No accounts: there is nothing to report.';
  const rows = types.flatMap(({ accountType, tokens, tied, leaders }) => {
    const beside = (at: number) =>
      at === 0 ? toPrintable(accountType) : at === 1 ? `(${formatCount(tied)} tie)` : '';
    const named = leaders.map(({ id, version }, at) => [beside(at), tokens, toPrintable(id), version]);
    const more = fromFirst ? tied - leaders.length : 0;
    return more > 0 ? [...named, ['', '', `and ${formatCount(more)} more`, '']] : named;
  });
  return formatTable(['Account type', 'Tokens', 'Account', 'Version'], rows, colors, [1, 3]);
}

/** Two lines: what became of the records, and of the callbacks. A third one if the database was lost. */
export function formatSummary(counts: RunCounts, atMs: number, complete = true): string {
  const parts = (keys: readonly (keyof RunCounts)[]) =>
    keys.map((key) => `${formatCount(counts[key])} ${key}`).join(', ');
  const records = `${formatCount(counts.records)} ${counts.records === 1 ? 'record' : 'records'}`;
  return [
    `${records}: ${parts(['indexed', 'stale', 'duplicate', 'conflict', 'rejected'])}`,
    `Callbacks: ${parts(['fired', 'cancelled', 'pending'])}, after ${formatRunTime(atMs)} of the run's clock`,
    ...(complete ? [] : ['Not complete: the database was lost. These are the counts known until then.']),
  ].join('\n');
}
