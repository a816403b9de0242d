import { IngotError } from '../../src-shared/errors';

/** The kind of a source that has no updates, and what a person can do about it. */
export interface Recognised {
  /** Follows the source's name: `is compressed with zstd`. Never part of its content. */
  readonly what: string;
  readonly hint: string;
  /** A mapping could read it. */
  readonly mayBeMapped?: true;
}

export const WANTED =
  'Ingot reads JSON, NDJSON and CSV in UTF-8, also compressed with gzip or zstd: see "ingot formats".';
/** For a list of another shape. */
export const MAP_IT = 'Say where its fields are: in the preview of the window, or with --mapping FILE.';
const AS_UTF8 = 'Save it as UTF-8.';
const DECOMPRESS = 'Decompress it first, or use gzip.';
const UNPACK = 'Unpack it, and give Ingot one of its files.';
const EXPORT = 'Export its rows as JSON or NDJSON, and give Ingot that file.';
const AS_JSON = `Its header must be known. ${MAP_IT}`;
const DOWNLOAD = 'Look at it in an editor: probably a server answered with it where the file was asked for.';

/** Bytes needed to tell, if the source has that many. */
export const HEAD_BYTES = 8;
/** How much of a binary file is inspected. A tar archive shows after 257 bytes. */
export const BINARY_HEAD_BYTES = 4096;

export const GZIP_MAGIC = [0x1f, 0x8b];
export const UTF8_BOM = [0xef, 0xbb, 0xbf];

export function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, index) => bytes[index] === byte);
}

/** Kinds that the library does not know, or says nothing useful about. */
const BINARY: readonly (Recognised & { readonly magic: readonly number[] })[] = [
  { magic: [0x00, 0x00, 0xfe, 0xff], what: 'is UTF-32 text', hint: AS_UTF8 },
  { magic: [0xff, 0xfe, 0x00, 0x00], what: 'is UTF-32 text', hint: AS_UTF8 },
  { magic: [0xff, 0xfe], what: 'is UTF-16 text', hint: AS_UTF8 },
  { magic: [0xfe, 0xff], what: 'is UTF-16 text', hint: AS_UTF8 },
  { magic: GZIP_MAGIC, what: 'is compressed with gzip twice', hint: 'Decompress it once.' },
  // The library takes this for sound.
  {
    magic: [0xff, 0xff, 0xff, 0xff],
    what: 'looks like an Arrow stream',
    hint: EXPORT,
  },
  { magic: [0x5d, 0x00, 0x00], what: 'is compressed with LZMA', hint: DECOMPRESS },
  { magic: [0x4f, 0x52, 0x43], what: 'is an ORC file', hint: EXPORT },
  { magic: [0x50, 0x47, 0x44, 0x4d, 0x50], what: 'is a dump of a Postgres database', hint: EXPORT },
  { magic: [0xff, 0x06, 0x00, 0x00, 0x73, 0x4e, 0x61], what: 'is compressed with Snappy', hint: DECOMPRESS },
];

/** By the extension that the library reports. */
const FORMATS: Readonly<Record<string, Recognised>> = {
  xz: { what: 'is compressed with xz', hint: DECOMPRESS },
  bz2: { what: 'is compressed with bzip2', hint: DECOMPRESS },
  lz4: { what: 'is compressed with LZ4', hint: DECOMPRESS },
  lz: { what: 'is compressed with lzip', hint: DECOMPRESS },
  Z: { what: 'is compressed with compress', hint: DECOMPRESS },
  zip: { what: 'is a ZIP archive', hint: UNPACK },
  '7z': { what: 'is a 7-Zip archive', hint: UNPACK },
  rar: { what: 'is a RAR archive', hint: UNPACK },
  tar: { what: 'is a tar archive', hint: UNPACK },
  sqlite: { what: 'is a SQLite database', hint: EXPORT },
  parquet: { what: 'is a Parquet file', hint: EXPORT },
  arrow: { what: 'is an Arrow file', hint: EXPORT },
  avro: { what: 'is an Avro file', hint: EXPORT },
  xlsx: { what: 'is an Excel workbook', hint: EXPORT },
  pdf: { what: 'is a PDF document', hint: WANTED },
};

/** @param bytes The first `BINARY_HEAD_BYTES` of a source that is not text, or all of it. */
export async function recogniseBinary(bytes: Uint8Array): Promise<Recognised> {
  const own = BINARY.find(({ magic }) => startsWith(bytes, magic));
  if (own !== undefined) return own;
  if (bytes.every((byte) => byte === 0)) {
    return { what: 'holds nothing but zeros', hint: 'It was probably not written to its end. Get it again.' };
  }
  if (isZlib(bytes)) return { what: 'is compressed with zlib (deflate)', hint: DECOMPRESS };
  const { fileTypeFromBuffer } = await import('file-type');
  const found = await fileTypeFromBuffer(bytes).catch(() => undefined);
  if (found !== undefined) {
    return FORMATS[found.ext] ?? { what: `looks like a file of the type ${found.mime}`, hint: WANTED };
  }
  if (isUtf16(bytes)) return { what: 'is UTF-16 text', hint: AS_UTF8 };
  return { what: 'is a binary file, or text that is not UTF-8', hint: WANTED };
}

/** RFC 1950, 2.2: the method is deflate, and the first two bytes are a multiple of 31. */
function isZlib([first = 0, second = 0]: Uint8Array): boolean {
  return (first & 0x0f) === 8 && first >> 4 <= 7 && (256 * first + second) % 31 === 0;
}

/** In UTF-16, every second byte of Latin text is 0. */
function isUtf16(bytes: Uint8Array): boolean {
  const zeros = [0, 0];
  for (const [at, byte] of bytes.subarray(0, 512).entries())
    if (byte === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  return Math.min(even, odd) === 0 && Math.max(even, odd) * 4 > Math.min(bytes.length, 512);
}

/** Read, if its first line is a header. */
export const CSV: Recognised & { readonly line: RegExp } = {
  // Two values without blanks, or at least three.
  line: /^(?![[{)])(?:("[^"]*"|[^",;\t ]+)([,;\t]("[^"]*"|[^",;\t ][^",;\t]*|))+|("[^"]*"|[^",;\t]+)([,;\t]("[^"]*"|[^",;\t]*)){2,})$/,
  what: 'looks like CSV: values between commas, semicolons or tabs',
  hint: AS_JSON,
};

/** By the first line of a text. The first match counts. */
const TEXTS: readonly (Recognised & { readonly line: RegExp })[] = [
  { line: /^%PDF-/, ...(FORMATS.pdf as Recognised) },
  { line: /^<(!doctype html|html|head|body)\b/i, what: 'is an HTML page', hint: DOWNLOAD },
  { line: /^<[!?a-z]/i, what: 'is XML or HTML', hint: DOWNLOAD },
  { line: /^HTTP\/\d/, what: 'is an HTTP answer with its headers', hint: 'Save its body only.' },
  {
    line: /^version https:\/\/git-lfs\./,
    what: 'is a Git LFS pointer, not the file itself',
    hint: 'Get the file: git lfs pull',
  },
  {
    line: /^-----BEGIN /,
    what: 'is a PEM file: a certificate, or perhaps a private key',
    hint: WANTED,
  },
  {
    line: /^"?[1-9A-HJ-NP-Za-km-z]{80,100}"?$/,
    what: 'looks like a secret key in base58',
    hint: 'Nothing of it was stored. Keep it safe.',
  },
  {
    // Any control character except a form feed makes it binary.
    line: /^(?!\f)\p{Cc}/u,
    what: 'is a JSON text sequence: record separators (0x1E) stand before its records',
    hint: "Take them out: tr -d '\\036' < FILE",
  },
  {
    line: /^(data|event|retry): ?/,
    what: 'is a stream of server-sent events',
    hint: "Take the records out of its lines: sed -n 's/^data: *//p' FILE",
  },
  {
    line: /^\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d|^\[[A-Z]{3,8}\]|^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d /,
    what: 'looks like lines of a log',
    hint: WANTED,
  },
  {
    line: /^(#|\/\/|\/\*)/,
    what: 'begins with a comment, which JSON does not have',
    hint: 'Take it out, or skip lines that are no JSON: --skip-broken-lines',
  },
  { line: /^--|^(CREATE|INSERT|SELECT|PRAGMA|BEGIN)\b/, what: 'looks like SQL', hint: EXPORT },
  { line: /^(---|- |[\w-]+:( |$))/, what: 'looks like YAML', hint: 'Convert it to JSON first.' },
  CSV,
];

/** @param line The first line of a text that cannot be JSON, without its line end. */
export function recogniseText(line: string): Recognised | undefined {
  return TEXTS.find((text) => text.line.test(line));
}

/** Control characters, or invalid UTF-8. `isCut`: the last character may be incomplete. */
export function isBinary(bytes: Uint8Array, isCut: boolean): boolean {
  for (const byte of bytes) {
    if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d && byte !== 0x0c && byte !== 0x1e)
      return true;
  }
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: isCut });
    return false;
  } catch {
    return true;
  }
}

export function refusal(name: string, { what, hint }: Recognised): IngotError {
  return new IngotError('source_unreadable', `${name} ${what}.`, { hint });
}
