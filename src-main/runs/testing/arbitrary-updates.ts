import fc from 'fast-check';
import type { Update } from '../../../src-shared/update';
import type { UnnumberedUpdate } from '../../ingestion/record';
import type { Given } from '../../ingestion/testing/memory-source';

const MAX_U64 = '18446744073709551615';

const arbitraryUpdate: fc.Arbitrary<Update> = fc.record({
  id: fc.constantFrom('a', 'B', 'ü', 'id "quoted" \\ {x},NULL'),
  accountType: fc.constantFrom('mint', 'escrow'),
  tokens: fc.constantFrom('0', '1', '9', '10', '9007199254740993', MAX_U64),
  version: fc.constantFrom(
    '0',
    '1',
    '2',
    '3',
    '9',
    '10',
    '9007199254740993',
    '18446744073709551614',
    MAX_U64,
    '7:0',
    '7:1',
    `8:${MAX_U64}`,
  ),
  // Some values are equal but differ as text: jsonb decides what is the same.
  data: fc.constantFrom(
    '{}',
    '{"a":1,"b":[1,2]}',
    '{ "b": [1, 2], "a": 1 }',
    'null',
    '"x"',
    '{"a":18446744073709551615}',
  ),
  callbackTimeMs: fc.constantFrom(0, 1, 499, 500, 501, 1000, 1500, 5000, Number.MAX_SAFE_INTEGER),
});

/** Few ids and versions, so that duplicates, conflicts, stale ones, ties and equal instants are frequent. */
export const arbitraryStream: fc.Arbitrary<Given[]> = fc.array(
  fc.oneof(
    { weight: 19, arbitrary: arbitraryUpdate },
    { weight: 1, arbitrary: fc.constant({ invalid: 'version: required' }) },
  ),
  { maxLength: 40 },
);

export const arbitraryChunkSizes: fc.Arbitrary<number[]> = fc.array(fc.integer({ min: 1, max: 7 }), {
  minLength: 1,
  maxLength: 4,
});

/** Up to 250 accounts of few types, most of them with the same tokens. */
export const arbitraryTies: fc.Arbitrary<Given[]> = fc
  .array(
    fc.record({
      accountType: fc.constantFrom('mint', 'mint', 'mint', '', 'ü'),
      tokens: fc.constantFrom('1', '1', '1', '1', '0', MAX_U64),
    }),
    { maxLength: 250, size: 'max' },
  )
  .map((accounts) =>
    accounts.map((account, index) => ({
      ...account,
      // Neither in the order of the ids by number nor by name.
      id: `id-${(index * 7919) % 1000}`,
      version: '1',
      data: '{}',
      callbackTimeMs: 0,
    })),
  );

/** Few contents, so that many of an account's states in a slot are the same. */
const content = {
  id: fc.constantFrom('a', 'a', 'B'),
  accountType: fc.constant('mint'),
  tokens: fc.constantFrom('0', '1', '2'),
  data: fc.constantFrom('{}', '{"a":1,"b":[1.0]}', '{ "b": [1], "a": 1 }'),
  callbackTimeMs: fc.constantFrom(0, 700),
};

export const arbitraryUnnumbered = (slots: readonly (string | null)[]): fc.Arbitrary<UnnumberedUpdate> =>
  fc.record({ ...content, slot: fc.constantFrom(...slots) });

/** Of sources that give some write versions, some slots, and some neither. */
export const arbitraryMixedStream: fc.Arbitrary<(Given | UnnumberedUpdate)[]> = fc.array(
  fc.oneof(
    arbitraryUnnumbered([null, '0', '7']),
    fc.record({ ...content, version: fc.constantFrom('0', '1', '2', '5', '7:0', '7:1', '7:3', MAX_U64) }),
  ),
  { maxLength: 40, size: 'max' },
);
