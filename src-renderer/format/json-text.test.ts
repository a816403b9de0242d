import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseTree, prettyLines, prettyText } from './json-text';

test('a number that a double cannot hold comes out as it went in', () => {
  expect(prettyText('{"n":18446744073709551615,"d":0.10000000000000000001}')).toBe(
    '{\n  "n": 18446744073709551615,\n  "d": 0.10000000000000000001\n}',
  );
});

test('prints any JSON value as the standard printer does', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const standard = JSON.stringify(value, null, 2);
      expect(prettyText(JSON.stringify(value))).toBe(standard);
    }),
  );
});

test('marks and quotes inside strings are text', () => {
  expect(prettyText('{"a":"{\\"b\\":[1,2]}"}')).toBe('{\n  "a": "{\\"b\\":[1,2]}"\n}');
});

test('tells keys from strings', () => {
  const kinds = prettyLines('{"a":"b"}').flatMap((line) => line.tokens.map((token) => token.kind));
  expect(kinds).toEqual(['mark', 'key', 'mark', 'string', 'mark']);
});

test('parses to a tree of literals, with an own key called __proto__', () => {
  const tree = parseTree('{"__proto__":{"x":9007199254740993},"l":[true,null]}');
  expect('members' in tree && [...tree.members.keys()]).toEqual(['__proto__', 'l']);
  expect('members' in tree && tree.members.get('__proto__')).toEqual({
    members: new Map([['x', { literal: '9007199254740993' }]]),
  });
});
