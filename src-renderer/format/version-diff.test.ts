import { expect, test } from 'vitest';
import { type DiffableVersion, diffVersions } from './version-diff';

const base: DiffableVersion = {
  accountType: 'escrow',
  tokens: '100',
  version: '5',
  callbackTimeMs: 400,
  data: '{"mintId":"abc","nested":{"n":1}}',
  decoded: null,
};

test('equal versions have no differences', () => {
  expect(diffVersions(base, { ...base })).toEqual([]);
});

test('names each field that changed, with both literals and the change of tokens', () => {
  const changes = diffVersions(base, {
    ...base,
    tokens: '18446744073709551615',
    version: '6',
    data: '{"mintId":"abd","nested":{"n":1},"added":[1,2]}',
  });
  expect(changes).toEqual([
    {
      path: 'tokens',
      kind: 'changed',
      before: '100',
      after: '18446744073709551615',
      change: '18446744073709551515',
    },
    { path: 'version', kind: 'changed', before: '5', after: '6', change: null },
    { path: 'data.mintId', kind: 'changed', before: '"abc"', after: '"abd"', change: null },
    { path: 'data.added', kind: 'added', before: null, after: '[1, 2]', change: null },
  ]);
});

test('names decoded fields before the bytes that they are in, and leaves out the middle of long bytes', () => {
  const version = (amount: string, letter: string) => ({
    ...base,
    decoded: `{"type":"account","fields":{"amount":${amount}}}`,
    data: `{"data":["${letter.repeat(20_000)}","base64"]}`,
  });
  const cut = (letter: string) => `"${letter.repeat(159)} … 19,762 characters … ${letter.repeat(79)}"`;
  expect(diffVersions(version('9007199254740993', 'A'), version('9007199254740992', 'B'))).toEqual([
    {
      path: 'decoded.fields.amount',
      kind: 'changed',
      before: '9007199254740993',
      after: '9007199254740992',
      change: null,
    },
    { path: 'data.data[0]', kind: 'added', before: null, after: cut('B'), change: null },
    { path: 'data.data[0]', kind: 'removed', before: cut('A'), after: null, change: null },
  ]);
});

test('tells apart two integers that one double stands for', () => {
  const changes = diffVersions(
    { ...base, data: '{"n":9007199254740993}' },
    { ...base, data: '{"n":9007199254740992}' },
  );
  expect(changes).toMatchObject([{ path: 'data.n', before: '9007199254740993', after: '9007199254740992' }]);
});

test('follows a list place by place', () => {
  const changes = diffVersions(
    { ...base, data: '{"l":[{"a":1},{"a":2}]}' },
    { ...base, data: '{"l":[{"a":1},{"a":3}]}' },
  );
  expect(changes).toMatchObject([{ path: 'data.l[1].a', before: '2', after: '3' }]);
});

test('a removed field, and data that became another kind of value', () => {
  expect(diffVersions(base, { ...base, data: '{"mintId":"abc"}' })).toMatchObject([
    { path: 'data.nested', kind: 'removed', before: '{"n": 1}', after: null },
  ]);
  expect(diffVersions(base, { ...base, data: '[1]' })).toMatchObject([{ path: 'data', kind: 'changed' }]);
});

test('a key called __proto__ is only a key', () => {
  expect(
    diffVersions({ ...base, data: '{}' }, { ...base, data: '{"__proto__":{"polluted":1}}' }),
  ).toMatchObject([{ path: 'data.__proto__', kind: 'added' }]);
  expect('polluted' in {}).toBe(false);
});
