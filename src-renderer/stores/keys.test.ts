import { expect, test } from 'vitest';
import { showChord } from './keys';

test('shows chords as a person reads them', () => {
  expect(showChord('$mod+k', false)).toEqual(['Ctrl+K']);
  expect(showChord('$mod+k', true)).toEqual(['\u2318K']);
  expect(showChord('g a', false)).toEqual(['G', 'A']);
});
