import type { ResolvedInstant } from '../../src-shared/instant';
import type { LogKind, LogLine, NewsKind } from './log';

export interface LogFilter {
  /** Hidden kinds; empty shows all. */
  readonly hidden: readonly LogKind[];
  /** Shown account types; empty shows all. With a filter, an event of unknown type is hidden. */
  readonly accountTypes: readonly string[];
  /** Part of an id, case-sensitive as in the tables. */
  readonly id: string;
}

function isFiltering(filter: LogFilter): boolean {
  return filter.hidden.length > 0 || filter.accountTypes.length > 0 || filter.id.trim() !== '';
}

const NEWS: ReadonlySet<LogKind | NewsKind> = new Set(['run', 'end', 'database', 'notice', 'gap']);

/** Returns the same array if nothing is hidden, so an unfiltered log costs nothing. */
export function filterLog(lines: readonly LogLine[], filter: LogFilter): readonly LogLine[] {
  if (!isFiltering(filter)) return lines;
  const hidden: ReadonlySet<string> = new Set(filter.hidden);
  const types: ReadonlySet<string> = new Set(filter.accountTypes);
  const wanted = filter.id.trim();
  return lines.filter((line) => {
    if (NEWS.has(line.kind)) return true;
    if (hidden.has(line.kind)) return false;
    if (types.size > 0 && (line.accountType === null || !types.has(line.accountType))) return false;
    return wanted === '' || (line.id?.includes(wanted) ?? false);
  });
}

/** What had happened by an instant of a run; null: all. What is no event of a run stays. */
export function linesUntil(
  lines: readonly LogLine[],
  then: Pick<ResolvedInstant, 'runId' | 'at'> | null,
): readonly LogLine[] {
  if (then === null || then.runId === null || then.at === null) return lines;
  const { runId, at } = then;
  return lines.filter(
    ({ moment }) =>
      moment === null || (moment.runId === runId ? moment.at <= at : BigInt(moment.runId) < BigInt(runId)),
  );
}

/** Whether the lines have a run from its start on, with nothing left out. */
export function holdsRun(lines: readonly LogLine[], runId: string): boolean {
  const begin = lines.findIndex(({ begins, moment }) => begins && moment?.runId === runId);
  return begin !== -1 && lines.every(({ kind }, at) => at < begin || kind !== 'gap');
}
