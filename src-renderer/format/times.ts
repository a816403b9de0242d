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

function isSameDay(timeMs: number, nowMs: number, zone: TimeZone): boolean {
  const day = formatter(zone, DAY, 'day');
  return day.format(timeMs) === day.format(nowMs);
}

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

/** `14:03:07.125` */
export function formatTimeOfDay(timeMs: number, zone: TimeZone): string {
  if (Math.abs(timeMs) > MAX_DATE_MS) return 'beyond the calendar';
  return formatter(zone, CLOCK, 'clock').format(timeMs).replace(',', '.');
}

/** `14:03:07.125`, or `2026-03-01 14:03:07` on another day. */
export function formatPoint(timeMs: number, nowMs: number, zone: TimeZone): string {
  if (Math.abs(timeMs) > MAX_DATE_MS) return 'beyond the calendar';
  return isSameDay(timeMs, nowMs, zone) ? formatTimeOfDay(timeMs, zone) : formatSecond(timeMs, zone);
}

/** `2026-03-01 14:03:07.125 UTC`, or with the local zone's name. */
export function formatExact(timeMs: number, zone: TimeZone): string {
  if (Math.abs(timeMs) > MAX_DATE_MS) return 'beyond the calendar';
  const text = formatter(zone, { ...DAY, ...CLOCK }, 'exact')
    .format(timeMs)
    .replace(',', '.');
  return `${text} ${zone === 'utc' ? 'UTC' : localZone()}`;
}

/** Wall-clock time if the run has one, otherwise run time: `14:03:07.125`, `00:12.400`. */
export function formatMoment({ at, wallMs }: Moment, nowMs: number, zone: TimeZone): string {
  return wallMs === null ? formatRunTime(at) : formatPoint(wallMs, nowMs, zone);
}

/** Both times: `2026-03-01 14:03:07.125 UTC, 00:12.400 on the clock of run 3`. */
export function formatMomentExact({ runId, at, wallMs }: Moment, zone: TimeZone): string {
  const ofRun = `${formatRunTime(at)} on the clock of run ${runId}`;
  return wallMs === null ? ofRun : `${formatExact(wallMs, zone)}, ${ofRun}`;
}

/** `2026-03-01 14:03:07` */
export function formatSecond(timeMs: number, zone: TimeZone): string {
  if (Math.abs(timeMs) > MAX_DATE_MS) return 'beyond the calendar';
  return formatter(zone, { ...DAY, ...SECOND }, 'day and second').format(timeMs);
}

/** For `<time datetime>`: ISO 8601 in UTC, empty if no such date exists. */
export function formatIso(timeMs: number): string {
  if (Math.abs(timeMs) > MAX_DATE_MS) return '';
  const text = formatter('utc', { ...DAY, ...CLOCK }, 'exact')
    .format(timeMs)
    .replace(',', '.');
  return `${text.replace(' ', 'T')}Z`;
}

function localZone(): string {
  return formatter('local', {}, 'zone').resolvedOptions().timeZone;
}
