import { createHash } from 'node:crypto';
import { getNodeCodec } from '@codama/dynamic-codecs';
import {
  accountNode,
  arrayTypeNode,
  booleanTypeNode,
  bytesTypeNode,
  constantValueNode,
  definedTypeLinkNode,
  definedTypeNode,
  enumEmptyVariantTypeNode,
  enumStructVariantTypeNode,
  enumTupleVariantTypeNode,
  enumTypeNode,
  fixedCountNode,
  fixedSizeTypeNode,
  mapTypeNode,
  type NumberFormat,
  numberTypeNode,
  numberValueNode,
  optionTypeNode,
  prefixedCountNode,
  programNode,
  publicKeyTypeNode,
  remainderCountNode,
  rootNode,
  sentinelTypeNode,
  sizePrefixTypeNode,
  stringTypeNode,
  structFieldTypeNode,
  structTypeNode,
  type TypeNode,
  tupleTypeNode,
} from '@codama/nodes';
import { toBase58 } from '@exodus/bytes/base58.js';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { compileProgram } from './compile-program';
import { type DecodedValue, decodedText } from './decoded';
import { createDecode } from './decoder';
import { knownPrograms } from './known-programs';

const OWNER = '11111111111111111111111111111112';
const u32 = numberTypeNode('u32');

function programOf(type: TypeNode, types: Readonly<Record<string, TypeNode>> = {}) {
  const data = structTypeNode([structFieldTypeNode({ name: 'value', type })]);
  const definedTypes = Object.entries(types).map(([name, of]) => definedTypeNode({ name, type: of }));
  return programNode({
    name: 'sample',
    publicKey: OWNER,
    accounts: [accountNode({ name: 'one', data })],
    definedTypes,
  });
}

function decodeAs(type: TypeNode, bytes: Uint8Array, types?: Readonly<Record<string, TypeNode>>) {
  return createDecode([compileProgram(programOf(type, types))])(OWNER, bytes);
}

/** A type, a value as the library takes it, and how it is shown. */
interface Sample {
  readonly type: TypeNode;
  readonly input: unknown;
  readonly output: DecodedValue;
}

const integers: readonly [NumberFormat, bigint, bigint][] = [8n, 16n, 32n, 64n, 128n].flatMap(
  (bits): [NumberFormat, bigint, bigint][] => [
    [`u${bits}` as NumberFormat, 0n, 2n ** bits - 1n],
    [`i${bits}` as NumberFormat, -(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n],
  ],
);
const integer = fc.constantFrom(...integers).chain(([format, min, max]) =>
  fc.bigInt(min, max).map((value): Sample => {
    const shown = max > 2n ** 32n ? value : Number(value);
    return { type: numberTypeNode(format), input: shown, output: shown };
  }),
);
const bytes = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((value): Sample => {
  const text = Buffer.from(value).toString('base64');
  const type = fixedSizeTypeNode(bytesTypeNode(), value.length);
  return { type, input: ['base64', text], output: text };
});
const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((value): Sample => {
  const text = toBase58(value);
  return { type: publicKeyTypeNode(), input: text, output: text };
});
const text = fc.string({ unit: 'grapheme' }).filter((value) => !/[\0\ufeff]/.test(value));
const string = text.map(
  (value): Sample => ({
    type: sizePrefixTypeNode(stringTypeNode('utf8'), u32),
    input: value,
    output: value,
  }),
);
const flag = fc.boolean().map((value): Sample => ({ type: booleanTypeNode(), input: value, output: value }));

const { sample } = fc.letrec<{ sample: Sample }>((tie) => {
  const fields = fc.array(tie('sample'), { minLength: 1, maxLength: 4 });
  const structOf = (samples: readonly Sample[]) =>
    structTypeNode(samples.map(({ type }, at) => structFieldTypeNode({ name: `f${at}`, type })));
  const objectOf = (samples: readonly Sample[], what: 'input' | 'output') =>
    Object.fromEntries(samples.map((one, at) => [`f${at}`, one[what]])) as Record<string, DecodedValue>;
  const listOf = (samples: readonly Sample[], what: 'input' | 'output') =>
    samples.map((one) => one[what]) as DecodedValue[];
  return {
    sample: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.oneof(integer, bytes, key, string, flag),
      fields.map(
        (all): Sample => ({
          type: structOf(all),
          input: objectOf(all, 'input'),
          output: objectOf(all, 'output'),
        }),
      ),
      fields.map(
        (all): Sample => ({
          type: tupleTypeNode(all.map(({ type }) => type)),
          input: listOf(all, 'input'),
          output: listOf(all, 'output'),
        }),
      ),
      fc.tuple(tie('sample'), fc.nat(5)).map(([{ type, input, output }, count]): Sample => {
        const ofBytes = type.kind === 'numberTypeNode' && type.format === 'u8';
        const repeated = Array.from({ length: count }, () => output);
        return {
          type: arrayTypeNode(type, prefixedCountNode(u32)),
          input: repeated.map(() => input),
          output: ofBytes ? Buffer.from(repeated as number[]).toString('base64') : repeated,
        };
      }),
      fc.tuple(tie('sample'), fc.uniqueArray(text, { maxLength: 3 })).map(
        ([{ type, input, output }, names]): Sample => ({
          type: mapTypeNode(sizePrefixTypeNode(stringTypeNode('utf8'), u32), type, prefixedCountNode(u32)),
          input: Object.fromEntries(names.map((name) => [name, input])),
          output: Object.fromEntries(names.map((name) => [name, output])),
        }),
      ),
      fc.tuple(tie('sample'), fc.boolean()).map(
        ([{ type, input, output }, some]): Sample => ({
          type: optionTypeNode(type),
          input: some ? { __option: 'Some', value: input } : { __option: 'None' },
          output: some ? output : null,
        }),
      ),
      fc.tuple(fields, fc.nat(2)).map(([all, which]): Sample => {
        const type = enumTypeNode([
          enumEmptyVariantTypeNode('nothing'),
          enumStructVariantTypeNode('named', structOf(all)),
          enumTupleVariantTypeNode('listed', tupleTypeNode(all.map(({ type: one }) => one))),
        ]);
        const list = listOf(all, 'output');
        return [
          { type, input: { __kind: 'Nothing' }, output: 'nothing' },
          {
            type,
            input: { __kind: 'Named', ...objectOf(all, 'input') },
            output: { named: objectOf(all, 'output') },
          },
          {
            type,
            input: { __kind: 'Listed', fields: listOf(all, 'input') },
            output: { listed: list.length === 1 ? (list[0] as DecodedValue) : list },
          },
        ][which] as Sample;
      }),
    ),
  };
});

test('what a codec encodes is decoded', () => {
  fc.assert(
    fc.property(sample, ({ type, input, output }) => {
      const root = rootNode(programOf(type));
      const account = root.program.accounts[0];
      if (!account) throw new Error('no account');
      const encoded = getNodeCodec([root, root.program, account]).encode({ value: input });
      const decoding = decodeAs(type, Uint8Array.from(encoded));
      if (encoded.length === 0) return;
      expect(decoding).toEqual({ program: 'sample', type: 'one', fields: { value: output } });
      expect(() => JSON.parse(decodedText(decoding as never))).not.toThrow();
    }),
    { numRuns: 300 },
  );
});

test('random bytes never throw', () => {
  const programs = knownPrograms();
  const decode = createDecode(programs);
  const owner = fc.constantFrom(...programs.map(({ address }) => address));
  const size = fc.constantFrom(82, 80, 165, 170, 200, 355, 400);
  const data = fc.oneof(
    fc.uint8Array({ maxLength: 600 }),
    size.chain((length) => fc.uint8Array({ minLength: length, maxLength: length })),
  );
  fc.assert(
    fc.property(owner, data, fc.nat(3), (program, random, kind) => {
      // Where extensions begin, and where a stake says its state.
      if (random.length > 165) random[165] = kind;
      const decoding = decode(program, random);
      expect(decoding === null).toBe(random.length === 0);
      if (decoding) expect(() => JSON.parse(decodedText(decoding))).not.toThrow();
    }),
    { numRuns: 2000 },
  );
  fc.assert(
    fc.property(sample, fc.uint8Array({ minLength: 1, maxLength: 200 }), ({ type }, random) => {
      const decoding = decodeAs(type, random);
      if (decoding) expect(() => JSON.parse(decodedText(decoding))).not.toThrow();
    }),
    { numRuns: 300 },
  );
});

describe('hostile data', () => {
  const huge = Uint8Array.of(0xff, 0xff, 0xff, 0xff);
  const tooMany = { reason: 'as one of sample: it holds more than 100000 values' };
  const tooShort = { reason: 'as one of sample: its data ends too early' };
  const vec = (item: TypeNode) => arrayTypeNode(item, prefixedCountNode(u32));
  const full = Buffer.alloc(10 * 1024 * 1024, 1);

  it.each<[string, TypeNode, Uint8Array, object]>([
    ['four billion items of no size', vec(structTypeNode([])), huge, tooMany],
    ['items of no size to the end', arrayTypeNode(structTypeNode([]), remainderCountNode()), huge, tooMany],
    ['four billion numbers', vec(numberTypeNode('u64')), huge, tooShort],
    ['four billion bytes', vec(numberTypeNode('u8')), huge, tooShort],
    ['a text of four billion bytes', sizePrefixTypeNode(stringTypeNode('utf8'), u32), huge, tooShort],
    ['more items than are kept', arrayTypeNode(numberTypeNode('u16'), remainderCountNode()), full, tooMany],
    ['millions of short lists', arrayTypeNode(vec(numberTypeNode('u8')), fixedCountNode(10)), full, tooShort],
    [
      'many texts, each with its end far from the start of the data',
      arrayTypeNode(
        sentinelTypeNode(bytesTypeNode(), constantValueNode(numberTypeNode('u8'), numberValueNode(1))),
        remainderCountNode(),
      ),
      full,
      tooMany,
    ],
  ])('%s', (_, type, data, expected) => {
    expect(decodeAs(type, data)).toEqual(expected);
  });

  it('types that hold themselves, with an end and without', () => {
    const link = definedTypeLinkNode('chain');
    const chain = structTypeNode([structFieldTypeNode({ name: 'next', type: optionTypeNode(link) })]);
    expect(decodeAs(link, Uint8Array.of(1, 1, 0), { chain })).toMatchObject({
      fields: { value: { next: { next: { next: null } } } },
    });
    expect(decodeAs(link, full, { chain })).toEqual({
      reason: 'as one of sample: the type holds itself without end',
    });
    const endless = structTypeNode([structFieldTypeNode({ name: 'next', type: link })]);
    expect(decodeAs(link, huge, { chain: endless })).toMatchObject({
      reason: expect.stringContaining('as one'),
    });
  });

  it('types that double at each step', () => {
    const types = Object.fromEntries(
      Array.from({ length: 40 }, (_, at): [string, TypeNode] => {
        const type = at === 0 ? structTypeNode([]) : definedTypeLinkNode(`t${at - 1}`);
        return [`t${at}`, tupleTypeNode([type, type])];
      }),
    );
    expect(decodeAs(definedTypeLinkNode('t39'), huge, types)).toEqual(tooMany);
  });

  it('bytes and fields too long to be shown', () => {
    const decoding = decodeAs(bytesTypeNode(), full);
    expect(decoding).toMatchObject({
      fields: {
        value: {
          bytes: full.length,
          sha256: createHash('sha256').update(full).digest('hex'),
        },
      },
    });
    const long = decodeAs(stringTypeNode('utf8'), full);
    expect(decodedText(long as never)).toBe('{"reason":"its fields take more than 1048576 characters"}');
  });
});
