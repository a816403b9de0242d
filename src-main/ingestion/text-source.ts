import { isFailure, type Piece, type Pieces } from './byte-source';
import { gunzip } from './gunzip';
import { skipSpace } from './json-scan';
import { toOpeningError } from './source-faults';
import {
  detectFormat,
  GZIP_MAGIC,
  HEAD_BYTES,
  refuseEmpty,
  refuseForeign,
  startsWith,
  UTF8_BOM,
} from './text-format';

/** A source's text: decompressed, and known to begin as a source does. */
export interface TextSource {
  readonly compression: 'gzip' | 'none';
  readonly format: 'json-array' | 'ndjson';
  /** The text from its first byte on that is not white space. */
  readonly pieces: Pieces;
  /** Where in the text that byte stands: a byte order mark and white space may come before it. */
  readonly offset: number;
}

/**
 * Looks at the beginning of the stored bytes.
 *
 * @throws IngotError `source_unreadable` if they are empty or begin as no source does.
 */
export async function openText(name: string, bytes: Pieces): Promise<TextSource> {
  const stored = await peek(name, bytes);
  if (stored.head.length === 0) refuseEmpty(name);
  const isGzip = startsWith(stored.head, GZIP_MAGIC);
  const text = isGzip ? await peek(name, gunzip(stored.pieces)) : stored;
  refuseForeign(name, text.head.subarray(0, HEAD_BYTES));
  const { offset, ...fromFirst } = await skipToFirst(name, text);
  const { format, pieces } = await readFormat(name, fromFirst);
  return { compression: isGzip ? 'gzip' : 'none', format, pieces, offset };
}

interface Peeked {
  /** How it begins. */
  readonly head: Uint8Array;
  /** All of it, the head included. */
  readonly pieces: Pieces;
}

/** @returns At least `HEAD_BYTES` bytes of head if there are so many. */
async function peek(name: string, source: Pieces): Promise<Peeked> {
  let head: Uint8Array = Buffer.alloc(0);
  while (head.length < HEAD_BYTES) {
    const next = await source.next();
    if (next.done) break;
    if (isFailure(next.value)) {
      if (head.length === 0) throw toOpeningError(name, next.value);
      return { head, pieces: chain(head, chain(next.value, source)) };
    }
    head = Buffer.concat([head, next.value]);
  }
  return { head, pieces: chain(head, source) };
}

async function* chain(first: Piece, rest: Pieces): Pieces {
  yield first;
  yield* rest;
}

/** Passes over a byte order mark and white space, however much. */
async function skipToFirst(name: string, { head, pieces }: Peeked): Promise<Peeked & { offset: number }> {
  let offset = startsWith(head, UTF8_BOM) ? UTF8_BOM.length : 0;
  let toSkip = offset;
  for (;;) {
    const next = await pieces.next();
    if (next.done) return refuseEmpty(name);
    if (isFailure(next.value)) throw toOpeningError(name, next.value);
    const text = next.value.subarray(toSkip);
    toSkip = 0;
    const at = skipSpace(text, 0);
    offset += at;
    if (at < text.length) {
      const first = Buffer.from(text.subarray(at));
      return { head: first, offset, pieces: chain(first, pieces) };
    }
  }
}

/** Reads as far as it takes to know the format. */
async function readFormat(name: string, { head, pieces }: Peeked) {
  let format = detectFormat(name, head, false);
  if (format !== undefined) return { format, pieces };
  let text = Buffer.alloc(0);
  while (format === undefined) {
    const next = await pieces.next();
    if (next.done) {
      format = detectFormat(name, text, true);
    } else {
      if (isFailure(next.value)) throw toOpeningError(name, next.value);
      text = Buffer.concat([text, next.value]);
      format = detectFormat(name, text, false);
    }
  }
  return { format, pieces: chain(text, pieces) };
}
