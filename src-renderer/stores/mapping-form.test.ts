import { expect, test } from 'vitest';
import { mappingSchema, type SourceReading } from '../../src-shared/mapping';
import { decodingsFor, exampleOf, isSameMapping, rowsOf, withField } from './mapping-form';

const MAPPING = mappingSchema.parse({
  name: 'mine',
  list: 'result.value',
  skip: { ping: 'ping' },
  fields: {
    id: 'pubkey',
    slot: { around: 'result.context.slot' },
    owner: { constant: 'Stake' },
    data: { path: 'data.0', decode: ['base64', 'zstd'] },
    lamports: { ask: 'lamports' },
    version: { subscription: 'params.subscription' },
    signature: { key: true },
  },
});

test('a mapping that is read into rows and written back is the same', () => {
  const none = mappingSchema.parse({ ...MAPPING, fields: {} });
  expect(rowsOf(MAPPING).reduce(withField, none)).toEqual(MAPPING);
});

test('a field that is taken from nowhere is none', () => {
  const changed = withField(MAPPING, { field: 'slot', origin: 'none', value: '', decode: [], places: null });
  expect(Object.keys(changed.fields)).not.toContain('slot');
  expect(changed.skip).toEqual(MAPPING.skip);
});

test('an example is of the place that the field is taken from', () => {
  const one = (path: string, example: string) => [{ path, examples: [example], kinds: ['number' as const] }];
  const found = { fields: one('slot', '1'), around: one('slot', '2') } as unknown as SourceReading;
  const row = { field: 'slot', value: 'slot', decode: [], places: null } as const;
  expect(exampleOf({ ...row, origin: 'path' }, found)).toBe('1');
  expect(exampleOf({ ...row, origin: 'around' }, found)).toBe('2');
  expect(exampleOf({ ...row, origin: 'ask' }, found)).toBeNull();
  expect(exampleOf({ ...row, origin: 'path', value: 'other' }, found)).toBeNull();
});

test('a decoding of a known mapping can be chosen though it is unusual', () => {
  expect(decodingsFor(['hex', 'zstd'])).toContainEqual(['hex', 'zstd']);
  expect(decodingsFor(['base64', 'zstd'])).toEqual(decodingsFor([]));
});

test('a mapping is the same in another order, and another one with another field', () => {
  const other = mappingSchema.parse(Object.fromEntries(Object.entries(MAPPING).reverse()));
  const reversed = { ...other, fields: Object.fromEntries(Object.entries(MAPPING.fields).reverse()) };
  expect(isSameMapping(MAPPING, reversed)).toBe(true);
  expect(isSameMapping(MAPPING, { ...MAPPING, fields: { ...MAPPING.fields, id: 'key' } })).toBe(false);
});
