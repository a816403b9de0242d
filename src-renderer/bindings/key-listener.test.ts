import { beforeEach, expect, test, vi } from 'vitest';
import type { KeyBinding } from '../stores/keys';
import { createKeyListener, type KeyPlace, LEADER_MS } from './key-listener';

/** Node has events but no keyboard. */
class KeyPress extends Event {
  readonly isComposing = false;
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;

  constructor(
    readonly key: string,
    private readonly held: readonly string[],
  ) {
    super('keydown', { cancelable: true });
    this.code = key === ' ' ? 'Space' : '';
    this.ctrlKey = held.includes('Control');
    this.metaKey = held.includes('Meta');
  }

  getModifierState(name: string): boolean {
    return this.held.includes(name);
  }
}

const BINDINGS: readonly KeyBinding[] = [
  { command: 'copy', chords: ['c'] },
  { command: 'palette', chords: ['$mod+k'] },
  { command: 'accounts', chords: ['g a'] },
  { command: 'callbacks', chords: ['g c'] },
  { command: 'play', chords: ['Space'] },
  { command: 'shortcuts', chords: ['?'] },
  { command: 'help', chords: ['F1'] },
  { command: 'step', chords: ['s'] },
  { command: 'down', chords: ['ArrowDown'] },
  { command: 'theme', chords: ['$mod+Shift+l'] },
  { command: 'close', chords: ['Escape'] },
];

function openKeyboard() {
  let meant: string[] = [];
  let place: KeyPlace = { typing: false, control: null, covered: false };
  const listen = createKeyListener(
    BINDINGS,
    () => place,
    (command) => meant.push(command) > 0,
  );
  return {
    /** Returns the commands that the press ran. */
    press(key: string, at: Partial<KeyPlace> = {}, ...held: string[]) {
      meant = [];
      place = { typing: false, control: null, covered: false, ...at };
      const event = new KeyPress(key, held) as unknown as KeyboardEvent;
      listen(event);
      expect(event.defaultPrevented).toBe(meant.length > 0);
      return meant;
    },
  };
}

beforeEach(() => {
  vi.stubGlobal('KeyboardEvent', KeyPress);
  vi.useFakeTimers();
  return () => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  };
});

test('one key, one command', () => {
  expect(openKeyboard().press(' ')).toEqual(['play']);
});

test('a leader waits for the second key of its chord', () => {
  const { press } = openKeyboard();
  expect(press('g')).toEqual([]);
  vi.advanceTimersByTime(LEADER_MS - 1);
  expect(press('a')).toEqual(['accounts']);
});

test('a leader that waited too long is forgotten', () => {
  const { press } = openKeyboard();
  press('g');
  vi.advanceTimersByTime(LEADER_MS);
  expect(press('a')).toEqual([]);
});

test('after a leader, a key that does not complete a chord still means itself', () => {
  const { press } = openKeyboard();
  press('g');
  expect(press('s')).toEqual(['step']);
});

test('after a leader, a key that completes a chord does not mean itself as well', () => {
  const { press } = openKeyboard();
  press('g');
  expect(press('c')).toEqual(['callbacks']);
  expect(press('c')).toEqual(['copy']);
});

test('a chord right after another one is understood', () => {
  const { press } = openKeyboard();
  for (const [key, command] of [
    ['a', 'accounts'],
    ['c', 'callbacks'],
    ['a', 'accounts'],
  ] as const) {
    expect(press('g')).toEqual([]);
    expect(press(key)).toEqual([command]);
  }
});

test('in a text field only chords with a modifier, Escape and F1 are heard', () => {
  const { press } = openKeyboard();
  expect(press('s', { typing: true })).toEqual([]);
  expect(press('k', { typing: true }, 'Control')).toEqual(['palette']);
  expect(press('Escape', { typing: true })).toEqual(['close']);
  expect(press('F1', { typing: true })).toEqual(['help']);
});

test('a focused button keeps its Space', () => {
  const { press } = openKeyboard();
  expect(press(' ', { control: 'button' })).toEqual([]);
  expect(press('s', { control: 'button' })).toEqual(['step']);
});

test('Space plays and pauses while the focus is on a link or a slider, which do not use it', () => {
  const { press } = openKeyboard();
  expect(press(' ', { control: 'link' })).toEqual(['play']);
  expect(press(' ', { control: 'range' })).toEqual(['play']);
  expect(press('ArrowDown', { control: 'link' })).toEqual(['down']);
  expect(press('ArrowDown', { control: 'range' })).toEqual([]);
});

test('under a dialog no key acts on what lies below', () => {
  expect(openKeyboard().press(' ', { covered: true })).toEqual([]);
});

test('a question mark is itself, with Shift held or without', () => {
  const { press } = openKeyboard();
  expect(press('?')).toEqual(['shortcuts']);
  expect(press('?', {}, 'Shift')).toEqual(['shortcuts']);
});

test('a modifier that no chord names is another chord', () => {
  const { press } = openKeyboard();
  expect(press('L', {}, 'Control', 'Shift')).toEqual(['theme']);
  expect(press('L', {}, 'Control')).toEqual([]);
  expect(press('s', {}, 'Alt')).toEqual([]);
});
