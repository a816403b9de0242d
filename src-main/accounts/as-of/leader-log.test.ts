import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareBigints } from './column-parts';
import { leadersOnChain } from './leaders-on-chain';
import { StateColumns } from './state-columns';

const arrivals = fc.array(
  fc.record({
    id: fc.constantFrom('a', 'b', 'c', 'd'),
    accountType: fc.constantFrom('mint', 'mint', 'escrow'),
    tokens: fc.bigInt(0n, 3n),
  }),
  { maxLength: 60 },
);

const onChain = fc.array(
  fc.record({
    id: fc.constantFrom('a', 'b', 'c', 'd'),
    accountType: fc.constantFrom('mint', 'mint', 'escrow'),
    tokens: fc.bigInt(0n, 3n),
    slot: fc.bigInt(1n, 9n),
  }),
  { maxLength: 40 },
);

it('tells since which version the leaders lead in the order of the chain, past dead slots, whatever the order of arrival', async () => {
  await fc.assert(
    fc.asyncProperty(
      onChain,
      fc.bigInt(0n, 10n),
      fc.bigInt(1n, 9n),
      fc.nat(40),
      async (list, cut, dead, until) => {
        const columns = new StateColumns();
        const inOrder = new StateColumns();
        // Those that came last have the lowest write versions of their slot.
        const updates = list.map((one, at) => ({
          ...one,
          seq: BigInt(at + 1),
          version: BigInt(list.length - at),
          runId: '1',
          dueMs: 0,
        }));
        const latest = new Map<string, bigint[]>();
        for (const update of updates) {
          const place = [update.slot, update.version];
          const before = latest.get(update.id);
          if (before && compareBigints(before[0] ?? 0n, update.slot) > 0) columns.addStale(update);
          else {
            columns.add(update);
            latest.set(update.id, place);
          }
        }
        columns.watermark = BigInt(list.length);
        columns.cuts.die(dead, 0n);
        const counted = updates
          .filter(({ seq, slot }) => seq <= BigInt(until) && slot <= cut && slot !== dead)
          .sort((a, b) => compareBigints(a.slot, b.slot) || compareBigints(a.version, b.version));
        for (const [at, update] of counted.entries()) inOrder.add({ ...update, seq: BigInt(at + 1) });
        const types = ['mint', 'escrow', 'none'];
        const most = `${cut}:${2n ** 64n - 1n}`;
        const told = await leadersOnChain(columns, types, BigInt(until), most, {
          breathe: async () => {},
        });
        const expected = inOrder.leadersSince(types, BigInt(list.length));
        const written = (one: (typeof expected)[number]) => `${one.accountType} ${one.before}`;
        expect(told.map(written).sort()).toEqual(expected.map(written).sort());
        for (const { accountType, seq, version } of told) {
          const at = expected.find((one) => one.accountType === accountType)?.seq ?? 0n;
          expect(seq).toBe(counted[Number(at) - 1]?.seq);
          const update = updates[Number(seq) - 1];
          expect(`${update?.slot}:${update?.version}`).toBe(version);
        }
      },
    ),
    { numRuns: 300 },
  );
});

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
