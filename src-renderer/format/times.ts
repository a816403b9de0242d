import type { Preferences } from '../../src-shared/contract';
import { formatRunTime, type Moment } from '../../src-shared/run-clock';

type TimeZone = Preferences['timeZone'];

/** `00:41`, `1:02:03`. */
export function formatClock(spanMs: number): string {
  const seconds = Math.max(0, Math.floor(spanMs / 1000));
  const two = (value: number) => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor((seconds % 3600) / 60))}:${two(seconds % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

/** `12 s ago`, `in 3 s`, `now`: whole units, so that a column of them does not flicker. */
export function formatRelative(timeMs: number, nowMs: number): string {
  const away = timeMs - nowMs;
  const size = coarse(Math.abs(away));
  if (size === null) return 'now';
  return away > 0 ? `in ${size}` : `${size} ago`;
}

/** Never in the future: the host's clock may be ahead of the window's. */
export const formatPast = (timeMs: number, nowMs: number): string =>
  formatRelative(Math.min(timeMs, nowMs), nowMs);

function coarse(spanMs: number): string | null {
  if (spanMs < 1000) return null;
  if (spanMs < 60_000) return `${Math.floor(spanMs / 1000)} s`;
  if (spanMs < 3_600_000) return `${Math.floor(spanMs / 60_000)} min`;
  if (spanMs < 86_400_000) return `${Math.floor(spanMs / 3_600_000)} h`;
  const days = Math.floor(spanMs / 86_400_000);
  return days < 1000 ? `${days} d` : `${Math.round(days / 365.25).toLocaleString('en')} y`;
}

/** The limit of a `Date`: 100,000,000 days from 1970. A callback can be due later. */
const MAX_DATE_MS = 8_640_000_000_000_000;

const formatters = new Map<string, Intl.DateTimeFormat>();
function formatter(zone: TimeZone, options: Intl.DateTimeFormatOptions, key: string): Intl.DateTimeFormat {
  const at = `${zone} ${key}`;
  const known = formatters.get(at);
  if (known) return known;
  // The Swedish locale formats dates as ISO 8601, in any time zone.
  const made = new Intl.DateTimeFormat('sv-SE', zone === 'utc' ? { ...options, timeZone: 'UTC' } : options);
  formatters.set(at, made);
  return made;
}

const CLOCK = {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
  hourCycle: 'h23',
} as const;
const SECOND = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const;
const DAY = { year: 'numeric', month: '2-digit', day: '2-digit' } as const;

/** `14:03:07.125`, or `2026-03-01 14:03:07` on another day. */
export function formatPoint(timeMs: number, nowMs: number, zone: TimeZone): string {
  if (Math.abs(timeMs) > MAX_DATE_MS) return 'beyond the calendar';
  const day = formatter(zone, DAY, 'day');
  if (day.format(timeMs) !== day.format(nowMs)) return formatSecond(timeMs, zone);
  return formatter(zone, CLOCK, 'clock').format(timeMs).replace(',', '.');
}

/** `2026-03-01 14:03:07.125 UTC`, or with the local zone's name. */
export function formatExact(timeMs: number, zone: TimeZone): string {
  if (Math.abs(timeMs) > MAX_DATE_MS) return 'beyond the calendar';
  const text = formatter(zone, { ...DAY, ...CLOCK }, 'exact')
    .format(timeMs)
    .replace(',', '.');
  return `${text} ${zone === 'utc' ? 'UTC' : localZone()}`;
}

/** How a person wants the times of runs. */
export type TimeStyle = Pick<Preferences, 'timeShown' | 'timeZone'>;

export const TIMES_SHOWN = [
  { value: 'run', label: 'Run clock' },
  { value: 'wall', label: 'Wall clock' },
  { value: 'start', label: 'Since start' },
] as const;

/** In a circle. */
export function nextTimeShown(shown: TimeStyle['timeShown']): TimeStyle['timeShown'] {
  const index = TIMES_SHOWN.findIndex(({ value }) => value === shown);
  return (TIMES_SHOWN[index + 1] ?? TIMES_SHOWN[0]).value;
}

/**
 * The time of an event of a run, everywhere: `00:12.400` on the run's clock, `14:03:07.125` on the wall clock, `+00:14.000` since the
 * run's start. A virtual run has only its own clock.
 */
export function formatMoment(moment: Moment, nowMs: number, { timeShown, timeZone }: TimeStyle): string {
  const { at, wallMs, startMs } = moment;
  if (timeShown === 'run' || wallMs === null) return formatRunTime(at);
  if (timeShown === 'wall') return formatPoint(wallMs, nowMs, timeZone);
  return startMs === undefined ? formatRunTime(at) : `+${formatRunTime(wallMs - startMs)}`;
}

/** All of them: `2026-03-01 14:03:07.125 UTC, 00:12.400 on the clock of run 3, 00:14.000 since its start`. */
export function formatMomentExact({ runId, at, wallMs, startMs }: Moment, zone: TimeZone): string {
  const ofRun = `${formatRunTime(at)} on the clock of run ${runId}`;
  if (wallMs === null) return ofRun;
  const since = startMs === undefined ? '' : `, ${formatRunTime(wallMs - startMs)} since its start`;
  return `${formatExact(wallMs, zone)}, ${ofRun}${since}`;
}

/** `2026-03-01 14:03:07` */
export function formatSecond(timeMs: number, zone: TimeZone): string {
  if (Math.abs(timeMs) > MAX_DATE_MS) return 'beyond the calendar';
  return formatter(zone, { ...DAY, ...SECOND }, 'day and second').format(timeMs);
}

/** For `<time datetime>`: ISO 8601 in UTC, empty if no such date exists. */
export const formatIso = (timeMs: number): string =>
  Math.abs(timeMs) > MAX_DATE_MS ? '' : new Date(timeMs).toISOString();

function localZone(): string {
  return formatter('local', {}, 'zone').resolvedOptions().timeZone;
}
