import { IngotError } from '../../src-shared/errors';
import { OPEN_BRACE, OPEN_BRACKET } from './json-scan';

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

/**
 * @param first The first byte of the text that is not white space.
 * @throws IngotError `source_unreadable` if no array or object begins there.
 */
export function detectFormat(name: string, first: number): 'json-array' | 'ndjson' {
  if (first === OPEN_BRACKET) return 'json-array';
  if (first === OPEN_BRACE) return 'ndjson';
  throw new IngotError('source_unreadable', `${name} begins with neither "[" nor "{".`, { hint: WANTED });
}

/** @throws IngotError `source_unreadable`, always. */
export function refuseEmpty(name: string): never {
  throw new IngotError('source_unreadable', `${name} is empty.`, {
    hint: 'A source without records is an empty array: [].',
  });
}
