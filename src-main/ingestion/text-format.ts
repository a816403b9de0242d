import { IngotError } from '../../src-shared/errors';
import { createJsonScan, OPEN_BRACE, OPEN_BRACKET, scanValue } from './json-scan';

/** Tells by the first bytes what a source is; its name does not matter. */

export const GZIP_MAGIC = [0x1f, 0x8b];
export const UTF8_BOM = [0xef, 0xbb, 0xbf];

/** Formats that are met in place of JSON, by how they begin. */
const FOREIGN: readonly {
  readonly magic: readonly number[];
  readonly what: string;
  readonly hint: string;
}[] = [
  { magic: [0xff, 0xfe], what: 'UTF-16 text', hint: 'Save it as UTF-8.' },
  { magic: [0xfe, 0xff], what: 'UTF-16 text', hint: 'Save it as UTF-8.' },
  { magic: [0x00, 0x00, 0xfe, 0xff], what: 'UTF-32 text', hint: 'Save it as UTF-8.' },
  { magic: [...GZIP_MAGIC], what: 'compressed with gzip twice', hint: 'Decompress it once.' },
  {
    magic: [0x28, 0xb5, 0x2f, 0xfd],
    what: 'compressed with zstd',
    hint: 'Decompress it first, or use gzip.',
  },
  { magic: [0x50, 0x4b, 0x03, 0x04], what: 'a ZIP archive', hint: 'Unpack it first, or use gzip.' },
  { magic: [0x42, 0x5a, 0x68], what: 'compressed with bzip2', hint: 'Decompress it first, or use gzip.' },
  {
    magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a],
    what: 'compressed with xz',
    hint: 'Decompress it first, or use gzip.',
  },
];
const WANTED = 'Ingot reads a JSON array or NDJSON in UTF-8, either of them also gzipped.';
/** As many bytes as must be at hand to tell, if the source has so many. */
export const HEAD_BYTES = 8;

export function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, index) => bytes[index] === byte);
}

/**
 * @param head The first `HEAD_BYTES` of the text, after decompression.
 * @throws IngotError `source_unreadable` if it begins as no JSON does.
 */
export function refuseForeign(name: string, head: Uint8Array): void {
  const foreign = FOREIGN.find(({ magic }) => startsWith(head, magic));
  if (foreign !== undefined) {
    throw new IngotError('source_unreadable', `${name} is ${foreign.what}.`, { hint: foreign.hint });
  }
  if (head.includes(0)) {
    throw new IngotError('source_unreadable', `${name} is UTF-16 text or a binary file.`, { hint: WANTED });
  }
}

/** A first record that is neither an object nor an array must end within so many bytes. */
const FIRST_RECORD_BYTES = 1024;
const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;

/**
 * An array begins with its bracket, NDJSON as a rule with an object. A record that is none is only rejected,
 * and so it may be the first one as well, if it has the line to itself: other text begins with a word, a
 * number or a quote too, and goes on.
 *
 * @param head The text from the first byte on that is not white space.
 * @param isWhole That there is no more text.
 * @returns Undefined if it takes more of the text to tell.
 * @throws IngotError `source_unreadable` if it begins as neither.
 */
export function detectFormat(
  name: string,
  head: Uint8Array,
  isWhole: boolean,
): 'json-array' | 'ndjson' | undefined {
  if (head[0] === OPEN_BRACKET) return 'json-array';
  if (head[0] === OPEN_BRACE) return 'ndjson';
  const isAlone = isAloneInLine(head.subarray(0, FIRST_RECORD_BYTES), isWhole);
  if (isAlone) return 'ndjson';
  if (isAlone === undefined && head.length <= FIRST_RECORD_BYTES && !isWhole) return undefined;
  throw new IngotError('source_unreadable', `${name} begins with neither "[" nor "{".`, { hint: WANTED });
}

/** Whether one JSON value, with nothing but an object after it, fills the first line; undefined: it may yet. */
function isAloneInLine(head: Uint8Array, isWhole: boolean): boolean | undefined {
  const scan = createJsonScan();
  // The scanner wants a 0 after the text.
  scan.bytes = Buffer.concat([head, Buffer.alloc(1)]);
  scan.end = head.length;
  const valueEnd = scanValue(scan, 0, 0);
  if (valueEnd < 0) return scan.fault.kind === 'ended' ? undefined : false;
  let at = valueEnd;
  while (head[at] === SPACE || head[at] === TAB) at++;
  const next = head[at];
  if (next === undefined) return isWhole ? true : undefined;
  return next === LINE_FEED || next === CARRIAGE_RETURN || next === OPEN_BRACE;
}

/** @throws IngotError `source_unreadable`, always. */
export function refuseEmpty(name: string): never {
  throw new IngotError('source_unreadable', `${name} is empty.`, {
    hint: 'A source without records is an empty array: [].',
  });
}
