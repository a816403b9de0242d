import { stringify } from 'csv-stringify/browser/esm/sync';
import type { Leader } from '../../src-shared/update';
import { groupDigits } from './integers';

/** The leaders of one type: one account, or several that are even. */
export interface LeaderGroup {
  readonly accountType: string;
  readonly tokens: string;
  readonly leaders: readonly Leader[];
}

/** In the order of the report: by type, then by id. */
export function groupLeaders(leaders: readonly Leader[]): readonly LeaderGroup[] {
  const groups = new Map<string, Leader[]>();
  for (const leader of leaders) {
    const group = groups.get(leader.accountType);
    if (group) group.push(leader);
    else groups.set(leader.accountType, [leader]);
  }
  return [...groups].map(([accountType, group]) => ({
    accountType,
    tokens: group[0]?.tokens ?? '0',
    leaders: group,
  }));
}

/**
 * For a spreadsheet. A cell that begins like a formula is quoted as text, since ids and types come from
 * whoever wrote the source.
 */
export function reportCsv(leaders: readonly Leader[]): string {
  return stringify(
    leaders.map(({ accountType, id, tokens, version }) => [accountType, id, tokens, version]),
    { header: true, columns: ['accountType', 'id', 'tokens', 'version'], escape_formulas: true },
  );
}

/** The shape that the command line prints. 64-bit integers are strings. */
export function reportJson(leaders: readonly Leader[]): string {
  const plain = leaders.map(({ accountType, id, tokens, version }) => ({ accountType, id, tokens, version }));
  return `${JSON.stringify({ leaders: plain }, null, 2)}\n`;
}

/** For a message or a note: aligned columns. */
export function reportPlain(leaders: readonly Leader[]): string {
  const rows = [
    ['type', 'account', 'tokens', 'version'],
    ...leaders.map(({ accountType, id, tokens, version }) => [
      accountType,
      id,
      groupDigits(tokens),
      groupDigits(version),
    ]),
  ];
  const widths = [0, 1, 2, 3].map((at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, at) => (at < 2 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  '),
  );
  return `${lines.join('\n')}\n`;
}
