import { IngotError } from '../../src-shared/errors';
import { isFailure, type Pieces, type StreamFailure } from './byte-source';
import {
  BINARY_HEAD_BYTES,
  GZIP_MAGIC,
  HEAD_BYTES,
  isBinary,
  type Recognised,
  recogniseBinary,
  recogniseText,
  refusal,
  startsWith,
  UTF8_BOM,
  WANTED,
} from './foreign-text';
import { gunzip } from './gunzip';
import { skipSpace } from './json-scan';
import { toOpeningError } from './source-faults';
import { detectFormat, type TextFormat } from './text-format';

/** A source's text: decompressed, and known to begin as a source does. */
export interface TextSource {
  readonly compression: 'gzip' | 'none';
  readonly format: TextFormat;
  /** The text from its first byte on that is not white space. */
  readonly pieces: Pieces;
  /** Where in the text that byte stands: a byte order mark and white space may come before it. */
  readonly offset: number;
  /** What else it looks like; it is read none the less, since lines that are no JSON are skipped. */
  readonly suspect: Recognised | undefined;
  /** Bytes after the end of a gzip stream that were passed over so far. */
  readonly trailingBytes: () => number;
}

export interface ReadOptions {
  /** Rejects a line of NDJSON that is no JSON and reads on after it, where it would end the run. */
  readonly skipBrokenLines?: boolean;
}

const LINE_FEED = 0x0a;

/**
 * Looks at the beginning of the stored bytes.
 *
 * @throws IngotError `source_unreadable` if they are empty or begin as no source does.
 */
export async function openText(
  name: string,
  bytes: Pieces,
  { skipBrokenLines = false }: ReadOptions,
): Promise<TextSource> {
  const stored = lookInto(name, bytes);
  await stored.grow(HEAD_BYTES);
  if (stored.head().length === 0) throw emptiness(name);
  const isGzip = startsWith(stored.head(), GZIP_MAGIC);
  const unzipped = isGzip ? gunzip(stored.pieces()) : undefined;
  const trailingBytes = unzipped?.trailingBytes ?? (() => 0);
  const text = unzipped ? lookInto(name, unzipped.pieces) : stored;
  await text.grow(HEAD_BYTES);
  if (beginsAsNoText(text.head())) throw await refuseBinary(name, text);
  const offset = await skipToFirst(name, text);
  const format = await readFormat(text);
  const common = { compression: isGzip ? 'gzip' : 'none', trailingBytes } as const;
  if (format !== null) return { ...common, format, pieces: text.pieces(), offset, suspect: undefined };
  const line = await readLine(text);
  if (line === null) throw await refuseBinary(name, text);
  const suspect = recogniseText(line) ?? { what: 'begins with neither "[" nor "{"', hint: WANTED };
  if (!skipBrokenLines) throw refusal(name, suspect);
  return { ...common, format: 'ndjson', pieces: text.pieces(), offset, suspect };
}

/** The beginning of a stream, which grows as far as it takes to know what it is. */
interface Beginning {
  readonly head: () => Buffer;
  /**
   * Reads on until the head has so many bytes. @returns Whether it has.
   * @throws IngotError `source_unreadable` if the stream failed and the head is empty.
   */
  grow(length: number): Promise<boolean>;
  /** @throws IngotError `source_unreadable` if the stream failed. */
  requireSound(): void;
  drop(length: number): void;
  /** The head, and all that follows it. */
  pieces(): Pieces;
}

function lookInto(name: string, source: Pieces): Beginning {
  let head = Buffer.alloc(0);
  let failure: StreamFailure | undefined;
  let isAtEnd = false;
  const requireSound = () => {
    if (failure !== undefined) throw toOpeningError(name, failure);
  };
  return {
    head: () => head,
    async grow(length) {
      while (head.length < length && !isAtEnd) {
        const next = await source.next();
        if (next.done) {
          isAtEnd = true;
        } else if (isFailure(next.value)) {
          isAtEnd = true;
          failure = next.value;
        } else {
          head = Buffer.concat([head, next.value]);
        }
      }
      if (head.length === 0) requireSound();
      return head.length >= length;
    },
    requireSound,
    drop(length) {
      head = head.subarray(length);
    },
    async *pieces() {
      if (head.length > 0) yield head;
      if (failure !== undefined) yield failure;
      yield* source;
    },
  };
}

/** JSON text has no zero, and so has no UTF-8: only the marks of UTF-16 and of gzip are looked for beside it. */
function beginsAsNoText(head: Uint8Array): boolean {
  const first = head.subarray(0, HEAD_BYTES);
  return first.includes(0) || first[0] === 0xff || first[0] === 0xfe || startsWith(first, GZIP_MAGIC);
}

async function refuseBinary(name: string, text: Beginning): Promise<IngotError> {
  await text.grow(BINARY_HEAD_BYTES);
  return refusal(name, await recogniseBinary(text.head().subarray(0, BINARY_HEAD_BYTES)));
}

/** Passes over a byte order mark and white space, however much. @returns How many bytes that was. */
async function skipToFirst(name: string, text: Beginning): Promise<number> {
  let offset = startsWith(text.head(), UTF8_BOM) ? UTF8_BOM.length : 0;
  text.drop(offset);
  while (await text.grow(1)) {
    const at = skipSpace(text.head(), 0);
    offset += at;
    text.drop(at);
    if (text.head().length > 0) return offset;
  }
  throw emptiness(name);
}

/** Reads as far as it takes to know the format; null if it is none. */
async function readFormat(text: Beginning): Promise<TextFormat | null> {
  for (let isWhole = false; ; isWhole = !(await text.grow(text.head().length + 1))) {
    if (isWhole) text.requireSound();
    const format = detectFormat(text.head(), isWhole);
    if (format !== undefined) return format;
  }
}

/** The first line, or as much of it as says what it is; null if it is no text. */
async function readLine(text: Beginning): Promise<string | null> {
  for (;;) {
    const shown = text.head().subarray(0, BINARY_HEAD_BYTES);
    const end = shown.indexOf(LINE_FEED);
    const isWhole = end >= 0 || shown.length === BINARY_HEAD_BYTES || !(await text.grow(shown.length + 1));
    if (!isWhole) continue;
    const line = end >= 0 ? shown.subarray(0, end) : shown;
    return isBinary(line, end < 0) ? null : line.toString('utf8').trimEnd();
  }
}

function emptiness(name: string): IngotError {
  return new IngotError('source_unreadable', `${name} is empty.`, {
    hint: 'A source without records is an empty array: [].',
  });
}
