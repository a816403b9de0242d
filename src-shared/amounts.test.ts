import { expect, test } from 'vitest';
import { countOf, formatRate, formatSpan, groupDigits, wholePercent } from './amounts';

test('groups the digits of the largest u64 without losing one', () => {
  expect(groupDigits('18446744073709551615')).toBe('18,446,744,073,709,551,615');
});

test('groups short and negative numbers', () => {
  expect(['0', '999', '1000', '-1000', '-12'].map(groupDigits)).toEqual([
    '0',
    '999',
    '1,000',
    '\u22121,000',
    '\u221212',
  ]);
  expect(groupDigits(124)).toBe('124');
});

test('a rate shows a decimal only while it is small', () => {
  expect([0, 0.01, 0.4, 9.94, 12.4, 4980].map(formatRate)).toEqual([
    '0',
    '<0.1',
    '0.4',
    '9.9',
    '12',
    '4,980',
  ]);
});

test('a count agrees with its noun', () => {
  expect([countOf(1, 'row'), countOf(2000, 'row'), countOf(0, 'entry', 'entries')]).toEqual([
    '1 row',
    '2,000 rows',
    '0 entries',
  ]);
});

test('a span keeps two units at most', () => {
  expect([0, 0.4, 430, 12_340, 59_960, 245_000, 7_440_000, 273_600_000, 86_400_000].map(formatSpan)).toEqual([
    '0 ms',
    '<1 ms',
    '430 ms',
    '12.3 s',
    '1 m 00 s',
    '4 m 05 s',
    '2 h 04 m',
    '3 d 04 h',
    '1 d',
  ]);
});

test('the longest callback delay still reads as a span', () => {
  expect(formatSpan(Number.MAX_SAFE_INTEGER)).toBe('285,421 y');
});

test('a percentage is never 100 before the end', () => {
  expect(wholePercent(999_999, 1_000_000)).toBe(99);
  expect(wholePercent(1_000_000, 1_000_000)).toBe(100);
  expect(wholePercent(0, 0)).toBe(0);
});
