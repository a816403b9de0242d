import type { JsonText, U64Text } from '../../../src-shared/update';

/** Integers of 64 bits and more are `bigint`; public keys are base58, bytes base64. */
export type DecodedValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly DecodedValue[]
  | { readonly [name: string]: DecodedValue };

export type DecodedFields = Readonly<Record<string, DecodedValue>>;

/** The fields of an account's data, or why there are none. */
export type Decoding =
  | { readonly program: string; readonly type: string; readonly fields: DecodedFields }
  | { readonly reason: string };

/**
 * Never throws. Time and memory are bounded, whatever the bytes are.
 *
 * @param owner The owning program, in base58.
 * @returns Null: the account has no data.
 */
export type Decode = (owner: string, bytes: Uint8Array) => Decoding | null;

/** A longer text is not kept: the bytes beside it say the same. */
export const MAX_DECODED_LENGTH = 1024 * 1024;

/** As the column `decoded` has it, with integers of any size as exact JSON numbers. */
export function decodedText(decoding: Decoding): JsonText {
  try {
    return write(decoding, { left: MAX_DECODED_LENGTH });
  } catch (error) {
    if (error !== TOO_LONG) throw error;
    return JSON.stringify({ reason: `its fields take more than ${MAX_DECODED_LENGTH} characters` });
  }
}

const TOO_LONG = new Error('too long');

function write(value: object | DecodedValue, room: { left: number }): string {
  if (Array.isArray(value)) return spend(`[${value.map((item) => write(item, room)).join(',')}]`, 2, room);
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(
      ([name, member]) => `${spend(JSON.stringify(name), name.length + 2, room)}:${write(member, room)}`,
    );
    return spend(`{${members.join(',')}}`, 2, room);
  }
  // JSON has no other numbers.
  const text =
    typeof value === 'bigint'
      ? String(value)
      : JSON.stringify(typeof value === 'number' && !Number.isFinite(value) ? String(value) : value);
  return spend(text, text.length, room);
}

function spend(text: string, length: number, room: { left: number }): string {
  room.left -= length;
  if (room.left < 0) throw TOO_LONG;
  return text;
}

/** The 64-bit integers among the fields, with their paths, as `decodedU64` reads them; not those within lists. */
export function* decodedIntegers(decoding: Decoding | null): Generator<readonly [string, U64Text]> {
  if (decoding !== null && 'fields' in decoding) yield* integersIn(decoding.fields, '');
}

function* integersIn(fields: DecodedFields, path: string): Generator<readonly [string, U64Text]> {
  for (const [name, value] of Object.entries(fields)) {
    // A name with a dot has no path.
    if (name.includes('.')) continue;
    if (typeof value === 'bigint' && value >= 0n && value <= MAX_U64) yield [path + name, String(value)];
    else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      yield* integersIn(value as DecodedFields, `${path}${name}.`);
    }
  }
}

const MAX_U64 = 2n ** 64n - 1n;

/**
 * An integer among the fields that can be the tokens of an update.
 *
 * @param path Names and places in lists, with dots between them: `amount`, `reserves.0.liquidity`.
 * @returns Undefined: nothing is there, or no integer from 0 to 2^64-1.
 */
export function decodedU64(decoding: Decoding | null, path: string): U64Text | undefined {
  if (decoding === null || 'reason' in decoding) return undefined;
  let value: DecodedValue | undefined = decoding.fields;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as DecodedFields)[name];
  }
  if (typeof value === 'number' && Number.isSafeInteger(value)) value = BigInt(value);
  return typeof value === 'bigint' && value >= 0n && value <= MAX_U64 ? String(value) : undefined;
}
