import { expect, test } from 'vitest';
import { judge, judgeFields, NOT_CALLBACK_TIME, NOT_U64 } from './testing/judge';
import { recordText } from './testing/reading';
import { keepParentProgram } from './validate';

function reasonFor(fields: Record<string, string | undefined>): string | undefined {
  const judged = judgeFields(fields);
  return judged.kind === 'reject' ? judged.reason : undefined;
}

test('a valid record is an update, its data as it stands in the source', () => {
  const data = '{ "price": 1.10, "supply": 18446744073709551615, "far": 1e400, "a":1, "a":2 }';
  expect(judgeFields({ data, callbackTimeMs: '9007199254740991' })).toEqual({
    record: 7,
    kind: 'update',
    update: {
      id: 'a',
      accountType: 'mint',
      tokens: '1',
      version: '1',
      callbackTimeMs: 9007199254740991,
      data,
    },
  });
});

test('a reject names the record, the field and the reason, and shows its text', () => {
  const text = recordText({ version: undefined });
  expect(judge(text)).toEqual({
    record: 7,
    kind: 'reject',
    field: 'version',
    reason: 'version: required',
    excerpt: text,
  });
});

const CASES: [fields: Record<string, string | undefined>, reason: string | undefined][] = [
  [{ id: undefined }, 'id: required'],
  [{ id: '5' }, 'id: must be a string'],
  [{ id: 'null' }, 'id: must be a string'],
  [{ id: '""' }, 'id: must not be empty'],
  [{ id: `"${'x'.repeat(128)}"` }, undefined],
  [{ id: `"${'x'.repeat(129)}"` }, 'id: longer than 128 characters'],
  [{ id: `"${'😀'.repeat(128)}"` }, undefined],
  [{ id: `"${'😀'.repeat(129)}"` }, 'id: longer than 128 characters'],
  [{ id: `"${'\\u0061'.repeat(128)}"` }, undefined],
  [{ id: '"a\\u0000b"' }, 'id: holds the character U+0000, which the database cannot store'],
  [{ id: '"a\\\\u0000b"' }, undefined],
  [{ id: '"\\ud83d"' }, 'id: holds half of a surrogate pair, which the database cannot store'],
  [{ id: '"\\ud83d\\ude00"' }, undefined],
  [{ accountType: undefined }, 'accountType: required'],
  [{ accountType: '{}' }, 'accountType: must be a string'],
  [{ accountType: '""' }, 'accountType: must not be empty'],
  [{ accountType: `"${'é'.repeat(64)}"` }, undefined],
  [{ accountType: `"${'é'.repeat(65)}"` }, 'accountType: longer than 64 characters'],
  [{ accountType: '"\\u0000"' }, 'accountType: holds the character U+0000, which the database cannot store'],
  [{ tokens: undefined }, 'tokens: required'],
  [{ tokens: '"243"' }, undefined],
  [{ tokens: '"\\u0032"' }, undefined],
  [{ tokens: '0' }, undefined],
  [{ tokens: '18446744073709551615' }, undefined],
  [{ tokens: '"18446744073709551615"' }, undefined],
  [{ tokens: '18446744073709551616' }, `tokens: ${NOT_U64}`],
  [{ tokens: '99999999999999999999' }, `tokens: ${NOT_U64}`],
  [{ tokens: '100000000000000000000' }, `tokens: ${NOT_U64}`],
  ...[
    '1.0',
    '1e3',
    '1E0',
    '-1',
    '-0',
    '0.5',
    '"+5"',
    '"0x10"',
    '""',
    '" 5"',
    '"5 "',
    '"NaN"',
    '"-1"',
    '"1.0"',
  ].map((tokens): [Record<string, string>, string] => [{ tokens }, `tokens: ${NOT_U64}`]),
  ...['true', 'null', '[]', '{}', '"1e3"', '"1_000"', '"٣"', '"five"', '"5\\u0000"'].map(
    (tokens): [Record<string, string>, string] => [{ tokens }, `tokens: ${NOT_U64}`],
  ),
  [{ tokens: '"007"' }, 'tokens: must not have leading zeros'],
  [{ tokens: '"00"' }, 'tokens: must not have leading zeros'],
  [{ tokens: '"0"' }, undefined],
  [{ version: '18446744073709551616' }, `version: ${NOT_U64}`],
  [{ version: '"18446744073709551615"' }, undefined],
  [{ version: 'null' }, `version: ${NOT_U64}`],
  [{ slot: '0' }, undefined],
  [{ slot: '18446744073709551615' }, undefined],
  [{ slot: '"18446744073709551615"' }, undefined],
  [{ slot: '18446744073709551616' }, `slot: ${NOT_U64}`],
  [{ slot: '-1' }, `slot: ${NOT_U64}`],
  [{ slot: '""' }, `slot: ${NOT_U64}`],
  [{ slot: 'null' }, `slot: ${NOT_U64}`],
  [{ slot: '[5]' }, `slot: ${NOT_U64}`],
  [{ slot: '"012"' }, 'slot: must not have leading zeros'],
  [{ callbackTimeMs: undefined }, 'callbackTimeMs: required'],
  [{ callbackTimeMs: '"500"' }, undefined],
  [{ callbackTimeMs: '9007199254740991' }, undefined],
  [{ callbackTimeMs: '9007199254740992' }, `callbackTimeMs: ${NOT_CALLBACK_TIME}`],
  [{ callbackTimeMs: '500.0' }, `callbackTimeMs: ${NOT_CALLBACK_TIME}`],
  [{ callbackTimeMs: '-1' }, `callbackTimeMs: ${NOT_CALLBACK_TIME}`],
  [{ data: undefined }, undefined],
  [{ data: 'null' }, undefined],
  [{ data: '"text"' }, undefined],
  [{ data: '{"a":["\\u0000"]}' }, 'data: holds the character U+0000, which the database cannot store'],
  [{ data: '{"\\u0000":1}' }, 'data: holds the character U+0000, which the database cannot store'],
  [{ data: '["\\udc00"]' }, 'data: holds half of a surrogate pair, which the database cannot store'],
  [
    { data: '1e131072' },
    'data: holds a number with more than 131072 digits before or 16383 after the point, which the database cannot store',
  ],
  [
    { data: `0.${'1'.repeat(16_384)}` },
    'data: holds a number with more than 131072 digits before or 16383 after the point, which the database cannot store',
  ],
  [{ data: `0.${'1'.repeat(16_383)}` }, undefined],
  [
    { data: `[${'1e131071,'.repeat(129)}1]` },
    'data: holds numbers of more than 16777216 digits in all when written out',
  ],
];
for (const [fields, reason] of CASES) {
  const shown = JSON.stringify(fields).slice(0, 60);
  test(`${shown} is ${reason === undefined ? 'valid' : `rejected as ${reason}`}`, () => {
    expect(reasonFor(fields)).toBe(reason);
  });
}

test('the first field that is wrong is named, in the order of the words and not of the source', () => {
  const fields = ['id', 'accountType', 'tokens', 'slot', 'version', 'callbackTimeMs', 'data'];
  for (const [index, field] of fields.entries()) {
    const wrong = fields.slice(index).reverse();
    const text = recordText(Object.fromEntries(wrong.map((name) => [name, '"\\u0000"'])));
    expect(judge(text)).toMatchObject({ kind: 'reject', field });
  }
});

test('the slot comes before the version, and slot 0 is not written', () => {
  const versionOf = (fields: Record<string, string | undefined>) => {
    const judged = judgeFields({ version: '5', ...fields });
    return judged.kind === 'update' ? judged.update.version : judged.reason;
  };
  expect(versionOf({})).toBe('5');
  expect(versionOf({ slot: '0' })).toBe('5');
  expect(versionOf({ slot: '12' })).toBe('12:5');
  expect(versionOf({ slot: '"18446744073709551615"', version: '0' })).toBe('18446744073709551615:0');
  expect(versionOf({ SLOT: '12' })).toBe('12:5');
});

test('a record that is no object is rejected as a whole', () => {
  for (const text of ['5', '-1.5', '"x"', 'null', 'true', '[]', '[{"id":"a"}]']) {
    expect(judge(text)).toMatchObject({
      field: 'record',
      reason: 'record: must be an object',
      excerpt: text,
    });
  }
});

test('an excerpt is cut at 512 characters, and never within one', () => {
  const judged = judge(`["${'😀'.repeat(600)}"]`);
  expect(judged.kind === 'reject' && judged.excerpt).toBe(`["${'😀'.repeat(510)}`);
});

test('absent data is an empty object, and null stays null', () => {
  expect(judgeFields({ data: undefined })).toMatchObject({ update: { data: '{}' } });
  expect(judgeFields({ data: 'null' })).toMatchObject({ update: { data: 'null' } });
});

test('of a field given twice the last one counts, also when the last one is wrong', () => {
  expect(judge(recordText({ a: '1' }).replace('"a":1', '"tokens":"5"'))).toMatchObject({
    update: { tokens: '5' },
  });
  expect(judge(recordText({ a: '1' }).replace('"a":1', '"tokens":null'))).toMatchObject({ field: 'tokens' });
});

test('names written with escapes are the same names', () => {
  expect(judge(recordText().replace('"tokens"', '"t\\u006fkens"'))).toMatchObject({ kind: 'update' });
});

test('fields that no one knows are ignored, whatever they hold', () => {
  expect(judgeFields({ extra: '"\\u0000"', far: '1e999999', tokenz: '{}' })).toMatchObject({
    kind: 'update',
  });
});

test('names that mean something in JavaScript do no harm, and stay in the data', () => {
  const data = '{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"x":1}}}';
  const judged = judgeFields({ data, __proto__: '1', constructor: '{"tokens":9}' });
  expect(judged).toMatchObject({ kind: 'update', update: { data } });
  expect({}).not.toHaveProperty('isAdmin');
  expect(judge('{"__proto__":{"id":"a"}}')).toMatchObject({ reason: 'id: required; found __proto__' });
});

test('the parent program is kept inside the data', () => {
  const text = (data: string) =>
    `{"id":"a","parentProgramSubType":"mint","parentProgram":"metaplex","tokens":1,"version":1,"callbackTimeMs":0${data}}`;
  expect(judge(text(''))).toMatchObject({ update: { data: '{"parentProgram":"metaplex"}' } });
  expect(judge(text(',"data":{"n":1.10}'))).toMatchObject({
    update: { data: '{"parentProgram":"metaplex","n":1.10}' },
  });
  expect(judge(text(',"data":"\\u0000"'))).toMatchObject({ field: 'data' });
});

test.each([
  ['{}', '{"parentProgram":"p"}'],
  ['{ }', '{"parentProgram":"p"}'],
  ['{ "n": 1.10 }', '{"parentProgram":"p", "n": 1.10 }'],
  ['{"__proto__":1}', '{"parentProgram":"p","__proto__":1}'],
  ['{"deep":{"parentProgram":1}}', '{"parentProgram":"p","deep":{"parentProgram":1}}'],
  ['{"parentProgram":"q"}', '{"parentProgram":"p","data":{"parentProgram":"q"}}'],
  ['{"parent\\u0050rogram":"q"}', '{"parentProgram":"p","data":{"parent\\u0050rogram":"q"}}'],
  ['null', '{"parentProgram":"p","data":null}'],
  ['[1]', '{"parentProgram":"p","data":[1]}'],
  ['"{"', '{"parentProgram":"p","data":"{"}'],
])('%s with a parent program is stored as %s', (data, stored) => {
  expect(keepParentProgram(data, '"p"')).toBe(stored);
});
