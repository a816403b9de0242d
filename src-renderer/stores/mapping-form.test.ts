import { expect, test } from 'vitest';
import { mappingSchema, type SourceReading } from '../../src-shared/mapping';
import {
  closedExample,
  decodingsFor,
  exampleOf,
  isSameMapping,
  rowsOf,
  skipOf,
  skipRowsOf,
  withField,
} from './mapping-form';

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

test('a closed account is looked for among the first records', () => {
  const one = (path: string, kind: 'null' | 'object') => ({ path, examples: [], kinds: [kind] });
  const found = { fields: [one('a', 'null'), one('b', 'object')] } as unknown as SourceReading;
  expect(['a', 'b', 'c', '', 'a|b'].map((path) => closedExample(path, found))).toEqual([
    'null in some of the first records',
    'never null in the first records',
    'not in the first records',
    null,
    null,
  ]);
});

test('what is no update is kept as it is typed, until the mapping has something else', () => {
  const typed = [
    { name: 'ping', test: 'ping' },
    { name: '', test: 'slot' },
  ];
  expect(skipOf(typed)).toEqual(MAPPING.skip);
  expect(skipRowsOf(MAPPING, typed)).toBe(typed);
  expect(skipRowsOf({ ...MAPPING, skip: { slot: 'kind=slot' } }, typed)).toEqual([
    { name: 'slot', test: 'kind=slot' },
  ]);
});
