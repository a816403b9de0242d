import { expect, test } from 'vitest';
import { readIdlFile } from './idl-file';

test('an IDL is sent without what decodes nothing, under the name of its file', () => {
  const idl = { address: 'x', instructions: [{ name: 'a' }], accounts: [{ name: 'Pool', docs: ['long'] }] };
  expect(readIdlFile('my pool.json', JSON.stringify(idl))).toEqual({
    name: 'my-pool',
    text: '{"address":"x","instructions":[],"accounts":[{"name":"Pool","docs":[]}]}',
  });
  expect(readIdlFile('../.json', '{}').name).toBe('-');
});

test('what cannot be sent is refused', () => {
  expect(() => readIdlFile('a.json', '{')).toThrow('a.json is not JSON');
  expect(() => readIdlFile('a.json', JSON.stringify('x'.repeat(300_000)))).toThrow('too much for a window');
});
