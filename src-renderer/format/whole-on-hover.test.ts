import { expect, test } from 'vitest';
import { wholeOnHover } from './whole-on-hover';

test('a text that has room needs no tip, a longer one is said whole', () => {
  expect(wholeOnHover('mint', 4)).toBeUndefined();
  expect(wholeOnHover('mints', 4)).toBe('mints');
});
