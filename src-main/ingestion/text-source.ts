import type { Compression, SourceFormat } from '../../src-shared/contract';
import { IngotError } from '../../src-shared/errors';
import type { Reading } from '../../src-shared/mapping';
import { isFailure, type Pieces, type StreamFailure } from './byte-source';
import {
  BINARY_HEAD_BYTES,
  CSV,
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
import { frameAt } from './frame-at';
import { gunzip } from './gunzip';
import { skipSpace } from './json-scan';
import { toOpeningError } from './source-faults';
import { detectFormat, type TextFormat } from './text-format';

/** A source's text: decompressed, with a plausible beginning. */
export interface TextSource {
  readonly compression: Compression;
  readonly format: SourceFormat;
  /** It has the prompts of wscat. */
  readonly hasPrompts: boolean;
  /** The text from its first byte that is not white space. */
  readonly pieces: Pieces;
  /** Position of that byte: a byte order mark and white space may precede it. */
  readonly offset: number;
  /** What else it looks like. It is read nevertheless: as another format, or because lines that are not JSON are skipped. */
  readonly suspect: Recognised | undefined;
  /** The text from that byte on, as far as it was read. */
  readonly beginning: Pick<Beginning, 'head' | 'grow'>;
  /** What showed of the stored bytes, in sentences. */
  readonly notes: () => string[];
}

export interface ReadOptions extends Partial<Reading> {
  /** Reject an NDJSON line that is not JSON and continue, where it would otherwise end the run. */
  readonly skipBrokenLines?: boolean;
  /** Files and folders of IDLs that decode accounts of the chain, beside those that ship with Ingot. */
  readonly idls?: readonly string[];
}

const LINE_FEED = 0x0a;
const ZSTD_MAGIC = [0x28, 0xb5, 0x2f, 0xfd];
/** What wscat says first, and what stands before each message. */
const PROMPT = /^(Connected \(press|[<>] ?[{[])/;

/**
 * Inspects the beginning of the stored bytes.
 *
 * @throws IngotError `source_unreadable` if they are empty or begin like no source.
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
  const notes = () => describeTrailing(name, unzipped?.trailingBytes() ?? 0);
  const isZstd = startsWith(stored.head(), ZSTD_MAGIC);
  const text = unzipped
    ? lookInto(name, unzipped.pieces)
    : isZstd
      ? lookInto(name, (await import('./unzstd')).unzstd(stored.pieces()))
      : stored;
  await text.grow(HEAD_BYTES);
  const compression = isGzip ? 'gzip' : isZstd ? 'zstd' : 'none';
  const common = { compression, notes, beginning: text, hasPrompts: false, suspect: undefined } as const;
  if (await beginsWithMessage(text)) {
    return { ...common, format: 'protobuf', pieces: text.pieces(), offset: 0 };
  }
  if (beginsAsNoText(text.head())) throw await refuseBinary(name, text);
  const offset = await skipToFirst(name, text);
  const format = await readFormat(text);
  if (format !== null) return { ...common, format, pieces: text.pieces(), offset };
  const line = await readLine(text);
  if (line === null) throw await refuseBinary(name, text);
  if (PROMPT.test(line)) {
    return { ...common, format: 'ndjson', hasPrompts: true, pieces: text.pieces(), offset };
  }
  const found = recogniseText(line);
  if (found === CSV && !skipBrokenLines) {
    return { ...common, format: 'csv', pieces: text.pieces(), offset, suspect: CSV };
  }
  const suspect = found ?? { what: 'begins with neither "[" nor "{"', hint: WANTED };
  if (!skipBrokenLines) throw refusal(name, suspect);
  return { ...common, format: 'ndjson', pieces: text.pieces(), offset, suspect };
}

/** The beginning of a stream, which grows until its kind is known. */
interface Beginning {
  readonly head: () => Buffer;
  /**
   * Reads until the head has this many bytes.
   * @returns Whether it has.
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

/** JSON in UTF-8 has no zero byte; besides that, only the marks of UTF-16 and gzip are checked. */
function beginsAsNoText(head: Uint8Array): boolean {
  const first = head.subarray(0, HEAD_BYTES);
  return first.includes(0) || first[0] === 0xff || first[0] === 0xfe || startsWith(first, GZIP_MAGIC);
}

/** Whether it begins with a message of protobuf after its length, whose fields are those of a Yellowstone update. */
async function beginsWithMessage(text: Beginning): Promise<boolean> {
  const first = text.head().subarray(0, HEAD_BYTES);
  if (first.every((byte) => (byte >= 0x20 && byte < 0x80) || byte === 0x09 || byte === 0x0a || byte === 0x0d))
    return false;
  const frame = frameAt(first, 0, Number.MAX_SAFE_INTEGER);
  if (!frame || frame.to === frame.from) return false;
  let at = frame.from;
  while (at < frame.to) {
    if (at >= MESSAGE_HEAD_BYTES) return true;
    await text.grow(at + 6);
    const tag = text.head()[at] ?? 0;
    const part = frameAt(text.head(), at + 1, Number.MAX_SAFE_INTEGER);
    if ((tag & 7) !== 2 || tag >> 3 < 1 || tag >> 3 > MOST_FIELDS || !part) return false;
    at = part.to;
  }
  return at === frame.to;
}
const MESSAGE_HEAD_BYTES = 64 * 1024;
/** Of a `SubscribeUpdate`. */
const MOST_FIELDS = 15;

async function refuseBinary(name: string, text: Beginning): Promise<IngotError> {
  await text.grow(BINARY_HEAD_BYTES);
  return refusal(name, await recogniseBinary(text.head().subarray(0, BINARY_HEAD_BYTES)));
}

/**
 * Skips a byte order mark and any white space.
 * @returns How many bytes that was.
 */
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

/** Reads until the format is known; null if it is none. */
async function readFormat(text: Beginning): Promise<TextFormat | null> {
  for (let isWhole = false; ; isWhole = !(await text.grow(text.head().length + 1))) {
    if (isWhole) text.requireSound();
    const format = detectFormat(text.head(), isWhole);
    if (format !== undefined) return format;
  }
}

/** The first line, or enough of it to recognise it; null if it is not text. */
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

function describeTrailing(name: string, bytes: number): string[] {
  if (bytes === 0) return [];
  const are = bytes === 1 ? '1 byte that is' : `${bytes} bytes that are`;
  return [`${name} has ${are} no gzip after the end of its gzip stream: passed over, as zcat does.`];
}
