import { stringify } from 'csv-stringify/browser/esm/sync';
import { formatLeadersJson } from '../../src-shared/leaders-json';
import type { TypeLeaders } from '../../src-shared/update';

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
