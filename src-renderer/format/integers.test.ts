import fc from 'fast-check';
import { expect, test } from 'vitest';
import { groupDigits } from '../../src-shared/amounts';
import { versionText } from '../../src-shared/update';
import {
  compactCount,
  cutVersion,
  formatBytes,
  formatChange,
  formatScale,
  formatVersion,
  parseU64,
  parseVersion,
  subtractU64,
} from './integers';

test('grouping any u64 and taking the separators out again gives the same text', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
      const text = value.toString();
      expect(groupDigits(text).replaceAll(',', '')).toBe(text);
      expect(parseU64(groupDigits(text))).toBe(text);
    }),
  );
});

test('a version with a slot is grouped on both sides of its colon, and read back', () => {
  expect(formatVersion('1234')).toBe('1,234');
  expect(formatVersion('250123456:18446744073709551615')).toBe('250,123,456:18,446,744,073,709,551,615');
  const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String);
  fc.assert(
    fc.property(u64, u64, (slot, version) => {
      const text = versionText(slot, version);
      expect(parseVersion(formatVersion(text))).toBe(text);
    }),
  );
  expect(parseVersion(' 0 : 5 ')).toBe('5');
  for (const wrong of ['', ':', '5:', ':5', '1:2:3', '1:x', '18446744073709551616:1'])
    expect(parseVersion(wrong), wrong).toBeNull();
});

test('a change shows its sign, and zero has none', () => {
  expect(formatChange('12')).toBe('+12');
  expect(formatChange('-1200')).toBe('\u22121,200');
  expect(formatChange('0')).toBe('0');
});

test('subtracts beyond 2^53 exactly', () => {
  expect(subtractU64('18446744073709551615', '18446744073709551614')).toBe('1');
  expect(subtractU64('0', '18446744073709551615')).toBe('-18446744073709551615');
});

test('refuses what is not a u64', () => {
  expect(parseU64('18446744073709551616')).toBeNull();
  expect(parseU64('-1')).toBeNull();
  expect(parseU64('1.5')).toBeNull();
  expect(parseU64('')).toBeNull();
  expect(parseU64(' 1 000_000 ')).toBe('1000000');
});

test('bytes keep three figures and change unit before they show a thousand', () => {
  expect([0, 999, 1000, 28_262, 999_960, 557_000_000, 2_500_000_000].map(formatBytes)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '28.3 kB',
    '1.0 MB',
    '557 MB',
    '2.5 GB',
  ]);
});

test('the scale of an axis reaches the largest u64 in few letters', () => {
  expect([0, 0.5, 512, 1200, 999_999, 2 ** 64].map(formatScale)).toEqual([
    '0',
    '0.5',
    '512',
    '1.2k',
    '1M',
    '18.4E',
  ]);
});

test('a label keeps both ends of a long number, and all of one that fits', () => {
  expect(['', '7', '412000123', '18446744073709551615'].map(cutVersion)).toEqual([
    '',
    '7',
    '412,000,123',
    '18,446…551,615',
  ]);
});

test('a count for a small space never says more than there is', () => {
  expect(
    [0, 99_999, 100_000, 771_264, 999_999, 1_000_000, 1_089_123, 12_999_999, 5_000_000_000].map(compactCount),
  ).toEqual(['0', '99,999', '100k', '771k', '999k', '1.00M', '1.08M', '12.9M', '5.00G']);
});
