/**
 * Valid JSON that the database cannot store: U+0000 and halves of surrogate pairs in strings, and numbers beyond Postgres'
 * `numeric` (131,072 digits before the point, 16,383 after it; Postgres manual, 8.1.2 and 8.14). Found here, it costs one record,
 * not a batch.
 */
export type Unstorable = 'nul' | 'surrogate' | 'number' | 'expanded';

const MAX_DIGITS_BEFORE_POINT = 131_072;
const MAX_DIGITS_AFTER_POINT = 16_383;
/** The database writes numbers in full: `1e99999` is 7 characters here and 100,000 there. */
export const MAX_EXPANDED_DIGITS = 16 * 1024 * 1024;

const LONE_SURROGATE = /\p{Surrogate}/u;

/** For the value of a string. */
export function findUnstorableInText(text: string): Unstorable | undefined {
  if (text.includes('\0')) return 'nul';
  if (LONE_SURROGATE.test(text)) return 'surrogate';
  return undefined;
}

/** @param json One JSON value with valid syntax. */
export function findUnstorable(json: string): Unstorable | undefined {
  let digits = 0;
  let at = 0;
  while (at < json.length) {
    const char = json.charCodeAt(at);
    if (char === 0x22) {
      const end = stringEnd(json, at + 1);
      const text = json.slice(at, end);
      if (text.includes('\\u')) {
        const found = findUnstorableInText(JSON.parse(text) as string);
        if (found !== undefined) return found;
      }
      at = end;
    } else if (char === 0x2d || (char >= 0x30 && char <= 0x39)) {
      const end = numberEnd(json, at);
      const width = expandedDigits(json.slice(at, end));
      if (width === undefined) return 'number';
      digits += width;
      if (digits > MAX_EXPANDED_DIGITS) return 'expanded';
      at = end;
    } else {
      at++;
    }
  }
  return undefined;
}

function stringEnd(json: string, from: number): number {
  let at = from;
  while (json.charCodeAt(at) !== 0x22) at += json.charCodeAt(at) === 0x5c ? 2 : 1;
  return at + 1;
}

function numberEnd(json: string, from: number): number {
  let at = from;
  while (at < json.length && '+-.eE0123456789'.includes(json.charAt(at))) at++;
  return at;
}

/** The number's digits when written in full; `undefined` if Postgres refuses it. */
function expandedDigits(literal: string): number | undefined {
  const unsigned = literal.startsWith('-') ? literal.slice(1) : literal;
  const [mantissa = '', exponentText = '0'] = unsigned.split(/[eE]/);
  const [whole = '', fraction = ''] = mantissa.split('.');
  const exponent = Number(exponentText);
  const after = Math.max(0, fraction.length - exponent);
  const significant = (whole + fraction).replace(/^0+/, '');
  const before = significant === '' ? 1 : Math.max(1, significant.length - fraction.length + exponent);
  // Postgres reads the exponent as an int and refuses half of its range, even for zero.
  if (Math.abs(exponent) >= 2 ** 30 - 1) return undefined;
  if (before > MAX_DIGITS_BEFORE_POINT || after > MAX_DIGITS_AFTER_POINT) return undefined;
  return before + after;
}
