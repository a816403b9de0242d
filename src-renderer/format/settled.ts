import { formatSpan } from '../../src-shared/amounts';
import type { SettledHow } from '../../src-shared/views';

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
    case 'dead slot':
      return 'its slot is dead';
    case 'skipped':
      return 'skipped (overdue)';
    case 'fired by hand':
    case 'cancelled by hand':
      return 'by hand';
  }
}
