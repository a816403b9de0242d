import { expect, test } from 'vitest';
import { openPieces, readPieces, recordText } from './testing/reading';

const OLDER = { accountType: undefined, callbackTimeMs: undefined };

/** A valid record under other names. */
const renamed = (names: Record<string, string>, id = '"a"') =>
  recordText({
    id,
    ...Object.fromEntries(Object.keys(names).map((name) => [name, undefined])),
    ...values(names),
  });

const VALUES: Record<string, string> = {
  id: '"a"',
  accountType: '"mint"',
  tokens: '5',
  version: '6',
  callbackTimeMs: '7',
  data: '{"n":1}',
};
function values(names: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(names).map(([field, name]) => [name, VALUES[field] ?? '0']));
}

async function namesOf(...texts: string[]): Promise<string> {
  const source = await openPieces(texts.join('\n'));
  for await (const _ of source.chunks());
  return source.fieldMap;
}

const SPELLINGS: [field: string, name: string][] = [
  ['accountType', 'account_type'],
  ['accountType', 'AccountType'],
  ['accountType', 'accounttype'],
  ['accountType', 'ACCOUNT_TYPE'],
  ['accountType', 'parentProgramSubType'],
  ['accountType', 'parent_program_sub_type'],
  ['accountType', 'parent_program_subtype'],
  ['callbackTimeMs', 'callback_time_ms'],
  ['callbackTimeMs', 'call_back_time_ms'],
  ['callbackTimeMs', 'callBackTimeMs'],
  ['id', 'ID'],
  ['tokens', 'Tokens'],
  ['version', 'VERSION'],
  ['data', 'Data'],
];
test.each(SPELLINGS)('%s may be called %s, and the source is said to call it so', async (field, name) => {
  const text = renamed({ [field]: name });
  const { records } = await readPieces(text);
  const read = field === 'data' ? '{"n":1}' : VALUES[field]?.replaceAll('"', '');
  expect(records).toMatchObject([
    { kind: 'update', update: { [field]: field === 'callbackTimeMs' ? Number(read) : read } },
  ]);
  expect(await namesOf(text)).toBe(name);
});

test('each field is matched by itself: one other name does not ask for the others', async () => {
  const { records } = await readPieces(
    renamed({ accountType: 'parentProgramSubType', callbackTimeMs: 'call_back_time_ms' }),
  );
  expect(records).toMatchObject([{ kind: 'update', update: { accountType: 'mint', callbackTimeMs: 7 } }]);
});

test.each(['parentProgram', 'parentProgramId', 'parent_program', 'parent_program_id'])(
  '%s is kept inside the data',
  async (name) => {
    const { records } = await readPieces(recordText({ [name]: '"auct"', data: '{"n":1}' }));
    expect(records).toMatchObject([{ update: { data: '{"parentProgram":"auct","n":1}' } }]);
  },
);

test('a mixed source is read whole, each record by its own names, and says which it mixes', async () => {
  const snake = renamed({ accountType: 'account_type', callbackTimeMs: 'callback_time_ms' }, '"b"');
  const { records } = await readPieces(`${recordText()}\n${snake}\n${recordText()}`);
  expect(records.map(({ kind }) => kind)).toEqual(['update', 'update', 'update']);
  expect(await namesOf(recordText(), snake)).toBe(
    'mixed: accountType, account_type, callbackTimeMs, callback_time_ms',
  );
});

test('names are told from the first records, and again when later ones have others', async () => {
  const lines = Array.from({ length: 5000 }, () => recordText()).join('\n');
  const source = await openPieces(`${lines}\n`, `${renamed({ accountType: 'account_type' })}\n`);
  expect(source.fieldMap).toBe('canonical');
  for await (const _ of source.chunks());
  expect(source.fieldMap).toBe('mixed: accountType, account_type');
});

test.each([
  ['{"account_type":"b","accountType":"a"}', 'a'],
  ['{"accountType":"a","account_type":"b"}', 'a'],
  ['{"parentProgramSubType":"c","account_type":"b"}', 'b'],
  ['{"account_type":"b","parentProgramSubType":"c"}', 'b'],
  ['{"account_type":"b","Accounttype":"d"}', 'd'],
  ['{"accountType":"a","accountType":"e","account_type":"b"}', 'e'],
])(
  'of two names for one field the nearer to ours counts, of two as near the last: %s',
  async (both, type) => {
    const text = `${recordText(OLDER).slice(0, -1)},"callbackTimeMs":1,${both.slice(1)}`;
    expect((await readPieces(text)).records).toMatchObject([{ update: { accountType: type } }]);
  },
);

test('a name that is ours counts even where its value is wrong', async () => {
  const text = `${recordText({ accountType: 'null' }).slice(0, -1)},"account_type":"b"}`;
  expect((await readPieces(text)).records).toMatchObject([
    { kind: 'reject', reason: 'accountType: must be a string' },
  ]);
});

test('any number of unknown names neither hides a known one nor is taken for it', async () => {
  const unknown = Array.from({ length: 2000 }, (_, at) => `"field${at}":1`).join(',');
  const text = `{${unknown},${renamed({ accountType: 'account_type', tokens: 'TOKENS' }).slice(1)}`;
  const { records } = await readPieces(`${text}\n${recordText({ id: '"b"' })}\n${text}`);
  expect(records.map(({ kind }) => kind)).toEqual(['update', 'update', 'update']);
});

test('names with escapes are learned as what they mean, and JSON stays JSON', async () => {
  const escaped = recordText({ accountType: undefined, 'account\\type"': '1' }).replace(
    '"id"',
    '"account\\u005ftype":"mint","id"',
  );
  const { records, error } = await readPieces(`${escaped}\n${escaped}\n{"account\\type"":1}`);
  expect(records.map(({ kind }) => kind)).toEqual(['update', 'update']);
  expect(error).toMatchObject({ code: 'source_broken', details: { record: 2 } });
});

const REASONS: [text: string, field: string, reason: string][] = [
  ['{"pubkey":1,"account":{}}', 'id', 'id: required; found pubkey, account'],
  ['{}', 'id', 'id: required'],
  [recordText({ version: undefined }), 'version', 'version: required'],
  [recordText({ version: undefined, slot: '5', ver: '1' }), 'version', 'version: required; found ver'],
  [recordText({ ...OLDER, account_type: '"m"' }), 'callbackTimeMs', 'callback_time_ms: required'],
  [recordText({ ...OLDER, callback_time_ms: '1' }), 'accountType', 'account_type: required'],
  [
    recordText({ ...OLDER, account_type: '"m"', delay: '5' }),
    'callbackTimeMs',
    'callback_time_ms: required; found delay',
  ],
  [recordText({ ...OLDER, account_type: '5' }), 'accountType', 'account_type: must be a string'],
  [
    recordText({ tokens: '-1', extra: '1' }),
    'tokens',
    'tokens: must be an integer from 0 to 18446744073709551615',
  ],
  ['{"a\\u0000\\u202eb":1,"":2,"c d":3}', 'id', 'id: required; found a��b, "", c d'],
];
test.each(REASONS)('%s: %s is at fault, in the words of the source: %s', async (text, field, reason) => {
  const { records } = await readPieces(`${recordText()}\n${text}`);
  expect(records[1]).toMatchObject({ kind: 'reject', field, reason });
});

test('a reason names some fields of many, the beginning of long ones, and no value', async () => {
  const many = Array.from({ length: 500 }, (_, at) => `"${'n'.repeat(100)}${at}":"secret"`).join(',');
  const { records } = await readPieces(`${recordText()}\n{${many}}`);
  const [, reject] = records;
  const reason = reject?.kind === 'reject' ? reject.reason : '';
  expect(reason).toMatch(/^id: required; found n{40}…, .* and 492 more$/);
  expect(reason.length).toBeLessThan(500);
  expect(reason).not.toContain('secret');
});

test('a mixed source is told from its first names, whichever they are', async () => {
  const snake = renamed({ accountType: 'account_type' });
  expect(await namesOf(snake, recordText())).toBe('mixed: account_type, accountType');
  // Several names for one field count as mixed too.
  expect(await namesOf(recordText({ account_type: '"mint"' }))).toBe('mixed: accountType, account_type');
});
