import fc from 'fast-check';
import { expect, it } from 'vitest';
import { StateColumns } from './state-columns';

const arrivals = fc.array(
  fc.record({
    id: fc.constantFrom('a', 'b', 'c', 'd'),
    accountType: fc.constantFrom('mint', 'mint', 'escrow'),
    tokens: fc.bigInt(0n, 3n),
  }),
  { maxLength: 60 },
);

it('notes every update after which other accounts lead a type, and no other', () => {
  fc.assert(
    fc.property(arrivals, (list) => {
      const columns = new StateColumns();
      const latest = new Map<string, (typeof list)[number]>();
      const leaders = new Map<string, string>();
      const expected: string[] = [];
      for (const [at, arrival] of list.entries()) {
        const seq = BigInt(at + 1);
        columns.add({ ...arrival, seq, slot: 0n, version: seq, runId: '1', dueMs: 0 });
        latest.set(arrival.id, arrival);
        for (const type of ['mint', 'escrow']) {
          const of = [...latest.values()].filter(({ accountType }) => accountType === type);
          const leading = of
            .filter(({ tokens }) => of.every((other) => other.tokens <= tokens))
            .map(({ id }) => id)
            .sort()
            .join();
          if (leading !== (leaders.get(type) ?? '')) expected.push(`${seq} ${type}`);
          leaders.set(type, leading);
        }
      }
      const noted = columns.leaderChanges('1', 1_000).map(({ seq, accountType }) => `${seq} ${accountType}`);
      expect(noted.sort()).toEqual(expected.sort());
      expect(columns.leaderChanges('2', 1_000)).toEqual([]);
    }),
    { numRuns: 500 },
  );
});
