import { fromBase58, toBase58 } from '@exodus/bytes/base58.js';

/** Takes time with the square of the length. */
export const encodeBase58: (bytes: Uint8Array) => string = toBase58;

/** Undefined: it is not base58. Takes time with the square of the length. */
export function decodeBase58(text: string): Uint8Array | undefined {
  try {
    return fromBase58(text);
  } catch {
    return undefined;
  }
}

/** Without leading zeros. */
const LEAST_KEY = toBase58(Uint8Array.of(1, ...new Uint8Array(31)));
const GREATEST_KEY = toBase58(new Uint8Array(32).fill(255));
const BASE58 = /^[1-9A-HJ-NP-Za-km-z]+$/;

/** Digits of base58 are in the order of ASCII, and these have no leading zeros. */
const isLess = (one: string, other: string) =>
  one.length === other.length ? one < other : one.length < other.length;

/** Whether it is a public key in base58. */
export function isPublicKey(text: string): boolean {
  if (text.length > GREATEST_KEY.length || !BASE58.test(text)) return false;
  if (text.startsWith('1')) return decodeBase58(text)?.length === 32;
  return !isLess(text, LEAST_KEY) && !isLess(GREATEST_KEY, text);
}
