import fc from 'fast-check';
import { expect, test } from 'vitest';
import { judgeFields, MAX_CALLBACK_TIME, MAX_U64, NOT_CALLBACK_TIME, NOT_U64 } from './testing/judge';

/** An independent statement of the expected result for a source value. */
type Expected = { text: string; value?: string; reason?: string };
const integer = (max: bigint, notInRange: string): fc.Arbitrary<Expected> =>
  fc.oneof(
    fc
      .tuple(
        fc.oneof(fc.bigInt(0n, max + 3n), fc.bigInt(max - 3n, max + 3n), fc.bigInt(0n, 2000n)),
        fc.boolean(),
      )
      .map(([value, quoted]) => ({
        text: quoted ? `"${value}"` : `${value}`,
        ...(value <= max ? { value: `${value}` } : { reason: notInRange }),
      })),
    fc.bigInt(1n, 2n ** 63n).map((value) => ({ text: `-${value}`, reason: notInRange })),
    fc.bigInt(0n, 999n).map((value) => ({ text: `"0${value}"`, reason: 'must not have leading zeros' })),
    fc
      .double({ noInteger: true, noNaN: true, noDefaultInfinity: true })
      .map((value) => ({ text: `${value}`, reason: notInRange })),
  );
const name = (limit: number): fc.Arbitrary<Expected> =>
  fc
    .oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.string({ unit: 'grapheme', maxLength: 200 }),
      fc.constant('mint'),
    )
    .map((value) => {
      const text = JSON.stringify(value);
      const reason =
        value === ''
          ? 'must not be empty'
          : [...value].length > limit
            ? `longer than ${limit} characters`
            : value.includes('\0')
              ? 'holds the character U+0000, which the database cannot store'
              : Buffer.from(value).toString() !== value
                ? 'holds half of a surrogate pair, which the database cannot store'
                : undefined;
      return reason === undefined ? { text, value } : { text, reason };
    });

test('every field comes to its value or to its reason, and the record to the first reason', () => {
  const u64 = integer(MAX_U64, NOT_U64);
  fc.assert(
    fc.property(
      fc.record({
        id: name(128),
        accountType: name(64),
        tokens: u64,
        slot: fc.option(u64, { nil: undefined }),
        version: u64,
        callbackTimeMs: integer(MAX_CALLBACK_TIME, NOT_CALLBACK_TIME),
      }),
      (fields) => {
        const wrong = Object.entries(fields).find(([, field]) => field?.reason !== undefined);
        const judged = judgeFields(
          Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, field?.text])),
        );
        const slot = fields.slot?.value ?? '0';
        if (wrong) {
          expect(judged).toMatchObject({
            kind: 'reject',
            field: wrong[0],
            reason: `${wrong[0]}: ${wrong[1]?.reason}`,
          });
        } else {
          expect(judged).toMatchObject({
            kind: 'update',
            update: {
              id: fields.id.value,
              accountType: fields.accountType.value,
              tokens: fields.tokens.value,
              version: slot === '0' ? fields.version.value : `${slot}:${fields.version.value}`,
              callbackTimeMs: Number(fields.callbackTimeMs.value),
              data: '{}',
            },
          });
        }
      },
    ),
    { numRuns: 3000 },
  );
});
