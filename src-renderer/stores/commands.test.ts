import { expect, test } from 'vitest';
import { COMMANDS, KEY_BINDINGS, VIEW_ENTRIES } from './commands';

test('no two commands answer to the same keys', () => {
  const chords = KEY_BINDINGS.flatMap((binding) => binding.chords);
  expect(new Set(chords).size).toBe(chords.length);
});

test('no key is at once a command and the beginning of a longer one', () => {
  const chords = KEY_BINDINGS.flatMap((binding) => binding.chords);
  const leaders = chords.filter((chord) => chord.includes(' ')).map((chord) => chord.split(' ')[0]);
  expect(chords.filter((chord) => leaders.includes(chord))).toEqual([]);
});

test('every view on the rail has its key', () => {
  const byId = new Map<string, readonly string[]>(COMMANDS.map(({ id, chords }) => [id, chords]));
  for (const { view, key } of VIEW_ENTRIES) expect(byId.get(`view.${view}`)).toEqual([`g ${key}`]);
});
