import { expect, it } from 'vitest';
import { shortenId, toPrintable } from './printable';

it.each([
  ['plain é 漢 🙂', 'plain é 漢 🙂'],
  ['\u001b[31m', '\\u{1b}[31m'],
  ['a\tb\nc', 'a\\u{9}b\\u{a}c'],
  ['\u009b', '\\u{9b}'],
  ['\u2028', '\\u{2028}'],
  ['\u202e', '\\u{202e}'],
])('shows %j as %s', (text, shown) => {
  expect(toPrintable(text)).toBe(shown);
});

it('shortens long ids only', () => {
  expect(shortenId('6BhkGCMVMyrjEEkrASJcLxfAvoW43g6BubxjpeUyZFoz')).toBe('6BhkGC…ZFoz');
  expect(shortenId('short-account')).toBe('short-account');
});
