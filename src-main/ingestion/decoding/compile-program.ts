import { createHash } from 'node:crypto';
import { getNodeCodecVisitor, getValueNodeVisitor } from '@codama/dynamic-codecs';
import type {
  AccountNode,
  ArrayTypeNode,
  CountNode,
  DiscriminatorNode,
  EnumTypeNode,
  NumberFormat,
  NumberTypeNode,
  ProgramNode,
  SetTypeNode,
  SizeDiscriminatorNode,
  TypeNode,
} from '@codama/nodes';
import { isScalarEnum, programNode, resolveNestedTypeNode, rootNode } from '@codama/nodes';
import {
  extendVisitor,
  getRecordLinkablesVisitor,
  LinkableDictionary,
  NodeStack,
  visit,
} from '@codama/visitors-core';
import { encodeBase58 } from '../base58';
import type { DecodedFields, DecodedValue } from './decoded';

/** How one type of account is recognised and read. */
export interface AccountLayout {
  readonly type: string;
  /** False without a look at the bytes: the layout says nothing about how to recognise it. */
  readonly matches: (bytes: Uint8Array) => boolean;
  /** @throws if the bytes are not of this type. */
  readonly read: (bytes: Uint8Array) => DecodedFields;
}

export interface ProgramLayout {
  readonly name: string;
  /** In base58. */
  readonly address: string;
  readonly accounts: readonly AccountLayout[];
}

/** Why bytes do not decode, as a person reads it. */
export class Undecodable extends Error {}

/** Values of one account, so that no length in hostile data makes the reader busy or big. */
const MAX_VALUES = 100_000;
/** Longer bytes appear as their length and hash. */
const MAX_BYTES = 16 * 1024;

type Read = (bytes: Uint8Array, offset: number) => [unknown, number];
type Codec = ReturnType<ReturnType<typeof getNodeCodecVisitor>['visitBytesType']>;

/**
 * Makes readers of a program's accounts from its Codama description. Only accounts and types are looked at, so that what newer
 * descriptions say of instructions does no harm. A type is compiled when its first account comes.
 */
export function compileProgram(described: ProgramNode): ProgramLayout {
  const program = programNode({
    name: described.name,
    publicKey: described.publicKey,
    accounts: described.accounts,
    definedTypes: described.definedTypes,
  });
  const budget = { left: 0 };
  const { codecs, values } = visitorsOf(program, budget);
  const layout = (account: AccountNode): AccountLayout => {
    const fields = resolveNestedTypeNode(account.data).fields;
    const hidden = fields.filter(({ defaultValueStrategy }) => defaultValueStrategy === 'omitted');
    const codec = once(() => visit(account.data, codecs));
    const bytesAt = (
      node: Exclude<DiscriminatorNode, SizeDiscriminatorNode>,
    ): readonly [number, Uint8Array] => {
      if (node.kind === 'constantDiscriminatorNode') {
        const { type, value } = node.constant;
        return [node.offset, encode(type, visit(value, values))];
      }
      const field =
        node.kind === 'fieldDiscriminatorNode' ? fields.find(({ name }) => name === node.name) : undefined;
      if (!field?.defaultValue) {
        throw new Undecodable(`its type ${account.name} has a discriminator without a value`);
      }
      return [node.offset, encode(field.type, visit(field.defaultValue, values))];
    };
    const encode = (type: TypeNode, value: unknown) => Uint8Array.from(visit(type, codecs).encode(value));
    const constants = once(() =>
      (account.discriminators ?? []).flatMap((node) =>
        node.kind === 'sizeDiscriminatorNode' ? [] : [bytesAt(node)],
      ),
    );
    const sizes = (account.discriminators ?? []).flatMap((node) =>
      node.kind === 'sizeDiscriminatorNode' ? [node.size] : [],
    );
    const alone = described.accounts.length === 1;
    return {
      type: account.name,
      matches: (bytes) =>
        (alone || (account.discriminators ?? []).length > 0) &&
        sizes.every((size) => bytes.length === size) &&
        constants().every(([at, wanted]) => wanted.every((byte, place) => bytes[at + place] === byte)),
      read: (bytes) => {
        budget.left = MAX_VALUES;
        const [value] = codec().read(bytes, 0);
        const read = value as Record<string, DecodedValue>;
        for (const { name } of hidden) delete read[name];
        return read;
      },
    };
  };
  return { name: program.name, address: program.publicKey, accounts: described.accounts.map(layout) };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/**
 * The library's codecs, where they read with bounds, and give names and plain values: a list without a limit is read until the
 * bytes or the budget end, and nothing is copied on the way.
 */
function visitorsOf(program: ProgramNode, budget: { left: number }) {
  const root = rootNode(program);
  const linkables = new LinkableDictionary();
  visit(root, getRecordLinkablesVisitor(linkables));
  const stack = new NodeStack([root, program]);
  const spend = () => {
    if (--budget.left < 0) throw new Undecodable(`it holds more than ${MAX_VALUES} values`);
  };
  const repeat = (count: number, bytes: Uint8Array, from: number, one: (at: number) => number): number => {
    let at = from;
    for (let index = 0; index < count && (count !== Number.POSITIVE_INFINITY || at < bytes.length); index++) {
      spend();
      at = one(at);
    }
    return at;
  };
  const counted = (count: CountNode, self: typeof codecs) => {
    if (count.kind === 'fixedCountNode') {
      return (_: Uint8Array, offset: number) => [count.value, offset] as const;
    }
    if (count.kind === 'prefixedCountNode') {
      const prefix = visit(count.prefix, self);
      return (bytes: Uint8Array, offset: number) => {
        const [value, next] = prefix.read(bytes, offset);
        return [Number(value), next] as const;
      };
    }
    return (_: Uint8Array, offset: number) => [Number.POSITIVE_INFINITY, offset] as const;
  };
  const list = (node: ArrayTypeNode | SetTypeNode, codec: Codec, self: typeof codecs) => {
    const count = counted(node.count, self);
    if (node.item.kind === 'numberTypeNode' && node.item.format === 'u8') {
      return reading(codec, (bytes, offset) => {
        const [length, from] = count(bytes, offset);
        const end = length === Number.POSITIVE_INFINITY ? bytes.length : from + length;
        if (end > bytes.length) throw new Undecodable('its data ends too early');
        return [bytesValue(bytes.subarray(from, end)), end];
      });
    }
    const item = visit(node.item, self);
    return reading(codec, (bytes, offset) => {
      const [length, from] = count(bytes, offset);
      const items: unknown[] = [];
      const end = repeat(length, bytes, from, (at) => {
        const [value, next] = item.read(bytes, at);
        items.push(value);
        return next;
      });
      return [items, end];
    });
  };
  const option = (codec: Codec) =>
    changing(codec, (value) => {
      const { __option, value: some } = value as { __option: string; value: unknown };
      return __option === 'None' ? null : some;
    });
  const linked = new Map<unknown, Codec>();
  const base = getNodeCodecVisitor(linkables, { stack });
  const codecs: typeof base = extendVisitor(base, {
    visitArrayType: (node, { next, self }) => list(node, next(node), self),
    visitSetType: (node, { next, self }) => list(node, next(node), self),
    visitMapType(node, { next, self }) {
      const count = counted(node.count, self);
      const key = visit(node.key, self);
      const value = visit(node.value, self);
      return reading(next(node), (bytes, offset) => {
        const [length, from] = count(bytes, offset);
        const entries: [string, unknown][] = [];
        const end = repeat(length, bytes, from, (at) => {
          const [name, middle] = key.read(bytes, at);
          const [member, after] = value.read(bytes, middle);
          entries.push([String(name), member]);
          return after;
        });
        return [Object.fromEntries(entries), end];
      });
    },
    visitNumberType: (node, { next }) => numberCodec(node, next(node)),
    visitBytesType: (node, { next }) =>
      reading(next(node), (bytes, offset) => [bytesValue(bytes.subarray(offset)), bytes.length]),
    visitPublicKeyType: (node, { next }) =>
      reading(next(node), (bytes, offset) => {
        if (offset + 32 > bytes.length) throw new Undecodable('its data ends too early');
        return [encodeBase58(bytes.subarray(offset, offset + 32)), offset + 32];
      }),
    visitOptionType: (node, { next }) => option(next(node)),
    visitRemainderOptionType: (node, { next }) => option(next(node)),
    visitZeroableOptionType: (node, { next }) => option(next(node)),
    visitEnumType: (node, { next }) => changing(next(node), (value) => variantOf(node, value)),
    visitDefinedTypeLink(node, { next }) {
      const target = linkables.get([...stack.getPath(), node]);
      const known = linked.get(target);
      if (known) return known;
      // Found again while it is compiled, the type holds itself.
      const itself = {
        read: (bytes: Uint8Array, offset: number) => (linked.get(target) as Codec).read(bytes, offset),
      };
      linked.set(target, reading(itself as Codec, itself.read));
      const codec = next(node);
      const bounded = reading(codec, (bytes, offset) => {
        spend();
        return codec.read(bytes, offset);
      });
      linked.set(target, bounded);
      return bounded;
    },
  });
  const values = getValueNodeVisitor(linkables, { stack, codecVisitorFactory: () => codecs });
  return { codecs, values };
}

/** The library copies more than the bytes of each number. */
const NUMBERS: Readonly<
  Partial<Record<NumberFormat, readonly [(view: DataView) => number | bigint, length: number]>>
> = {
  u8: [(view) => view.getUint8(0), 1],
  u16: [(view) => view.getUint16(0, true), 2],
  u32: [(view) => view.getUint32(0, true), 4],
  u64: [(view) => view.getBigUint64(0, true), 8],
  i64: [(view) => view.getBigInt64(0, true), 8],
};

/** A view of each account's own bytes would cost more than copying a number. */
const digits = new Uint8Array(8);
const number = new DataView(digits.buffer);

function numberCodec({ format, endian }: NumberTypeNode, codec: Codec): Codec {
  const known = endian === 'le' ? NUMBERS[format] : undefined;
  if (!known) return codec;
  const [get, length] = known;
  return reading(codec, (bytes, offset) => {
    if (offset + length > bytes.length) throw new Undecodable('its data ends too early');
    for (let at = 0; at < length; at++) digits[at] = bytes[offset + at] as number;
    return [get(number), offset + length];
  });
}

function reading(codec: Codec, read: Read): Codec {
  return { ...codec, read, decode: (bytes: Uint8Array, offset = 0) => read(bytes, offset)[0] } as Codec;
}

const changing = (codec: Codec, change: (value: unknown) => unknown): Codec =>
  reading(codec, (bytes, offset) => {
    const [value, next] = codec.read(bytes, offset);
    return [change(value), next];
  });

export function bytesValue(bytes: Uint8Array): DecodedValue {
  if (bytes.length > MAX_BYTES) {
    return { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  }
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}

/** As Rust's JSON has it: `"quit"`, `{"move": {…}}`, and without a list around a single value. */
function variantOf(node: EnumTypeNode, value: unknown): unknown {
  if (isScalarEnum(node)) return node.variants[value as number]?.name ?? value;
  const { __kind, ...members } = value as { __kind: string; fields?: readonly unknown[] };
  const variant = node.variants.find(({ name }) => name.toLowerCase() === __kind.toLowerCase());
  if (!variant || variant.kind === 'enumEmptyVariantTypeNode') return variant?.name ?? __kind;
  if (variant.kind === 'enumStructVariantTypeNode') return { [variant.name]: members };
  const { fields = [] } = members;
  return { [variant.name]: fields.length === 1 ? fields[0] : fields };
}
