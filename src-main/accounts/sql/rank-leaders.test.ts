import fc from 'fast-check';
import { expect, it } from 'vitest';
import { REPORT_LIMITS } from '../../../src-shared/update';
import { numberArray, textArray } from '../../database/array-literal';
import type { Database } from '../../database/database';
import { describeOnEachDatabase } from '../../database/testing/each-database';
import { rankLeaders, rankLeadersOfType } from './rank-leaders';

interface Account {
  readonly accountType: string;
  readonly id: string;
  readonly tokens: number;
}

async function store(db: Database, accounts: readonly Account[]): Promise<void> {
  await db.query({ name: 'clear_accounts', deadline: 'write', text: 'TRUNCATE accounts' });
  await db.query(
    {
      name: 'store_accounts',
      deadline: 'write',
      text: `
        INSERT INTO accounts (account_type, id, tokens, slot, version, update_seq, created_seq)
        SELECT t.type, t.id, t.tokens, 12, 1, 0, 0 FROM unnest($1::text[], $2::text[], $3::int8[]) AS t (type, id, tokens)`,
    },
    [
      textArray(accounts.map(({ accountType }) => accountType)),
      textArray(accounts.map(({ id }) => id)),
      numberArray(accounts.map(({ tokens }) => String(tokens))),
    ],
  );
}

const idsOf = (count: number) =>
  Array.from({ length: count }, (_, at) => `id-${String(at).padStart(6, '0')}`);

describeOnEachDatabase('the ranking of leaders', (empty) => {
  it('gives the same whether the order by type has its index or not', async () => {
    const db = await empty();
    const arbitraryAccounts = fc.uniqueArray(
      fc.record({
        accountType: fc.constantFrom('', 'Z', 'a', 'ab', 'é', '𝕏'),
        id: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 4 }).filter((id) => !id.includes('\0')),
        tokens: fc.integer({ min: 0, max: 2 }),
      }),
      { selector: ({ id }) => id, maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(arbitraryAccounts, async (accounts) => {
        await db.executeScript(
          'make_order',
          'CREATE INDEX IF NOT EXISTS accounts_by_type_and_tokens ON accounts (account_type, tokens DESC, id)',
        );
        await store(db, accounts);
        const walked = await rankLeaders(db);
        await db.executeScript('drop_order', 'DROP INDEX accounts_by_type_and_tokens');
        expect(await rankLeaders(db)).toEqual(walked);
        for (const [at, { accountType }] of walked.types.entries()) {
          expect(await rankLeadersOfType(db, accountType, null, 100)).toEqual(walked.types[at]);
          expect((await rankLeaders(db, accountType)).types).toEqual(walked.types.slice(at + 1));
        }
      }),
      { numRuns: 20 },
    );
  });

  it('counts all of a tie, names the first hundred, and pages through the rest', async () => {
    const db = await empty();
    const ids = idsOf(1_250);
    await store(db, [
      ...ids.map((id) => ({ accountType: 'mint', id, tokens: 1 })),
      { accountType: 'escrow', id: 'alone', tokens: 0 },
      { accountType: 'mint', id: 'below', tokens: 0 },
    ]);
    const { types, moreTypes } = await rankLeaders(db);
    expect(moreTypes).toBe(false);
    expect(types).toEqual([
      { accountType: 'escrow', tokens: '0', tied: 1, leaders: [{ id: 'alone', version: '12:1' }] },
      {
        accountType: 'mint',
        tokens: '1',
        tied: 1_250,
        leaders: ids.slice(0, 100).map((id) => ({ id, version: '12:1' })),
      },
    ]);
    const paged: string[] = [];
    for (;;) {
      const page = await rankLeadersOfType(db, 'mint', paged.at(-1) ?? null, 500);
      expect(page?.tied).toBe(1_250);
      if (!page || page.leaders.length === 0) break;
      for (const { id } of page.leaders) paged.push(id);
    }
    expect(paged).toEqual(ids);
    expect(await rankLeadersOfType(db, 'none', null, 1)).toBeUndefined();
  });

  it('lists a bounded number of types, and continues after the last of them', async () => {
    const db = await empty();
    const names = idsOf(REPORT_LIMITS.types + 7);
    await store(
      db,
      names.map((name) => ({ accountType: name, id: name, tokens: 5 })),
    );
    const first = await rankLeaders(db);
    expect(first.types.map(({ accountType }) => accountType)).toEqual(names.slice(0, REPORT_LIMITS.types));
    expect(first.moreTypes).toBe(true);
    const rest = await rankLeaders(db, names[REPORT_LIMITS.types - 1]);
    expect(rest.types.map(({ accountType }) => accountType)).toEqual(names.slice(REPORT_LIMITS.types));
    expect(rest.moreTypes).toBe(false);
  });

  it('ends where its ids come to 8 MiB, with the type that goes beyond', async () => {
    const db = await empty();
    // Each code point takes six bytes as JSON: 130 types of a hundred such ids are 9.6 MB.
    const long = '\u0001'.repeat(120);
    const types = idsOf(130);
    await store(
      db,
      types.flatMap((accountType) =>
        Array.from({ length: 100 }, (_, at) => ({
          accountType,
          id: `${accountType}${at}${long}`.slice(0, 128),
          tokens: 1,
        })),
      ),
    );
    const first = await rankLeaders(db);
    const bytes = Buffer.byteLength(JSON.stringify(first.types.map(({ leaders }) => leaders)));
    expect(bytes).toBeGreaterThan(REPORT_LIMITS.bytes);
    expect(bytes).toBeLessThan(1.1 * REPORT_LIMITS.bytes);
    expect(first.moreTypes).toBe(true);
    const rest = await rankLeaders(db, first.types.at(-1)?.accountType);
    expect(rest.types[0]?.accountType).toBe(types[first.types.length]);
  });
});
