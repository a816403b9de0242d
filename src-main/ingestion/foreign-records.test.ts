import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { BACKUP_FORMAT } from '../storage/backup-format';
import { cutEvery, openPieces, readPieces, recordText, streamOf } from './testing/reading';

const RECORD = recordText({ id: '"a"' });
const KEY_PAIR = Array.from({ length: 64 }, (_, at) => (at * 37 + 101) % 256);
const KEY = JSON.stringify(KEY_PAIR);
const IS_KEY = 'holds a list of 64 numbers from 0 to 255: a Solana key pair, not records';
const IS_SECRET = 'holds a secret key, not records';
const ACCOUNT = { lamports: 1, owner: '1111', data: ['', 'base64'], executable: false };
const IS_ACCOUNT = 'holds accounts as Solana gives them (lamports, owner, data), not updates';
const NO_OBJECT = 'holds no records: none of its first elements is a JSON object';
const rpc = (rest: object) => JSON.stringify({ jsonrpc: '2.0', id: 1, ...rest });
const around = (list: string, name = 'data') => `{"${name}":${list},"next":null}`;

const IS_EMPTY = 'is a JSON-RPC answer with an empty list: no account was found';
const FOREIGN: [what: string, text: string, said: string][] = [
  ['a key pair', KEY, IS_KEY],
  ['a key pair over many lines', `\uFEFF${JSON.stringify(KEY_PAIR, null, 8)}\r\n`, IS_KEY],
  ['key pairs, one a line', `${KEY}\n${KEY}\n`, IS_KEY],
  ['a list of key pairs', `[${KEY},${KEY}]`, IS_KEY],
  ['a key pair in an object', `{"publicKey":"a","secretKey":${KEY}}`, IS_KEY],
  ['a key pair within an object', `{"wallet":{"keys":[${KEY}]}}`, IS_KEY],
  ['a Uint8Array as JSON has it', JSON.stringify(Uint8Array.from(KEY_PAIR)), IS_KEY],
  [
    'a Keypair as JSON has it',
    JSON.stringify({ _keypair: { secretKey: Uint8Array.from(KEY_PAIR) } }, null, 2),
    IS_KEY,
  ],
  ['a key in base58', `{"publicKey":"a","secretKey":"${'5Kd3'.repeat(22)}"}`, IS_SECRET],
  ['a key in hexadecimal', `[{"wallet":{"private_key":"${'ab'.repeat(32)}"}}]`, IS_SECRET],
  ['the words of a wallet', '{"mnemonic":"abandon ability able"}', IS_SECRET],
  ['a list of numbers', '[1,2,3]', NO_OBJECT],
  ['a key pair that is cut off', KEY.slice(0, -20), NO_OBJECT],
  ['a list of numbers above 255', JSON.stringify(KEY_PAIR.map((number) => number + 200)), NO_OBJECT],
  ['a list of texts', '["a","b"]', NO_OBJECT],
  ['a list of lists', '[["a",1],["b",2]]', NO_OBJECT],
  ['a text alone', '"a"', NO_OBJECT],
  ['more texts than are looked at', `[${'"a",'.repeat(5000)}${RECORD}]`, NO_OBJECT],
  [
    'one with a context',
    rpc({ result: { context: { slot: 1 }, value: [{ pubkey: 'a' }] } }),
    'is a JSON-RPC answer: its list is in result.value',
  ],
  [
    'one that says its version last',
    `{"result":[{"pubkey":"a"}],"id":1,"jsonrpc":"2.0"}`,
    'is a JSON-RPC answer: its list is in result',
  ],
  ['one without accounts', rpc({ result: [] }), IS_EMPTY],
  ['one without accounts in a context', rpc({ result: { context: { slot: 1 }, value: [] } }), IS_EMPTY],
  ['one with an error', rpc({ error: { code: -32601 } }), 'is a JSON-RPC answer with an error, not records'],
  [
    'JSON-RPC notifications',
    `${rpc({ method: 'accountNotification' })}\n${rpc({ method: 'accountNotification' })}`,
    'is a JSON-RPC message, not records',
  ],
  [
    'a batch of JSON-RPC answers',
    `[${rpc({ result: 1 })},${rpc({ result: 2 })}]`,
    'is a JSON-RPC message, not records',
  ],
  [
    'one that is cut off',
    rpc({ result: [{ pubkey: 'a' }] }).slice(0, -5),
    'is a JSON-RPC answer: its list is in result',
  ],
  ['an empty list in data', around('[]'), 'is one object around a list of records: the list is in data'],
  ['rows in data', around('[["a",1]]'), 'is one object around a list of records: the list is in data'],
  [
    'objects around each record',
    `{"offset":1,"payload":${RECORD}}\n{"offset":2,"payload":${RECORD}}\n`,
    'holds objects around its records: the first record is in payload',
  ],
  ['one account alone', JSON.stringify(ACCOUNT), IS_ACCOUNT],
  [
    'a backup of Ingot',
    `{"format":"${BACKUP_FORMAT}","version":1}\n["a"]\n`,
    'is a backup of Ingot, not a source',
  ],
  [
    'events of Ingot',
    '{"event":"indexed","at":500,"record":0,"id":"a","version":"5","accountType":"mint","tokens":"2"}\n',
    'holds events of Ingot, as --json writes them, not updates',
  ],
  [
    'an event of Ingot around a list',
    '{"event":"report","types":[{"accountType":"mint","tokens":"2"}]}\n',
    'holds events of Ingot, as --json writes them, not updates',
  ],
  ['a secret key beside a list of records', `{"secretKey":"5Kd3","data":[${RECORD}]}`, IS_SECRET],
  ['lines of a log', '{"level":30,"time":1,"pid":2,"msg":"ready"}\n', 'holds lines of a log, not updates'],
  ['an error of a service', '{"error":"not found"}', 'is the error answer of a service, not records'],
];
for (const [what, text, said] of FOREIGN) {
  test(`${what} is refused before the run, with what it is and what to do`, async () => {
    const refused = {
      code: 'source_unreadable',
      message: `test.json ${said}.`,
      details: { hint: expect.stringMatching(/\S/) },
    };
    await expect(openPieces(text)).rejects.toMatchObject(refused);
    await expect(openPieces(gzipSync(text))).rejects.toMatchObject(refused);
    if (text.length < 5000)
      await expect(openPieces(...cutEvery(Buffer.from(text), 1))).rejects.toMatchObject(refused);
  });
}

test.each([
  ['in a list', KEY],
  ['over many lines', JSON.stringify(KEY_PAIR, null, 8)],
])('a key pair %s is refused, whatever mapping it is to be read by', async (_, text) => {
  const { openSource, previewSource } = await import('./open-source');
  const spec = () =>
    ({ kind: 'stream', name: 'id.json', stream: streamOf(...cutEvery(Buffer.from(text), 9)) }) as const;
  const options = { mapping: 'solana-account' };
  await expect(openSource(spec(), options)).rejects.toMatchObject({ message: `id.json ${IS_KEY}.` });
  await expect(previewSource(spec(), 5, options)).rejects.toMatchObject({ message: `id.json ${IS_KEY}.` });
});

test.each([
  ['an empty list', '[]', []],
  ['one odd record', '{"pubkey":"a","holders":[{"id":1}]}', ['id: required; found pubkey, holders']],
  ['a record with a list as its data', recordText({ data: `[${RECORD}]` }), [undefined]],
  [
    'a record that lacks its version and has a list as its data',
    recordText({ version: undefined, data: '[{}]' }),
    ['version: required'],
  ],
  [
    'a record with an error beside its fields',
    recordText({ error: '"x"', tokens: undefined }),
    ['tokens: required; found error'],
  ],
  [
    'what looks foreign before a record',
    `${rpc({ result: 1 })}\n${RECORD}`,
    ['id: must be a string', undefined],
  ],
  [
    'a key pair before a record',
    `{"secretKey":${KEY}}\n${RECORD}`,
    ['id: required; found secretKey', undefined],
  ],
])('%s is read', async (_, text, reasons) => {
  const { records } = await readPieces(text as string);
  expect(records.map((record) => (record.kind === 'reject' ? record.reason : undefined))).toEqual(reasons);
});

test('the first record of a live stream is judged without waiting for the next, also when it is wrong', async () => {
  async function* stuck() {
    yield Buffer.from('{"id":"a"}\n');
    await new Promise(() => undefined);
  }
  const { openSource } = await import('./open-source');
  const source = await openSource({ kind: 'stream', name: 'live', stream: stuck() });
  const { value } = await source.chunks()[Symbol.asyncIterator]().next();
  expect(value).toMatchObject([{ reason: 'accountType: required' }]);
  await source.close();
});

test.each([
  ['in a list', `[${RECORD},${KEY}]`],
  ['in a line', `${RECORD}\n${KEY}\n`],
  ['in a rejected record', `${RECORD}\n{"secretKey":${KEY}}\n`],
  ['laid out over many lines', `${RECORD}\n{"id":5,"secretKey":${JSON.stringify(KEY_PAIR, null, 40)}}\n`],
  ['behind the end of an excerpt', `${RECORD}\n{"note":"${'x'.repeat(440)}","secretKey":${KEY}}\n`],
])('of a key pair %s no number is kept', async (_, text) => {
  const { records } = await readPieces(text);
  const [, reject] = records;
  expect(reject?.kind).toBe('reject');
  const excerpt = reject?.kind === 'reject' ? reject.excerpt : '';
  expect(excerpt).toContain('numbers left out');
  expect(excerpt).not.toMatch(/\d{2}/);
});

test.each([
  ['of a Uint8Array', { key: Uint8Array.from(KEY_PAIR) }],
  ['in base58', { secretKey: '5Kd3'.repeat(22) }],
  ['that is cut off', { note: 'x'.repeat(100), private_key: '5Kd3'.repeat(2000) }],
])('of a key %s nothing is kept', async (_, odd) => {
  for (const text of [JSON.stringify(odd), JSON.stringify(odd, null, 4)]) {
    const { records } = await readPieces(`${RECORD}\n${text}\n`);
    const [, reject] = records;
    const excerpt = reject?.kind === 'reject' ? reject.excerpt : '';
    expect(excerpt).toContain('left out]');
    expect(excerpt).not.toMatch(/\d{2}|5Kd3/);
  }
});

test.each([
  ['{"data":', ''],
  ['{"data":', '}'],
  ['{"jsonrpc":"2.0","result":', '}'],
  ['{"a":', '}'],
  ['[', ']'],
  ['{"wallet":[', ']}'],
])('100,000 levels of %s…%s end in an error that says so', async (open, close) => {
  const text = `${open.repeat(100_000)}1${close.repeat(100_000)}`;
  const error = await readPieces(text).then(
    (read) => read.error,
    (refused) => refused,
  );
  expect(error).toMatchObject({ code: expect.stringMatching(/^source_/) });
});

test('a long record of many levels is looked at without reading it once for each level', async () => {
  const text = `${'{"data":'.repeat(500)}{"x":"${'y'.repeat(4_000_000)}"}${'}'.repeat(500)}`;
  const { records } = await readPieces(text);
  expect(records).toMatchObject([{ reason: 'id: required' }]);
});

test('numbers that are no key stay in an excerpt', async () => {
  const odd = `{"path":[44,501,0,0],"big":[${Array.from({ length: 64 }, (_, at) => at + 500)}]}`;
  const { records } = await readPieces(`${RECORD}\n${odd}`);
  expect(records[1]).toMatchObject({ excerpt: odd });
});
