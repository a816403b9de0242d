import type { DatabaseInfo } from '../../../src-shared/views';
import { formatCount } from './durations';

export type RowCounts = DatabaseInfo['rows'];

/** `1 account, 2 updates, 1 run and 0 rejected records`. */
export function formatRowCounts(rows: RowCounts): string {
  const count = (value: number, one: string, many: string) =>
    `${formatCount(value)} ${value === 1 ? one : many}`;
  const parts = [
    count(rows.accounts, 'account', 'accounts'),
    count(rows.accountUpdates, 'update', 'updates'),
    count(rows.runs, 'run', 'runs'),
    count(rows.rejects, 'rejected record', 'rejected records'),
  ];
  return `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

/** The counts that a backup was written with. */
export function rowCountsOf(rows: Readonly<Record<string, number>>): RowCounts {
  return {
    accounts: rows.accounts ?? 0,
    accountUpdates: rows.account_updates ?? 0,
    runs: rows.runs ?? 0,
    rejects: rows.rejects ?? 0,
  };
}

export function isEmpty(rows: RowCounts): boolean {
  return Object.values(rows).every((count) => count === 0);
}
