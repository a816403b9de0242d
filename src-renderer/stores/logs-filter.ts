import { type EntryLevel, LOG_LEVELS, type LogEntry } from '../../src-shared/logs';

export interface LogsFilter {
  /** This level and above. */
  readonly level: EntryLevel;
  /** Empty is all. */
  readonly components: readonly string[];
  /** Part of the message or of any field, case-insensitive. */
  readonly text: string;
}

export const NO_LOGS_FILTER: LogsFilter = { level: 'trace', components: [], text: '' };

/** From the lowest. */
export const ENTRY_LEVELS: readonly EntryLevel[] = LOG_LEVELS.filter((level) => level !== 'silent');

export function isFilteringLogs({ level, components, text }: LogsFilter): boolean {
  return level !== 'trace' || components.length > 0 || text.trim() !== '';
}

/** Returns the same array if nothing is hidden, so an unfiltered log costs nothing. */
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

export function componentsOf(entries: readonly LogEntry[]): readonly string[] {
  return [...new Set(entries.flatMap(({ component }) => component ?? []))].sort();
}

/** As one line of JSON, like in the log files. */
export function toLine({ timeMs, level, component, message, fields }: LogEntry): string {
  const head = JSON.stringify({
    level,
    time: new Date(timeMs).toISOString(),
    ...(component !== null && { component }),
  });
  const inner = fields.slice(1, -1);
  return `${head.slice(0, -1)},${inner === '' ? '' : `${inner},`}"msg":${JSON.stringify(message)}}`;
}

/** `runId=7 records=1000`. */
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
