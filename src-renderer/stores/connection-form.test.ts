import { expect, test } from 'vitest';
import { connectionSchema } from '../../src-shared/connections';
import { runSettingsSchema } from '../../src-shared/run-settings';
import { EMPTY_CONNECTION, formOfConnection, readConnection } from './connection-form';

const KEY = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';
const USUAL = runSettingsSchema.parse({ arrival: 'none' });
const CHOSEN = runSettingsSchema.parse({
  arrival: 'none',
  tokens: 'amount',
  accountType: 'mint',
  callbackTimeMs: 90_000,
});

test.each([
  [
    { kind: 'rpc', rpc: 'http://127.0.0.1:8899', programs: [KEY], accounts: [KEY, KEY], token: 'MINE' },
    CHOSEN,
  ],
  [
    {
      kind: 'rpc',
      rpc: 'https://a.example',
      subscriptions: 'wss://b.example',
      accounts: [KEY],
      commitment: 'finalized',
    },
    CHOSEN,
  ],
  [{ kind: 'yellowstone', address: 'https://a.example', owners: [KEY] }, CHOSEN],
  [{ kind: 'http', token: 'MINE' }, USUAL],
  [
    { kind: 'follow', path: '/tmp/lines' },
    { ...CHOSEN, mapping: 'yellowstone-json', tokens: 'source' },
  ],
  [{ kind: 'follow', path: '/tmp/a b.ndjson' }, USUAL],
  [{ kind: 'redis', address: 'redis://127.0.0.1', stream: 'updates', group: 'mine' }, USUAL],
])('a connection that is edited and left alone is the same: %o', (written, settings) => {
  const connection = connectionSchema.parse(written);
  const form = formOfConnection(connection, settings);
  expect(form && readConnection(form)).toEqual({ read: { connection, settings }, errors: {} });
});

test('what is missing or wrong is said at its field', () => {
  expect(readConnection(EMPTY_CONNECTION)).toEqual({
    read: null,
    errors: { rpc: 'Needed.', programs: 'Name a program or an account.' },
  });
  expect(
    readConnection({
      kind: 'rpc',
      values: { rpc: 'ftp://a', programs: `${KEY}, nokey`, token: 'a b', callbackAfter: 'soon' },
    }).errors,
  ).toEqual({
    rpc: 'Must be an address that begins with http:// or https://.',
    programs: 'Number 2 must be a public key in base58.',
    token: expect.any(String),
    callbackAfter: 'A time as 90 s, 5 m or 1 h 30 m.',
  });
});

test('what programs have to show is needed where they post updates', () => {
  expect(readConnection({ kind: 'http', values: {} }).errors).toEqual({ token: 'Needed.' });
});

test('what was typed for another kind is left out', () => {
  const values = { rpc: 'nonsense', path: 'x', callbackAfter: 'soon', tokens: 'supply', token: 'MINE' };
  expect(readConnection({ kind: 'http', values })).toEqual({
    read: { connection: { kind: 'http', token: 'MINE' }, settings: USUAL },
    errors: {},
  });
});
