import { expect, it } from 'vitest';
import { NO_COUNTS } from '../../../src-shared/events';
import { describeRejection, rejectedNearlyAll } from './last-words';

const first = { record: 3, field: 'accountType', reason: 'accountType: required', excerpt: '{"id":"a"}' };
const counts = { ...NO_COUNTS, records: 100, rejected: 100 };

it.each([
  [{ records: 0 }, false],
  [{ records: 10, rejected: 9 }, false],
  [{ records: 100, rejected: 91 }, true],
  [{ records: 1, rejected: 1 }, true],
])('of %j rejected nearly all: %s', (some, expected) => {
  expect(rejectedNearlyAll({ ...NO_COUNTS, ...some })).toBe(expected);
});

it('says why the first of them was rejected', () => {
  expect(describeRejection(counts, first)).toBe(
    'Every record was rejected, the first of them, record 3, for "accountType: required".',
  );
  expect(describeRejection({ ...counts, rejected: 95 }, first)).toMatch(/^Nearly every record was rejected/);
});
