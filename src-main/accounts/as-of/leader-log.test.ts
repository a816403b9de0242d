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

const written = (one: object) => Object.values(one).join(' ');

it('notes every update after which other accounts lead a type, and no other, and who had led before', () => {
  fc.assert(
    fc.property(arrivals, (list) => {
      const columns = new StateColumns();
      const latest = new Map<string, (typeof list)[number]>();
      const leaders = new Map<string, readonly string[]>();
      const expected: string[] = [];
      let early: ReturnType<StateColumns['leadersSince']> = [];
      const since = new Map<string, object>();
      for (const [at, arrival] of list.entries()) {
        const seq = BigInt(at + 1);
        columns.add({ ...arrival, seq, slot: 0n, version: seq, runId: '1', dueMs: 0 });
        latest.set(arrival.id, arrival);
        for (const type of ['mint', 'escrow']) {
          const of = [...latest.values()].filter(({ accountType }) => accountType === type);
          const leading = of
            .filter(({ tokens }) => of.every((other) => other.tokens <= tokens))
            .map(({ id }) => id)
            .sort();
          const before = leaders.get(type) ?? [];
          if (leading.join() !== before.join()) {
            expected.push(`${seq} ${type}`);
            const stayed = leading.every((id) => before.includes(id)) ? before.length : 0;
            since.set(type, { accountType: type, seq, before: leading.length === 0 ? 0 : stayed });
          }
          leaders.set(type, leading);
        }
        const told = columns.leadersSince(['mint', 'escrow', 'none'], seq);
        expect(new Set(told.map((one) => written(one)))).toEqual(
          new Set([...since.values()].map((one) => written(one))),
        );
        if (at <= 1) early = told;
      }
      const noted = columns.leaderChanges('1', 1_000).map(({ seq, accountType }) => `${seq} ${accountType}`);
      expect(noted.sort()).toEqual(expected.sort());
      expect(columns.leaderChanges('2', 1_000)).toEqual([]);
      expect(columns.leadersSince(['mint', 'escrow'], 2n).length).toBe(early.length);
      for (const one of early) expect(columns.leadersSince([one.accountType], 2n)).toEqual([one]);
    }),
    { numRuns: 500 },
  );
});
