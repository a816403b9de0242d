import type { HistoryRow, SettledHow } from '../../src-shared/views';
import { formatSpan } from './times';

/**
 * What is said of a settled callback beside `fired` or `cancelled`. After `by version` follows the version.
 * @param lateMs How long after its due time it fired.
 */
export function settledWords(how: SettledHow, lateMs: number): string {
  switch (how) {
    case 'due':
      return lateMs < 1 ? 'on time' : `late by ${formatSpan(lateMs)}`;
    case 'newer version':
      return 'by version';
    case 'skipped':
      return 'skipped (overdue)';
    case 'fired by hand':
    case 'cancelled by hand':
      return 'by hand';
  }
}

/** How long after its due time it was settled, by the wall clock, as the live log has it; on a virtual clock, by that. */
export function latenessOf({ callbackDue: due, callbackSettled: settled }: HistoryRow): number {
  if (due === null || settled === null) return 0;
  if (due.wallMs === null || settled.wallMs === null) return settled.at - due.at;
  return settled.wallMs - due.wallMs;
}
