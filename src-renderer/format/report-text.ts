import { stringify } from 'csv-stringify/browser/esm/sync';
import { formatLeadersJson } from '../../src-shared/leaders-json';
import type { TypeLeaders } from '../../src-shared/update';
import { formatVersion, groupDigits } from './integers';

/**
 * For a spreadsheet, with the number of tied accounts in each row. A cell that looks like a formula is quoted: ids and types come
 * from the source's author.
 */
export function reportCsv(types: readonly TypeLeaders[]): string {
  return stringify(
    types.flatMap(({ accountType, tokens, tied, leaders }) =>
      leaders.map(({ id, version }) => [accountType, id, tokens, version, tied]),
    ),
    { header: true, columns: ['accountType', 'id', 'tokens', 'version', 'tied'], escape_formulas: true },
  );
}

/** The same shape as the command line's. 64-bit integers are strings. */
export function reportJson(types: readonly TypeLeaders[]): string {
  return `{${formatLeadersJson(types)}}\n`;
}

/** Aligned columns, for a message or a note. A tie states how many are not listed. */
export function reportPlain(types: readonly TypeLeaders[]): string {
  const rows = [
    ['type', 'account', 'tokens', 'version'],
    ...types.flatMap(({ accountType, tokens, tied, leaders }) => {
      const named = leaders.map(({ id, version }) => [
        accountType,
        id,
        groupDigits(tokens),
        formatVersion(version),
      ]);
      const more = tied - leaders.length;
      return more > 0 ? [...named, [accountType, `and ${groupDigits(more)} more`, '', '']] : named;
    }),
  ];
  const widths = [0, 1, 2, 3].map((at) =>
    rows.reduce((widest, row) => Math.max(widest, row[at]?.length ?? 0), 0),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, at) => (at < 2 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  '),
  );
  return `${lines.join('\n')}\n`;
}
