import { formatSpan } from '../../src-shared/amounts';
import type { HistoryRow, SettledHow } from '../../src-shared/views';

/**
 * The words after `fired` or `cancelled`. The version follows `by version`.
 * @param lateMs how long after its due time it fired.
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

/** From due to settled, in wall-clock time as in the live log; on a virtual clock, in run time. */
export function latenessOf({ callbackDue: due, callbackSettled: settled }: HistoryRow): number {
  if (due === null || settled === null) return 0;
  if (due.wallMs === null || settled.wallMs === null) return settled.at - due.at;
  return settled.wallMs - due.wallMs;
}
