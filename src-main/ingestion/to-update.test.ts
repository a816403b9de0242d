import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ChainAccount, ChainData } from './chain-account';
import type { Decoding } from './decoding/decoded';
import { previewSource } from './open-source';
import { type Choices, toUpdate } from './to-update';

const decoding: Decoding = {
  program: 'vault',
  type: 'pool',
  fields: { amount: 2n ** 64n - 1n, debt: -1n, reserves: [{ held: 7n }] },
};
const choices: Choices = { tokens: 'lamports', accountType: 'parsed', callbackTimeMs: 5 };
const bytes = (space: number | null): ChainData => ({ kind: 'bytes', bytes: Uint8Array.of(1, 2), space });
const account = (data: ChainData): ChainAccount => ({
  id: 'a',
  slot: '1',
  writeVersion: '2',
  state: { lamports: '9', owner: 'owner', executable: false, rentEpoch: null, data },
  signature: null,
});
const read = (data: ChainData, changes: Partial<Choices> = {}) =>
  toUpdate(account(data), { ...choices, ...changes }, () => decoding);

test('an update has what its bytes say, and its type and tokens can come from there', () => {
  const decoded =
    '{"program":"vault","type":"pool","fields":{"amount":18446744073709551615,"debt":-1,"reserves":[{"held":7}]}}';
  expect(read(bytes(2))).toMatchObject({ update: { accountType: 'pool', tokens: '9', decoded } });
  const tokens = (path: string) => read(bytes(2), { tokens: `decoded:${path}` });
  expect(tokens('amount')).toMatchObject({ update: { tokens: '18446744073709551615' } });
  expect(tokens('reserves.0.held')).toMatchObject({ update: { tokens: '7' } });
  expect(tokens('debt')).toEqual({
    kind: 'reject',
    field: 'tokens',
    reason: 'tokens: the account has no decoded:debt',
  });
});

test('a part of the bytes is not decoded, nor is what the source decoded', () => {
  expect(read(bytes(5))).toMatchObject({
    update: { accountType: 'owner', decoded: '{"reason":"only 2 of its 5 bytes are there"}' },
  });
  expect(read(bytes(5), { tokens: 'decoded:amount' })).toMatchObject({
    reason: 'tokens: the account has no decoded:amount (only 2 of its 5 bytes are there)',
  });
  const parsed = { kind: 'parsed', program: 'p', type: 'mint', parsed: '{}', space: 82 } as const;
  expect(read(parsed)).toMatchObject({ update: { accountType: 'mint' } });
  expect(read(parsed)).not.toHaveProperty('update.decoded');
});

test('a preview offers the decoded numbers as tokens', async () => {
  const path = join(import.meta.dirname, '../../data/formats/get-program-accounts.json');
  const { reading, records } = await previewSource({ kind: 'file', path }, 5);
  const [first] = records;
  expect(first?.kind === 'update' && JSON.parse(first.decoded ?? '{}')).toMatchObject({
    program: 'spl-token',
    type: 'account',
  });
  expect(reading?.tokens.map(({ value }) => value)).toContain('decoded:amount');
});

test('data of more bytes than an account can have is rejected, whatever gave it', () => {
  const data = (length: number): ChainData => ({
    kind: 'bytes',
    bytes: new Uint8Array(length),
    space: length,
  });
  expect(read(data(10 * 1024 * 1024 + 1))).toEqual({
    kind: 'reject',
    field: 'data',
    reason: 'data: longer than 10485760 bytes',
  });
  expect(read(data(10 * 1024 * 1024))).toMatchObject({ kind: 'update' });
});

test('what a source says of a token account is checked as what is read from bytes', () => {
  const parsed = (text: string, type: string | null = 'account'): ChainAccount => {
    const data = { kind: 'parsed', program: 'spl-token', type, parsed: text, space: 165 } as const;
    const owner = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';
    return { ...account(data), state: { lamports: '9', owner, executable: false, rentEpoch: null, data } };
  };
  const made = (text: string, changes: Partial<Choices>, type?: string) =>
    toUpdate(parsed(text, type), { ...choices, ...changes }, () => decoding);
  const held = (amount: string) => `{"type":"account","info":{"tokenAmount":{"amount":${amount}}}}`;
  expect(made(held('"18446744073709551615"'), { tokens: 'amount' })).toMatchObject({
    update: { tokens: '18446744073709551615' },
  });
  for (const amount of ['"abc"', '"1.5"', '"18446744073709551616"', '5', 'null'])
    expect(made(held(amount), { tokens: 'amount' })).toMatchObject({ kind: 'reject', field: 'tokens' });
  for (const text of ['null', '5', '{"type":"account","info":null}', '{"type":7}'])
    expect(made(text, {})).toMatchObject({ kind: 'update' });
  expect(made('{"type":""}', {}, '')).toMatchObject({ reason: 'accountType: must not be empty' });
});

test('an update says which transaction wrote it, and whether its place among others is known', () => {
  const dataOf = (writeVersion: string | null) => {
    const made = toUpdate({ ...account(bytes(2)), signature: 'sig', writeVersion }, choices, () => decoding);
    return made.kind === 'reject' ? null : JSON.parse(made.update.data);
  };
  expect(dataOf('7')).toMatchObject({ signature: 'sig' });
  expect(dataOf('7')).not.toHaveProperty('writeVersion');
  expect(dataOf(null)).toMatchObject({ signature: 'sig', writeVersion: null });
});
