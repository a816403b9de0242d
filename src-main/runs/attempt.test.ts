import { expect, it } from 'vitest';
import { NO_COUNTS } from '../../src-shared/events';
import { wasNearlyAllKnown } from './attempt';

it.each([
  [{ records: 0 }, 5, false],
  [{ records: 10, rejected: 10 }, 5, false],
  [{ records: 10, indexed: 1, duplicate: 9 }, 5, false],
  [{ records: 100, indexed: 9, duplicate: 91 }, 9, true],
  [{ records: 100, indexed: 4, duplicate: 46, rejected: 50 }, 4, true],
  [{ records: 100, indexed: 4, stale: 1, duplicate: 50, conflict: 45 }, 90, true],
  // Its own records were repeated: earlier runs stored too few for that.
  [{ records: 100, indexed: 4, stale: 1, duplicate: 95 }, 4, false],
  [{ records: 100, indexed: 5, duplicate: 95 }, 0, false],
])(
  'of %j, where other runs keep %i, earlier ones brought nearly all: %s',
  (counts, keptByOthers, expected) => {
    expect(wasNearlyAllKnown({ ...NO_COUNTS, ...counts }, keptByOthers)).toBe(expected);
  },
);
