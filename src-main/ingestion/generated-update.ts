import { uniformBigInt } from 'pure-rand/distribution/uniformBigInt';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { UPDATE_LIMITS } from '../../src-shared/update';
import { encodeBase58 } from './base58';

/**
 * The generator's accounts. Everything follows from seed, account and version, so nothing is stored to write the same update
 * again.
 */

type Random = ReturnType<typeof xoroshiro128plus>;

/** 64-bit values are `bigint` until they are written as text. */
export interface GeneratedUpdate {
  readonly id: string;
  readonly accountType: string;
  readonly tokens: bigint;
  readonly callbackTimeMs: number;
  readonly data: Readonly<Record<string, string | number>>;
  readonly version: bigint;
}

/**
 * An account's versions come in slots of eight: the first half has the update that the account takes, the second half is left for
 * updates that come too late.
 */
const SLOT_VERSIONS = 8n;
export const LATE_PER_SLOT = 4;

/** One account in this many has versions above 2^53, one update in this many such tokens. */
const LARGE_EVERY = 50;
const LARGEST_FIRST_VERSION = UPDATE_LIMITS.maxU64 - 2n ** 40n;

const KEY_BYTES = 32;
const IMAGE = 'https://arweave.net/';

const GENERATED_TYPES = [
  'mint',
  'metadata',
  'masterEdition',
  'auction',
  'auctionData',
  'escrow',
  'account',
] as const;

/** @param slot From 0, in the order in which the account takes them. */
export function generateUpdate(seed: number, account: number, slot: number): GeneratedUpdate {
  const random = randomFor(seed, account, slot, 1);
  const offset = BigInt(uniformInt(random, 0, 3));
  return fill(seed, account, firstVersion(seed, account) + SLOT_VERSIONS * BigInt(slot) + offset, random);
}

/** @param index From 0: `LATE_PER_SLOT` per slot, in order. */
export function generateLateUpdate(seed: number, account: number, index: number): GeneratedUpdate {
  const random = randomFor(seed, account, index, 2);
  const slot = Math.floor(index / LATE_PER_SLOT);
  const offset = BigInt(SLOT_VERSIONS) - BigInt(LATE_PER_SLOT - (index % LATE_PER_SLOT));
  return fill(seed, account, firstVersion(seed, account) + SLOT_VERSIONS * BigInt(slot) + offset, random);
}

function fill(seed: number, account: number, version: bigint, random: Random): GeneratedUpdate {
  const id = accountId(seed, account);
  const traits = randomFor(seed, account, 0, 3);
  const accountType = GENERATED_TYPES[uniformInt(traits, 0, GENERATED_TYPES.length - 1)] ?? 'account';
  return {
    id,
    accountType,
    tokens:
      uniformInt(random, 1, LARGE_EVERY) === 1
        ? uniformBigInt(random, 0n, UPDATE_LIMITS.maxU64)
        : BigInt(uniformInt(random, 0, 999)),
    callbackTimeMs: 100 * uniformInt(random, 0, 100),
    data: generateData(accountType, id, traits, random),
    version,
  };
}

function generateData(
  accountType: (typeof GENERATED_TYPES)[number],
  id: string,
  traits: Random,
  random: Random,
): GeneratedUpdate['data'] {
  switch (accountType) {
    case 'mint':
      return { mintId: id };
    case 'metadata':
      return uniformInt(traits, 0, 1) === 0 ? { mintId: id } : { img: IMAGE + randomKey(traits) };
    case 'masterEdition':
      return { img: IMAGE + randomKey(traits) };
    case 'auction':
    case 'auctionData':
      return { expiry: -1, currentBid: uniformInt(random, 1, 999) };
    case 'escrow':
    case 'account':
      return {};
  }
}

function firstVersion(seed: number, account: number): bigint {
  const random = randomFor(seed, account, 0, 4);
  const small = BigInt(uniformInt(random, 0, 5));
  return uniformInt(random, 1, LARGE_EVERY) === 1
    ? uniformBigInt(random, 2n ** 53n, LARGEST_FIRST_VERSION)
    : small;
}

/** A public key in base58. Its first four bytes are the account's number, scrambled, so all differ. */
function accountId(seed: number, account: number): string {
  const key = randomBytes(randomFor(seed, account, 0, 5));
  new DataView(key.buffer).setUint32(0, scramble(account ^ scramble(seed)));
  return encodeBase58(key);
}

function randomKey(random: Random): string {
  return encodeBase58(randomBytes(random));
}

function randomBytes(random: Random): Uint8Array {
  const bytes = new Uint8Array(KEY_BYTES);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < KEY_BYTES; at += 4) view.setInt32(at, random.next());
  return bytes;
}

/** A separate generator for each derived value, so that none depends on earlier ones. */
function randomFor(seed: number, account: number, index: number, purpose: number): Random {
  return xoroshiro128plus(scramble(scramble(scramble(scramble(seed) ^ account) + index) ^ purpose));
}

/** A bijection on 32 bits (MurmurHash3's finalizer). */
function scramble(value: number): number {
  let bits = value | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85eb_ca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2_ae35);
  return bits ^ (bits >>> 16);
}
