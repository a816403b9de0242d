import { expect, test } from 'vitest';
import { COMMANDS } from './commands';

const chords = COMMANDS.flatMap((command): readonly string[] => command.chords);

test('no two commands answer to the same keys', () => {
  expect(new Set(chords).size).toBe(chords.length);
});

test('no key is at once a command and the beginning of a longer one', () => {
  const leaders = chords.filter((chord) => chord.includes(' ')).map((chord) => chord.split(' ')[0]);
  expect(chords.filter((chord) => leaders.includes(chord))).toEqual([]);
});
