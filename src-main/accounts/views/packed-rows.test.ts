import fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeOnEachDatabase } from '../../database/testing/each-database';
import { createPacking } from './packed-rows';

describeOnEachDatabase('packed rows', (open) => {
  it('are what they are unpacked, whatever their text', async () => {
    const database = await open();
    const text = fc.oneof(
      fc.string({ unit: fc.constantFrom('"', '\\', ',', '(', ')', ' ', '\n', 'a', '😀') }),
      fc.constant(null),
    );
    const rows = fc.array(fc.tuple(text, text, fc.boolean(), fc.integer()), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(rows, async (all) => {
        const values = all.flat();
        const place = (at: number) =>
          `($${at * 4 + 1}::text, $${at * 4 + 2}::text, $${at * 4 + 3}::bool, $${at * 4 + 4}::int4)`;
        const plain = {
          name: 'plain',
          deadline: 'read',
          text: `SELECT * FROM (VALUES ${all.map((_, at) => place(at)).join(', ')}) AS v (a, b, is_so, n)`,
        } as const;
        const unpacked = await database.query<Record<string, string | null>>(plain, values);
        const [first] = unpacked.rows;
        if (!first) throw new Error('there is a row');
        const packing = createPacking(first);
        const packed = await database.query<{ line: string }>(packing.statement(plain), values);
        expect(packed.rows.map(({ line }) => packing.unpack(line))).toEqual(unpacked.rows);
      }),
      { numRuns: 40 },
    );
  });
});
