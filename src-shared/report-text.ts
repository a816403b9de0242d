import { groupDigits } from './amounts';
import type { RunCounts } from './events';
import { toPrintable } from './printable';
import { formatRunTime } from './run-clock';
import type { TypeLeaders } from './update';

export interface TableStyle {
  /** Indexes of the columns with numbers. */
  readonly right?: readonly number[];
  /** Paints a title of the head. */
  readonly paint?: (title: string) => string;
}

/**
 * Aligned columns under a head, separated by blanks only: that fits a narrow terminal, and other programs can
 * split it.
 */
export function formatTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { right = [], paint = String }: TableStyle = {},
): string {
  const widths = head.map((title, column) =>
    rows.reduce((widest, row) => Math.max(widest, row[column]?.length ?? 0), title.length),
  );
  const formatRow = (cells: readonly string[], show: (text: string) => string) =>
    cells
      .map((cell, column) => {
        const blanks = ' '.repeat((widths[column] ?? 0) - cell.length);
        return right.includes(column) ? blanks + show(cell) : show(cell) + blanks;
      })
      .join('  ')
      .trimEnd();
  return [formatRow(head, paint), ...rows.map((row) => formatRow(row, String))].join('\n');
}

/**
 * The leaders of each account type. A tie states how many share the place.
 * @param fromFirst Each type begins with its first leader, so the number that is not listed is known.
 */
export function formatReport(
  types: readonly TypeLeaders[],
  { fromFirst = true, paint = String }: Pick<TableStyle, 'paint'> & { readonly fromFirst?: boolean } = {},
): string {
  if (types.length === 0) return 'No accounts: there is nothing to report.';
  const rows = types.flatMap(({ accountType, tokens, tied, leaders }) => {
    const beside = (at: number) =>
      at === 0 ? toPrintable(accountType) : at === 1 ? `(${groupDigits(tied)} tie)` : '';
    const named = leaders.map(({ id, version }, at) => [beside(at), tokens, toPrintable(id), version]);
    const more = fromFirst ? tied - leaders.length : 0;
    return more > 0 ? [...named, ['', '', `and ${groupDigits(more)} more`, '']] : named;
  });
  return formatTable(['Account type', 'Tokens', 'Account', 'Version'], rows, { right: [1, 3], paint });
}

/** Two lines: what became of the records, and of the callbacks. A third one if the database was lost. */
export function formatSummary(counts: RunCounts, atMs: number, complete = true): string {
  const parts = (keys: readonly (keyof RunCounts)[]) =>
    keys.map((key) => `${groupDigits(counts[key])} ${key}`).join(', ');
  const records = `${groupDigits(counts.records)} ${counts.records === 1 ? 'record' : 'records'}`;
  return [
    `${records}: ${parts(['indexed', 'stale', 'duplicate', 'conflict', 'rejected'])}`,
    `Callbacks: ${parts(['fired', 'cancelled', 'pending'])}, after ${formatRunTime(atMs)} of the run's clock`,
    ...(complete ? [] : ['Not complete: the database was lost. These are the counts known until then.']),
  ].join('\n');
}
