import { expect, test } from 'vitest';
import { changeRate, momentAt, startClock } from '../../src-shared/run-clock';
import {
  formatClock,
  formatExact,
  formatIso,
  formatMoment,
  formatMomentExact,
  formatPast,
  formatPoint,
  formatRelative,
  nextTimeShown,
  type TimeStyle,
} from './times';

const NOON = Date.UTC(2026, 2, 1, 12, 3, 7, 125);

test('the deck shows hours only when there are any', () => {
  expect([41_000, 3_723_000, -5].map(formatClock)).toEqual(['00:41', '1:02:03', '00:00']);
});

test('a point in time has its date when it is not of today', () => {
  expect(formatPoint(NOON - 60_000, NOON, 'utc')).toBe('12:02:07.125');
  expect(formatPoint(NOON + 86_340_000, NOON, 'utc')).toBe('2026-03-02 12:02:07');
  expect(formatPoint(NOON - 43_400_000, NOON, 'utc')).toBe('2026-02-28 23:59:47');
  expect(formatPoint(Number.MAX_SAFE_INTEGER, NOON, 'utc')).toBe('beyond the calendar');
});

test('relative times look both ways', () => {
  expect(formatRelative(NOON - 12_900, NOON)).toBe('12 s ago');
  expect(formatRelative(NOON + 3_000, NOON)).toBe('in 3 s');
  expect(formatRelative(NOON + 400, NOON)).toBe('now');
  expect(formatRelative(NOON - 7_200_000, NOON)).toBe('2 h ago');
});

test('what has happened is never said to lie ahead', () => {
  expect(formatPast(NOON - 12_900, NOON)).toBe('12 s ago');
  expect(formatPast(NOON + 400, NOON)).toBe('now');
  expect(formatPast(NOON + 120_000, NOON)).toBe('now');
});

const style = (timeShown: TimeStyle['timeShown'], timeZone: TimeStyle['timeZone'] = 'utc') => ({
  timeShown,
  timeZone,
});
const ALL = ['run', 'wall', 'start'] as const;

test('a moment is shown on the clock of its run, on the wall clock, or since the start of its run', () => {
  const moment = { runId: '3', at: 12_400, wallMs: NOON, startMs: NOON - 14_000 };
  expect(ALL.map((shown) => formatMoment(moment, NOON, style(shown)))).toEqual([
    '00:12.400',
    '12:03:07.125',
    '+00:14.000',
  ]);
  expect(formatMomentExact(moment, 'utc')).toBe(
    '2026-03-01 12:03:07.125 UTC, 00:12.400 on the clock of run 3, 00:14.000 since its start',
  );
});

test('a moment of a virtual run is on its own clock, whatever is chosen', () => {
  const moment = momentAt('3', { kind: 'virtual', atMs: 90_000 }, 12_400);
  expect(ALL.map((shown) => formatMoment(moment, NOON, style(shown)))).toEqual(Array(3).fill('00:12.400'));
  expect(formatMomentExact(moment, 'utc')).toBe('00:12.400 on the clock of run 3');
});

test('speed and pauses set the run clock and the time since the start apart', () => {
  // Ten seconds at twenty times the speed, a minute of pause, then at half the speed.
  const fast = startClock(NOON, 20);
  const paused = changeRate(fast, NOON + 10_000, 0);
  const slow = changeRate(paused, NOON + 70_000, 0.5);
  const shown = (at: number) =>
    ALL.map((timeShown) => formatMoment(momentAt('1', slow, at), NOON, style(timeShown)));
  expect(shown(0)).toEqual(['00:00.000', '12:03:07.125', '+00:00.000']);
  expect(shown(100_000)).toEqual(['01:40.000', '12:03:12.125', '+00:05.000']);
  expect(shown(200_000)).toEqual(['03:20.000', '12:03:17.125', '+00:10.000']);
  expect(shown(201_000)).toEqual(['03:21.000', '12:04:19.125', '+01:12.000']);
  // It never comes while the clock stands still, so no wall time is made up for it.
  expect(
    ALL.map((timeShown) => formatMoment(momentAt('1', paused, 201_000), NOON, style(timeShown))),
  ).toEqual(Array(3).fill('03:21.000'));
});

test('a moment has its date on another day of the chosen zone', () => {
  const midnight = Date.UTC(2026, 2, 2);
  const before = { runId: '1', at: 5, wallMs: midnight - 1, startMs: midnight - 6 };
  expect(formatMoment(before, midnight - 1, style('wall'))).toBe('23:59:59.999');
  expect(formatMoment(before, midnight, style('wall'))).toBe('2026-03-01 23:59:59');
  expect(formatMoment(before, midnight, style('start'))).toBe('+00:00.005');
  // A callback due in 23 h 59 min is of tomorrow.
  expect(formatMoment({ ...before, wallMs: NOON + 86_340_000 }, NOON, style('wall'))).toBe(
    '2026-03-02 12:02:07',
  );
});

test('the hour that the local clock shows twice is told apart since the start', () => {
  const zone = process.env.TZ;
  process.env.TZ = 'Europe/Berlin';
  try {
    // 2026-10-25 02:30 in summer time, and an hour later 02:30 in winter time.
    const startMs = Date.UTC(2026, 9, 25, 0, 30);
    const clock = startClock(startMs, 1);
    const shown = (of: TimeStyle) =>
      [0, 3_600_000].map((at) => formatMoment(momentAt('1', clock, at), startMs, of));
    expect(shown(style('wall', 'local'))).toEqual(['02:30:00.000', '02:30:00.000']);
    expect(shown(style('wall', 'utc'))).toEqual(['00:30:00.000', '01:30:00.000']);
    expect(shown(style('start', 'local'))).toEqual(['+00:00.000', '+1:00:00.000']);
  } finally {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  }
});

test('the switch goes through all three in a circle', () => {
  expect(ALL.map(nextTimeShown)).toEqual(['wall', 'start', 'run']);
});

test('exact times have milliseconds and name their zone', () => {
  expect(formatExact(NOON, 'utc')).toBe('2026-03-01 12:03:07.125 UTC');
  expect(formatIso(NOON)).toBe('2026-03-01T12:03:07.125Z');
});

test('a due time beyond what a date can hold does not break the page', () => {
  const far = NOON + Number.MAX_SAFE_INTEGER;
  expect(formatExact(far, 'utc')).toBe('beyond the calendar');
  expect(formatIso(far)).toBe('');
});
