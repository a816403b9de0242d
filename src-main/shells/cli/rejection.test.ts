import { expect, it } from 'vitest';
import { NO_COUNTS } from '../../../src-shared/events';
import { describeRejection, rejectedNearlyAll } from './rejection';

const first = { record: 3, field: 'accountType', reason: 'accountType: required', excerpt: '{"id":"a"}' };
const counts = { ...NO_COUNTS, records: 100, rejected: 100 };
const SAID = 'Every record was rejected, the first of them, record 3, for "accountType: required".';

it.each([
  [{ records: 0 }, false],
  [{ records: 10, rejected: 9 }, false],
  [{ records: 100, rejected: 91 }, true],
  [{ records: 1, rejected: 1 }, true],
])('of %j rejected nearly all: %s', (some, expected) => {
  expect(rejectedNearlyAll({ ...NO_COUNTS, ...some })).toBe(expected);
});

it('a record that has none of the names is told of with its reason alone', () => {
  expect(describeRejection(counts, first, 'canonical')).toBe(SAID);
});

it('other names are told of, also in a record that was cut', () => {
  const excerpt = '{"id":"a","account_type":"mint","data":{"accountType":';
  expect(describeRejection(counts, { ...first, excerpt }, 'canonical')).toBe(
    `${SAID} It has snake-case names of its fields, but the source began with canonical ones: ` +
      'put records with other names into a source of their own.',
  );
});

it('names that the run understood are not told of, nor where no field is missing', () => {
  const excerpt = '{"id":"a","account_type":"mint"}';
  expect(describeRejection(counts, { ...first, excerpt }, 'snake-case')).toBe(SAID);
  const reason = 'tokens: must be an integer from 0 to 18446744073709551615';
  expect(describeRejection(counts, { ...first, reason, excerpt }, 'canonical')).not.toContain('snake-case');
});
