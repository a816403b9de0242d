import { MAX_DEPTH } from './limits';
import { utf8SequenceEnd } from './utf8';

/**
 * Scans JSON text in place, byte by byte, without building values: RFC 8259 as `JSON.parse` reads it, plus a depth limit. Numbers
 * are not converted, so nothing is rounded.
 *
 * The byte after the text (`bytes[end]`) must be 0. No JSON continues over a 0, so the loops need no end check: only an
 * unexpected byte is checked for being the end.
 */
export interface JsonScan {
  bytes: Buffer;
  end: number;
  /** The kind of the value just scanned. */
  kind: JsonKind;
  /** Properties of the text, collected until reset to 0: see `ESCAPED` and its neighbours. */
  flags: number;
  /** Why the scan returned -1. */
  fault: JsonFault;
}

export type JsonFault =
  | { readonly kind: 'ended' }
  | { readonly kind: 'syntax'; readonly at: number; readonly expected: string }
  /** `at` is the start of the character, `seenTo` the byte that does not fit. */
  | { readonly kind: 'utf8'; readonly at: number; readonly seenTo: number }
  | { readonly kind: 'depth'; readonly at: number };

export const ABSENT = 0;
export const STRING = 1;
/** Digits only: no sign, no fraction, no exponent. */
export const INTEGER = 2;
/** Any other number. */
export const NUMBER = 3;
export const OBJECT = 4;
export const ARRAY = 5;
/** `true`, `false` or `null`. */
export const WORD = 6;
export type JsonKind =
  | typeof ABSENT
  | typeof STRING
  | typeof INTEGER
  | typeof NUMBER
  | typeof OBJECT
  | typeof ARRAY
  | typeof WORD;

/** A string has a backslash. */
export const ESCAPED = 1;
/** A string has an escape like `\u0000`. */
export const UNICODE_ESCAPE = 2;
/** A string has a character above U+007F. */
export const NON_ASCII = 4;
/** A number has an exponent or is longer than `LONG_NUMBER`: the database may not be able to store it. */
export const UNUSUAL_NUMBER = 8;

/** Postgres stores 16,383 digits after the point, and more before it. */
const LONG_NUMBER = 16_383;

export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const OPEN_BRACKET = 0x5b;
export const CLOSE_BRACKET = 0x5d;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;

const ENDED: JsonFault = { kind: 'ended' };

export function createJsonScan(): JsonScan {
  return { bytes: Buffer.alloc(1), end: 0, kind: ABSENT, flags: 0, fault: ENDED };
}

/** The caller knows that `at` is not beyond the closing 0. */
export function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] as number;
}

export function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  let byte = byteAt(bytes, at);
  while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = byteAt(bytes, ++at);
  return at;
}

/** @param found The byte that does not fit; at the end of the text, the end itself. */
export function failSyntax(scan: JsonScan, found: number, expected: string): -1 {
  scan.fault = found >= scan.end ? ENDED : { kind: 'syntax', at: found, expected };
  return -1;
}

/**
 * Every scan function takes a start position and returns the position after what it scanned, or -1 with `scan.fault` set. `depth`
 * counts the open objects and arrays around the value.
 */
export function scanValue(scan: JsonScan, at: number, depth: number): number {
  const byte = byteAt(scan.bytes, at);
  if (byte === QUOTE) {
    const end = scanString(scan, at + 1);
    scan.kind = STRING;
    return end;
  }
  if (byte === OPEN_BRACE) return scanObject(scan, at, depth + 1);
  if (byte === OPEN_BRACKET) return scanArray(scan, at, depth + 1);
  if (byte === MINUS || (byte >= ZERO && byte <= NINE)) return scanNumber(scan, at);
  return scanWord(scan, at);
}

/** @param from After the opening quote. */
function scanString(scan: JsonScan, from: number): number {
  const bytes = scan.bytes;
  let at = from;
  for (;;) {
    let byte = byteAt(bytes, at);
    while (byte !== QUOTE && byte !== BACKSLASH && byte >= 0x20 && byte < 0x80) byte = byteAt(bytes, ++at);
    if (byte === QUOTE) return at + 1;
    if (byte === BACKSLASH) {
      at = scanEscape(scan, at + 1);
      if (at < 0) return -1;
    } else if (byte >= 0x80) {
      const end = utf8SequenceEnd(bytes, at);
      if (end < 0) {
        const seenTo = ~end;
        scan.fault = seenTo >= scan.end ? ENDED : { kind: 'utf8', at, seenTo };
        return -1;
      }
      scan.flags |= NON_ASCII;
      at = end;
    } else {
      return failSyntax(scan, at, 'an escape instead of a control character');
    }
  }
}

function scanEscape(scan: JsonScan, at: number): number {
  scan.flags |= ESCAPED;
  switch (byteAt(scan.bytes, at)) {
    case QUOTE:
    case BACKSLASH:
    case 0x2f: // /
    case 0x62: // b
    case 0x66: // f
    case 0x6e: // n
    case 0x72: // r
    case 0x74: // t
      return at + 1;
    case 0x75: {
      scan.flags |= UNICODE_ESCAPE;
      for (let digit = at + 1; digit <= at + 4; digit++) {
        if (!isHexDigit(byteAt(scan.bytes, digit)))
          return failSyntax(scan, digit, 'four hex digits after "\\u"');
      }
      return at + 5;
    }
    default:
      return failSyntax(scan, at, 'an escape that JSON knows');
  }
}

function isHexDigit(byte: number): boolean {
  return (byte >= ZERO && byte <= NINE) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}

function scanNumber(scan: JsonScan, from: number): number {
  const bytes = scan.bytes;
  let at = from;
  let kind: JsonKind = INTEGER;
  let byte = byteAt(bytes, at);
  if (byte === MINUS) {
    kind = NUMBER;
    byte = byteAt(bytes, ++at);
  }
  if (byte === ZERO) {
    byte = byteAt(bytes, ++at);
  } else {
    at = scanDigits(scan, at);
    if (at < 0) return -1;
    byte = byteAt(bytes, at);
  }
  if (byte === POINT) {
    kind = NUMBER;
    at = scanDigits(scan, at + 1);
    if (at < 0) return -1;
    byte = byteAt(bytes, at);
  }
  if (byte === 0x65 || byte === 0x45) {
    kind = NUMBER;
    scan.flags |= UNUSUAL_NUMBER;
    byte = byteAt(bytes, ++at);
    if (byte === PLUS || byte === MINUS) at++;
    at = scanDigits(scan, at);
    if (at < 0) return -1;
  }
  if (at - from > LONG_NUMBER) scan.flags |= UNUSUAL_NUMBER;
  scan.kind = kind;
  return at;
}

function scanDigits(scan: JsonScan, from: number): number {
  const bytes = scan.bytes;
  let at = from;
  let byte = byteAt(bytes, at);
  while (byte >= ZERO && byte <= NINE) byte = byteAt(bytes, ++at);
  return at === from ? failSyntax(scan, at, 'a digit') : at;
}

const WORDS = ['true', 'false', 'null'].map((word) => Buffer.from(word));

function scanWord(scan: JsonScan, from: number): number {
  const first = byteAt(scan.bytes, from);
  for (const word of WORDS) {
    if (word[0] !== first) continue;
    for (let index = 1; index < word.length; index++) {
      if (byteAt(scan.bytes, from + index) !== word[index]) {
        return failSyntax(scan, from + index, `"${word.toString()}"`);
      }
    }
    scan.kind = WORD;
    return from + word.length;
  }
  return failSyntax(scan, from, 'a value');
}

function failDepth(scan: JsonScan, at: number): -1 {
  scan.fault = { kind: 'depth', at };
  return -1;
}

function scanObject(scan: JsonScan, from: number, depth: number): number {
  if (depth > MAX_DEPTH) return failDepth(scan, from);
  const bytes = scan.bytes;
  let at = skipSpace(bytes, from + 1);
  if (byteAt(bytes, at) !== CLOSE_BRACE) {
    for (;;) {
      at = scanKey(scan, at);
      if (at < 0) return -1;
      at = scanColon(scan, at);
      if (at < 0) return -1;
      at = scanValue(scan, at, depth);
      if (at < 0) return -1;
      at = skipSpace(bytes, at);
      const byte = byteAt(bytes, at);
      if (byte === CLOSE_BRACE) break;
      if (byte !== COMMA) return failSyntax(scan, at, '"," or "}"');
      at = skipSpace(bytes, at + 1);
    }
  }
  scan.kind = OBJECT;
  return at + 1;
}

/** @returns The position after the closing quote. */
export function scanKey(scan: JsonScan, at: number): number {
  if (byteAt(scan.bytes, at) !== QUOTE) return failSyntax(scan, at, 'a field name in double quotes');
  return scanString(scan, at + 1);
}

/** @returns The position of the value. */
export function scanColon(scan: JsonScan, from: number): number {
  const at = skipSpace(scan.bytes, from);
  if (byteAt(scan.bytes, at) !== COLON) return failSyntax(scan, at, '":"');
  return skipSpace(scan.bytes, at + 1);
}

function scanArray(scan: JsonScan, from: number, depth: number): number {
  if (depth > MAX_DEPTH) return failDepth(scan, from);
  const bytes = scan.bytes;
  let at = skipSpace(bytes, from + 1);
  if (byteAt(bytes, at) !== CLOSE_BRACKET) {
    for (;;) {
      at = scanValue(scan, at, depth);
      if (at < 0) return -1;
      at = skipSpace(bytes, at);
      const byte = byteAt(bytes, at);
      if (byte === CLOSE_BRACKET) break;
      if (byte !== COMMA) return failSyntax(scan, at, '"," or "]"');
      at = skipSpace(bytes, at + 1);
    }
  }
  scan.kind = ARRAY;
  return at + 1;
}
