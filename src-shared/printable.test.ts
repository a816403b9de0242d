import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import { cutId, cutMiddle, fileName, toPrintable, toPrintableJson, toPrintableText } from './printable';

it.each([
  ['plain é 漢 🙂 אב', 'plain é 漢 🙂 אב'],
  ['\u001b[31m', '\\u{1b}[31m'],
  ['a\tb\nc', 'a\\u{9}b\\u{a}c'],
  ['\u009b', '\\u{9b}'],
  ['\u2028', '\\u{2028}'],
  ['\u202elive', '\\u{202e}live'],
  ['zero\u200bwidth', 'zero\\u{200b}width'],
  [' ', '\\u{20}'],
  [' a b  c ', '\\u{20}a b \\u{20}c\\u{20}'],
  ['a\u00a0b\u3000c', 'a\\u{a0}b\\u{3000}c'],
  ['\u0301a', '\\u{301}a'],
  ['\u3164', '\\u{3164}'],
  ['\\u{20}', '\\u{5c}u{20}'],
  ['C:\\users', 'C:\\users'],
])('shows the name %j as %s', (name, shown) => {
  expect(toPrintable(name)).toBe(shown);
});

/** An independent list, by name where the standard has one, to check the character classes against. */
const HIDDEN = [
  /\p{Cc}|\p{Cf}|\p{Cs}|\p{Co}|\p{Cn}/u,
  /\p{Zs}|\p{Zl}|\p{Zp}|\p{White_Space}|\p{Pattern_White_Space}/u,
  /\p{Bidi_Control}|\p{Join_Control}|\p{Variation_Selector}|\p{Default_Ignorable_Code_Point}/u,
  /[\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0]/u,
];
const isHidden = (character: string) => HIDDEN.some((kind) => kind.test(character));

test('no character that is invisible or turns the direction is shown as it is, wherever it stands', () => {
  // Planes 4 to 13 are empty and two are for private use; their first characters stand for the rest.
  const planes = [
    [0, 0x3ffff],
    [0x40000, 0x400ff],
    [0xe0000, 0xe0fff],
    [0xf0000, 0xf00ff],
  ] as const;
  const all = planes.flatMap(([from, to]) =>
    Array.from({ length: to - from + 1 }, (_, at) => String.fromCodePoint(from + at)),
  );
  const hidden = all.filter((character) => character !== ' ' && isHidden(character));
  const visible = all.filter((character) => character !== '\\' && !isHidden(character));
  expect(hidden.length).toBeGreaterThan(1_000);
  for (const character of hidden) {
    const escaped = `\\u{${character.codePointAt(0)?.toString(16)}}`;
    const shown = ['', 'a'].flatMap((before) =>
      ['', 'b'].map((after) => toPrintable(before + character + after)),
    );
    if (shown.join(' ') !== `${escaped} ${escaped}b a${escaped} a${escaped}b`) expect(shown).toBe(escaped);
    if (toPrintableText(`a${character}`) !== `a${escaped}`) expect(character).toBe(escaped);
  }
  // Nothing else is replaced: an accent after its letter belongs to it.
  const text = `a${visible.join('a')}`;
  expect(toPrintable(text) === text).toBe(true);
  expect(toPrintableText(text) === text).toBe(true);
});

const anyName = fc.array(
  fc.constantFrom(' ', '\u200b', '\u202e', '\n', '\\', 'u', '{', '20', '}', 'a', 'é'),
  {
    maxLength: 8,
  },
);

test('two different names are never shown alike', () => {
  fc.assert(
    fc.property(anyName, anyName, (one, other) => {
      const [a, b] = [one.join(''), other.join('')];
      expect(toPrintable(a) === toPrintable(b)).toBe(a === b);
    }),
    { numRuns: 2_000 },
  );
});

test('a name is shown on one line, with every blank of it in sight', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 12 }), (name) => {
      const shown = toPrintable(name);
      expect(shown.trim()).toBe(shown);
      expect(shown).not.toMatch(/\s\s|[^\S ]/);
    }),
  );
});

test('JSON is the same JSON when it is made printable', () => {
  fc.assert(
    fc.property(fc.json(), fc.string({ unit: 'binary' }), (json, text) => {
      expect(JSON.parse(toPrintableJson(json))).toEqual(JSON.parse(json));
      const quoted = JSON.stringify(text);
      expect(JSON.parse(toPrintableJson(quoted))).toBe(text);
      expect([...toPrintableJson(quoted)].filter((one) => one !== ' ' && isHidden(one))).toEqual([]);
    }),
  );
});

it('cuts long texts only, and never within a character', () => {
  expect(cutMiddle('6BhkGCMVMyrjEEkrASJcLxfAvoW43g6BubxjpeUyZFoz', 6, 4)).toBe('6BhkGC…ZFoz');
  expect(cutMiddle('short-acct', 6, 4)).toBe('short-acct');
  expect(cutMiddle('🙂'.repeat(20), 2, 1)).toBe('🙂🙂…🙂');
});

test('cuts a long id in the middle and leaves a short one whole', () => {
  expect(cutId('6BhkGCMVMyrjEEkrASJcLxfAvoW43g6BubxjpeUyZFoz')).toBe('6BhkGC…yZFoz');
  expect(cutId('short-id')).toBe('short-id');
});

test('never cuts a character in two', () => {
  expect(cutId('😀'.repeat(20))).toBe(`${'😀'.repeat(6)}…${'😀'.repeat(5)}`);
});

test('takes the name off a path of either kind', () => {
  expect(fileName('/data/sample.json')).toBe('sample.json');
  expect(fileName('C:\\data\\sample.json')).toBe('sample.json');
  expect(fileName('sample.json')).toBe('sample.json');
});
