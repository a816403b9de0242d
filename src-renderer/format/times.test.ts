import { expect, test } from 'vitest';
import {
  formatClock,
  formatExact,
  formatIso,
  formatMoment,
  formatMomentExact,
  formatPast,
  formatPoint,
  formatRelative,
  formatTimeOfDay,
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

test('a moment has the time of the wall clock where it has one, else that of its run', () => {
  const moment = { runId: '3', at: 12_400, wallMs: NOON };
  expect(formatMoment(moment, NOON, 'utc')).toBe('12:03:07.125');
  expect(formatMoment({ ...moment, wallMs: null }, NOON, 'utc')).toBe('00:12.400');
  expect(formatMomentExact(moment, 'utc')).toBe(
    '2026-03-01 12:03:07.125 UTC, 00:12.400 on the clock of run 3',
  );
  expect(formatMomentExact({ ...moment, wallMs: null }, 'utc')).toBe('00:12.400 on the clock of run 3');
});

test('exact times have milliseconds and name their zone', () => {
  expect(formatTimeOfDay(NOON, 'utc')).toBe('12:03:07.125');
  expect(formatExact(NOON, 'utc')).toBe('2026-03-01 12:03:07.125 UTC');
  expect(formatIso(NOON)).toBe('2026-03-01T12:03:07.125Z');
});

test('a due time beyond what a date can hold does not break the page', () => {
  const far = NOON + Number.MAX_SAFE_INTEGER;
  expect(formatExact(far, 'utc')).toBe('beyond the calendar');
  expect(formatIso(far)).toBe('');
});
