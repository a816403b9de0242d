import type { LogKind, LogLine, NewsKind } from './log';

export interface LogFilter {
  /** Kinds left out. Empty shows all. */
  readonly hidden: readonly LogKind[];
  /** Only these account types; empty is all. An event whose type is not known is left out then. */
  readonly accountTypes: readonly string[];
  /** Part of an id. Upper and lower case are different, as in the tables. */
  readonly id: string;
}

function isFiltering(filter: LogFilter): boolean {
  return filter.hidden.length > 0 || filter.accountTypes.length > 0 || filter.id.trim() !== '';
}

const NEWS: ReadonlySet<LogKind | NewsKind> = new Set([
  'run',
  'report',
  'summary',
  'database',
  'notice',
  'gap',
]);

/** The same array if nothing is left out, so that an unfiltered log costs nothing. */
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
