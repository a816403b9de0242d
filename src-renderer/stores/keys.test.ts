import { expect, test } from 'vitest';
import { type KeyBinding, type KeyPress, LEADER_MS, NO_KEYS, pressKey, showChord } from './keys';

const bindings: readonly KeyBinding[] = [
  { command: 'palette', chords: ['mod+k'], whileTyping: true },
  { command: 'accounts', chords: ['g a'] },
  { command: 'play', chords: ['space'] },
  { command: 'shortcuts', chords: ['?'] },
  { command: 'step', chords: ['s'] },
];
const press = (key: string, more: Partial<KeyPress> = {}): KeyPress => ({
  key,
  mod: false,
  alt: false,
  shift: false,
  timeMs: 0,
  typing: false,
  control: null,
  covered: false,
  ...more,
});

test('one key, one command', () => {
  expect(pressKey(NO_KEYS, press(' '), bindings)).toMatchObject({ command: 'play', handled: true });
});

test('a leader waits for the second key of its chord', () => {
  const first = pressKey(NO_KEYS, press('g'), bindings);
  expect(first).toMatchObject({ command: null, handled: true });
  expect(pressKey(first.state, press('a', { timeMs: LEADER_MS }), bindings).command).toBe('accounts');
});

test('a leader that waited too long is forgotten', () => {
  const first = pressKey(NO_KEYS, press('g'), bindings);
  expect(pressKey(first.state, press('a', { timeMs: LEADER_MS + 1 }), bindings).command).toBeNull();
});

test('after a leader, a key that does not complete a chord still means itself', () => {
  const first = pressKey(NO_KEYS, press('g'), bindings);
  expect(pressKey(first.state, press('s'), bindings).command).toBe('step');
});

test('while one types, only what was made for it is heard', () => {
  expect(pressKey(NO_KEYS, press('s', { typing: true }), bindings).command).toBeNull();
  expect(pressKey(NO_KEYS, press('k', { typing: true, mod: true }), bindings).command).toBe('palette');
});

test('a focused button keeps its Space', () => {
  expect(pressKey(NO_KEYS, press(' ', { control: 'button' }), bindings)).toMatchObject({
    command: null,
    handled: false,
  });
  expect(pressKey(NO_KEYS, press('s', { control: 'button' }), bindings).command).toBe('step');
});

test('Space plays and pauses while the focus is on a link or a slider, which do not use it', () => {
  const keys: readonly KeyBinding[] = [...bindings, { command: 'down', chords: ['ArrowDown'] }];
  const meant = (key: string, control: KeyPress['control']) =>
    pressKey(NO_KEYS, press(key, { control }), keys).command;
  expect(meant(' ', 'link')).toBe('play');
  expect(meant(' ', 'range')).toBe('play');
  expect(meant('ArrowDown', 'link')).toBe('down');
  expect(meant('ArrowDown', 'range')).toBeNull();
});

test('under a dialog no key acts on what lies below', () => {
  expect(pressKey(NO_KEYS, press(' ', { covered: true }), bindings).command).toBeNull();
});

test('a question mark is itself, with Shift held or without', () => {
  expect(pressKey(NO_KEYS, press('?', { shift: true }), bindings).command).toBe('shortcuts');
});

test('shows chords as a person reads them', () => {
  expect(showChord('mod+k', false)).toEqual(['Ctrl+K']);
  expect(showChord('mod+k', true)).toEqual(['\u2318K']);
  expect(showChord('g a', false)).toEqual(['G', 'A']);
});
