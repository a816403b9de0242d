import { Decompress } from 'fzstd';
import type { Decoding } from '../../../src-shared/mapping';
import { decodeBase58, encodeBase58, isPublicKey } from '../base58';
import type { ChainData } from '../chain-account';
import { ARRAY, createJsonScan, INTEGER, NUMBER, OBJECT, STRING, WORD } from '../json-scan';
import { MAX_ACCOUNT_BYTES } from '../limits';
import { REASONS } from '../reasons';
import { findUnstorable } from '../storable-json';
import { windowOf } from '../unzstd';
import { createFieldScan, type FoundValue } from './field-scan';

/** Decoding takes time with the square of the length. Solana's RPC writes at most 128 bytes in base58. */
const MAX_BASE58_CHARACTERS = 4096;
/** At most. */
const ZSTD_HEADER_BYTES = 18;
/** Of zstd: what it may look back at. Account data needs no more. */
const MAX_WINDOW_BYTES = 2 * MAX_ACCOUNT_BYTES;
const MAX_SIGNATURE_CHARACTERS = 90;
const KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const HEX = /^(?:\\x|0x)?((?:[0-9a-f]{2})*)$/i;

/** A fault, for a person, after the name of the field. */
export class ValueFault extends Error {}

/** In base58, base64, hex, as a list of numbers, or as a `Buffer` in JSON. */
export function readKey(
  { kind, text }: FoundValue,
  bytes: typeof KEY_BYTES | typeof SIGNATURE_BYTES = KEY_BYTES,
): string {
  if (kind === STRING) {
    if (bytes === KEY_BYTES ? isPublicKey(text) : isSignature(text)) return text;
    const read = HEX.exec(text) ? fromHex(text) : BASE64.test(text) ? Buffer.from(text, 'base64') : undefined;
    if (read?.length === bytes) return encodeBase58(read);
  } else if (kind === ARRAY || kind === OBJECT) {
    const read = fromNumbers(text);
    if (read?.length === bytes) return encodeBase58(read);
  }
  throw new ValueFault(`must be ${bytes === KEY_BYTES ? 'a public key of 32' : `of ${bytes}`} bytes`);
}

const isSignature = (text: string) =>
  text.length <= MAX_SIGNATURE_CHARACTERS && decodeBase58(text)?.length === SIGNATURE_BYTES;

const fromHex = (text: string) => Buffer.from(HEX.exec(text)?.[1] ?? '', 'hex');

/** `[1,2]`, or `{"type":"Buffer","data":[1,2]}`, or `{"0":1,"1":2}`. */
function fromNumbers(json: string): Uint8Array | undefined {
  const value: unknown = JSON.parse(json);
  const held = typeof value === 'object' && value !== null && 'data' in value ? value.data : value;
  const numbers: unknown[] = typeof held === 'object' && held !== null ? Object.values(held) : [];
  const areBytes = numbers.every((one) => Number.isInteger(one) && Number(one) >= 0 && Number(one) <= 255);
  return areBytes ? Uint8Array.from(numbers as number[]) : undefined;
}

function decodeOnce(value: FoundValue | Uint8Array, decoding: Decoding): Uint8Array {
  if (decoding === 'zstd') return decompress(bytesOf(value, 'base64'));
  return bytesOf(value, decoding);
}

function bytesOf(value: FoundValue | Uint8Array, decoding: Exclude<Decoding, 'zstd'>): Uint8Array {
  if (value instanceof Uint8Array) return value;
  const { kind, text } = value;
  if (kind === ARRAY || kind === OBJECT) {
    const bytes = fromNumbers(text);
    if (bytes) return bytes;
  } else if (kind === STRING && (text.startsWith('\\x') || decoding === 'hex')) {
    if (HEX.test(text)) return fromHex(text);
  } else if (kind === STRING && decoding === 'base58') {
    if (text.length > MAX_BASE58_CHARACTERS) throw new ValueFault('too long for base58');
    if (text === '') return new Uint8Array();
    const bytes = decodeBase58(text);
    if (bytes) return bytes;
  } else if (kind === STRING && BASE64.test(text)) {
    return Buffer.from(text, 'base64');
  }
  throw new ValueFault(
    `must be bytes in ${decoding === 'bytes' ? 'base64, or a list of numbers' : decoding}`,
  );
}

/** No further than an account may be long. */
function decompress(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  let length = 0;
  const stream = new Decompress((part) => {
    length += part.length;
    if (length > MAX_ACCOUNT_BYTES) throw new ValueFault(REASONS.accountTooLong);
    parts.push(part);
  });
  try {
    if (windowOf(Buffer.from(bytes.subarray(0, ZSTD_HEADER_BYTES))) > MAX_WINDOW_BYTES)
      throw new ValueFault(REASONS.accountTooLong);
    stream.push(bytes, true);
  } catch (error) {
    throw error instanceof ValueFault ? error : new ValueFault('must be compressed with zstd');
  }
  return Buffer.concat(parts);
}

const BASE58_ALONE: readonly Decoding[] = ['base58'];
const RPC_ENCODINGS: Readonly<Record<string, readonly Decoding[]>> = {
  base58: ['base58'],
  base64: ['base64'],
  'base64+zstd': ['base64', 'zstd'],
};

/**
 * The data of an account: as Solana's RPC writes it (`["…","base64"]`, a text in base58, or what it parsed), or as `decode` says.
 * @param space The length of all of it, as the source says.
 */
export function readData(
  value: FoundValue | undefined,
  decode: readonly Decoding[] | undefined,
  space: number | null,
): ChainData {
  if (value === undefined || value.text === 'null')
    return { kind: 'bytes', bytes: new Uint8Array(), space: space ?? 0 };
  if (value.kind === OBJECT) {
    const parsed = readParsed(value.text, space);
    if (parsed) return parsed;
  }
  const written =
    value.kind === ARRAY ? /^\[\s*("[^"\\]*")\s*,\s*"([^"\\]{1,20})"\s*\]$/.exec(value.text) : null;
  if (!written && value.kind === ARRAY && /^\[\s*"/.test(value.text)) {
    throw new ValueFault('must be ["BYTES", "ENCODING"]');
  }
  const text: FoundValue = written ? { kind: STRING, text: String(written[1]).slice(1, -1) } : value;
  const encoding = written ? RPC_ENCODINGS[String(written[2])] : (decode ?? BASE58_ALONE);
  if (!encoding) throw new ValueFault('has an unknown encoding');
  let bytes: FoundValue | Uint8Array = text;
  for (const one of encoding) bytes = decodeOnce(bytes, one);
  if (!(bytes instanceof Uint8Array)) throw new ValueFault('must be bytes');
  return { kind: 'bytes', bytes, space: space ?? bytes.length };
}

const parts = createFieldScan(['program', 'parsed', 'parsed.type', 'space']);
const scan = createJsonScan();

/** `{"program":…,"parsed":…,"space":…}` */
function readParsed(json: string, space: number | null): ChainData | undefined {
  scan.bytes = Buffer.from(`${json}\0`);
  scan.end = scan.bytes.length - 1;
  parts.reset();
  parts.scan(scan, 0);
  const [program, parsed, type, length] = [0, 1, 2, 3].map((slot) => parts.value(scan.bytes, slot));
  scan.bytes = Buffer.alloc(1);
  if (!parsed) return undefined;
  return {
    kind: 'parsed',
    program: program?.kind === STRING ? program.text : '',
    type: type?.kind === STRING ? type.text : null,
    parsed: parsed.text,
    space: length?.kind === INTEGER ? readLength(length.text) : space,
  };
}

function readLength(digits: string): number {
  const length = Number(digits);
  if (Number.isSafeInteger(length)) return length;
  throw new ValueFault('has a space that is no length');
}

export function readTruth({ kind, text }: FoundValue): boolean {
  if (kind === WORD || kind === STRING) {
    if (text === 'true' || text === 't') return true;
    if (text === 'false' || text === 'f' || text === '') return false;
  }
  throw new ValueFault('must be true or false');
}

const MAX_U64_DIGITS = 20;

/** A number with all its digits, of any size that can be stored: u64::MAX may have been rounded on its way, or be -1. */
export function readAnyNumber({ kind, text }: FoundValue): string {
  if (kind === INTEGER || kind === NUMBER) {
    const fault = kind === INTEGER && text.length <= MAX_U64_DIGITS ? undefined : findUnstorable(text);
    if (fault) throw new ValueFault(REASONS[fault]);
    return text;
  }
  if (kind === STRING && /^-?(0|[1-9]\d{0,60})$/.test(text)) return text;
  throw new ValueFault('must be a number');
}
