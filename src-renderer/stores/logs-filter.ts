import { type EntryLevel, LOG_LEVELS, type LogEntry } from '../../src-shared/logs';

export interface LogsFilter {
  /** Entries of this level and above. */
  readonly level: EntryLevel;
  /** Only these components; empty is all. */
  readonly components: readonly string[];
  /** Part of the sentence or of any field, in any case. */
  readonly text: string;
}

export const NO_LOGS_FILTER: LogsFilter = { level: 'trace', components: [], text: '' };

/** The levels that an entry can have, from the lowest. */
export const ENTRY_LEVELS: readonly EntryLevel[] = LOG_LEVELS.filter((level) => level !== 'silent');

export function isFilteringLogs({ level, components, text }: LogsFilter): boolean {
  return level !== 'trace' || components.length > 0 || text.trim() !== '';
}

/** The same array if nothing is left out, so that an unfiltered log costs nothing. */
export function filterEntries(entries: readonly LogEntry[], filter: LogsFilter): readonly LogEntry[] {
  if (!isFilteringLogs(filter)) return entries;
  const levels: ReadonlySet<string> = new Set(ENTRY_LEVELS.slice(ENTRY_LEVELS.indexOf(filter.level)));
  const components: ReadonlySet<string> = new Set(filter.components);
  const wanted = filter.text.trim().toLowerCase();
  return entries.filter(({ level, component, message, fields }) => {
    if (!levels.has(level)) return false;
    if (components.size > 0 && (component === null || !components.has(component))) return false;
    return (
      wanted === '' ||
      message.toLowerCase().includes(wanted) ||
      fields.toLowerCase().includes(wanted) ||
      (component?.includes(wanted) ?? false)
    );
  });
}

/** The components there are, by name. */
export function componentsOf(entries: readonly LogEntry[]): readonly string[] {
  return [...new Set(entries.flatMap(({ component }) => component ?? []))].sort();
}

/** An entry as one line of JSON, as it stands in the files. */
export function toLine({ timeMs, level, component, message, fields }: LogEntry): string {
  const head = JSON.stringify({
    level,
    time: new Date(timeMs).toISOString(),
    ...(component !== null && { component }),
  });
  const inner = fields.slice(1, -1);
  return `${head.slice(0, -1)},${inner === '' ? '' : `${inner},`}"msg":${JSON.stringify(message)}}`;
}

/** The fields of an entry in short, for its row: `runId=7 records=1000`. */
export function summarise(fields: string): string {
  const values: Record<string, unknown> = JSON.parse(fields);
  return Object.entries(values)
    .map(([name, value]) => `${name}=${shorten(name, value)}`)
    .join(' ');
}

function shorten(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  if (name === 'err' && typeof value === 'object' && value !== null && 'message' in value) {
    return String(value.message);
  }
  return JSON.stringify(value);
}
