import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ACCOUNT_SORTS, type AccountsQuery } from '../../../src-shared/views';
import { createSelectAccounts } from './select-accounts';
import { StateColumns } from './state-columns';

const MOST = 2n ** 64n - 1n;
const word = fc.oneof(fc.bigInt(0n, 3n), fc.bigInt(MOST - 2n, MOST), fc.bigInt(0n, MOST));
const text = fc.oneof(
  fc.constantFrom('a', 'ab', 'b', '\ue000', '\uffff', '😀', '😁', 'a😀'),
  fc.string({ unit: 'grapheme' }),
);
const arrival = fc.record({ id: text, accountType: text, tokens: word, slot: word, version: word });
type Arrival = typeof arrival extends fc.Arbitrary<infer T> ? T : never;

function columnsOf(arrivals: readonly Arrival[]) {
  const columns = new StateColumns();
  for (const [at, one] of arrivals.entries()) {
    columns.add({ ...one, seq: BigInt(at + 1), runId: '1', dueMs: 0 });
  }
  columns.watermark = BigInt(arrivals.length);
  let turns = 0;
  const select = createSelectAccounts({
    index: { upTo: async () => columns },
    clock: {
      async breathe() {
        turns += 1;
      },
    },
  });
  return { select, turns: () => turns };
}

/** As the database compares them. */
const byText = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const byNumber = (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0);
type Known = Arrival & { readonly seq: bigint };
const ORDERS: Record<AccountsQuery['sort']['by'], (a: Known, b: Known) => number> = {
  id: () => 0,
  callback: () => 0,
  accountType: (a, b) => byText(a.accountType, b.accountType) || byNumber(b.tokens, a.tokens),
  tokens: (a, b) => byNumber(a.tokens, b.tokens),
  version: (a, b) => byNumber(a.slot, b.slot) || byNumber(a.version, b.version),
  updatedAt: (a, b) => byNumber(a.seq, b.seq),
};

it('sorts the accounts of any instant as the database does, and cuts any page from them', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(arrival, { minLength: 1, maxLength: 40 }),
      fc.nat(),
      fc.nat(45),
      fc.integer({ min: 1, max: 7 }),
      async (arrivals, anyInstant, anyPlace, limit) => {
        const { select } = columnsOf(arrivals);
        const asOf = BigInt(1 + (anyInstant % arrivals.length));
        const latest = new Map<string, Known>();
        for (const [at, one] of arrivals.slice(0, Number(asOf)).entries()) {
          latest.set(one.id, { ...one, seq: BigInt(at + 1) });
        }
        for (const by of ACCOUNT_SORTS) {
          const sorted = [...latest.values()].sort((a, b) => ORDERS[by](a, b) || byText(a.id, b.id));
          for (const direction of ['asc', 'desc'] as const) {
            const expected = (direction === 'asc' ? sorted : sorted.toReversed()).map(({ seq }) => `${seq}`);
            const selected = await select(asOf, { by, direction }, {});
            expect(await selected.count()).toBe(expected.length);
            const at = anyPlace % expected.length;
            expect(await selected.near((at + 0.5) / expected.length)).toEqual([expected[at]]);
            const place = { part: 0, keys: [expected[at] ?? ''] };
            const page = async (inclusive: boolean, backward: boolean) =>
              (await selected.beside({ place, inclusive, backward }, limit)).flat();
            expect(await page(true, false)).toEqual(expected.slice(at, at + limit));
            expect(await page(false, false)).toEqual(expected.slice(at + 1, at + 1 + limit));
            expect(await page(false, true)).toEqual(expected.slice(0, at).toReversed().slice(0, limit));
            const end = await selected.beside({ place: null, inclusive: false, backward: true }, limit);
            expect(end.flat()).toEqual(expected.toReversed().slice(0, limit));
          }
        }
      },
    ),
    { numRuns: 60 },
  );
});

it('sorts an instant once for all its pages, in turns with other work, and keeps the instants asked for last', async () => {
  const accounts = 40_000;
  const { select, turns } = columnsOf(
    Array.from({ length: accounts }, (_, at) => ({
      id: `${(at * 7_919) % accounts}`,
      accountType: 'mint',
      tokens: BigInt(at),
      slot: 0n,
      version: 1n,
    })),
  );
  const read = async (asOf: number, direction: 'asc' | 'desc') => {
    const selected = await select(BigInt(asOf), { by: 'tokens', direction }, {});
    await selected.near(0.5);
    return selected.count();
  };
  expect(await read(accounts, 'asc')).toBe(accounts);
  const once = turns();
  expect(once).toBeGreaterThan(1);
  await read(accounts, 'desc');
  expect(turns()).toBe(once);
  for (let at = 1; at <= 40; at += 1) expect(await read(at, 'asc')).toBe(at);
  const before = turns();
  await read(accounts, 'asc');
  expect(turns()).toBe(before + once);
});
