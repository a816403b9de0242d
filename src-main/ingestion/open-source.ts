import { IngotError } from '../../src-shared/errors';
import {
  type ByteSource,
  isFailure,
  openBytes,
  type Piece,
  type Pieces,
  type SourceSpec,
} from './byte-source';
import { CANONICAL } from './field-maps';
import { gunzip } from './gunzip';
import { skipSpace } from './json-scan';
import type { RecordSource, SourceRecord } from './record';
import { createRecordReader, type RecordReader } from './record-reader';
import { toOpeningError, toSourceError } from './source-faults';
import {
  detectFormat,
  GZIP_MAGIC,
  HEAD_BYTES,
  refuseEmpty,
  refuseForeign,
  startsWith,
  UTF8_BOM,
} from './text-format';

export type { SourceSpec } from './byte-source';

/**
 * Opens a source and reads as far as it takes to know its format and field map.
 *
 * @throws IngotError `source_unreadable` if it cannot be read, is empty, or begins as no source does.
 */
export async function openSource(spec: SourceSpec): Promise<RecordSource> {
  const bytes = await openBytes(spec);
  try {
    return await openRecords(bytes);
  } catch (error) {
    await bytes.close();
    throw error;
  }
}

async function openRecords(bytes: ByteSource): Promise<RecordSource> {
  const { name } = bytes;
  const stored = await peek(name, bytes.pieces());
  if (stored.head.length === 0) refuseEmpty(name);
  const isGzip = startsWith(stored.head, GZIP_MAGIC);
  const text = isGzip ? await peek(name, gunzip(stored.pieces)) : stored;
  refuseForeign(name, text.head.subarray(0, HEAD_BYTES));
  const { pieces, first, offset } = await skipToFirst(name, text);
  const format = detectFormat(name, first);
  const reader = createRecordReader({ format, offset });

  let isClosed = false;
  let isTaken = false;
  let isAtEnd = false;
  let byteOffset = 0;
  /** Ends the wait for a piece that may never come. */
  let stopWaiting = (): void => undefined;

  async function readPiece(): Promise<SourceRecord[]> {
    const next = await new Promise<IteratorResult<Piece, void>>((resolve, reject) => {
      stopWaiting = () => resolve({ done: true, value: undefined });
      pieces.next().then(resolve, reject);
    });
    if (isClosed) {
      isAtEnd = true;
      return [];
    }
    if (next.done) {
      isAtEnd = true;
      return reader.finish();
    }
    if (!isFailure(next.value)) return reader.read(next.value);
    reader.abort(next.value.failure, next.value.cause);
    return [];
  }

  async function close(): Promise<void> {
    isClosed = true;
    stopWaiting();
    // Not awaited: it may be waiting for input itself.
    pieces.return().catch(() => undefined);
    await bytes.close();
  }

  /** What had to be read to know the field map. */
  let ahead = await readUpToFieldMap(reader, readPiece, () => isAtEnd);

  async function* chunks(): AsyncGenerator<readonly SourceRecord[]> {
    if (isTaken) throw new IngotError('internal', `${name} can be read only once.`);
    isTaken = true;
    try {
      for (;;) {
        const records = ahead;
        ahead = [];
        if (isClosed) return;
        if (records.length > 0) {
          byteOffset = reader.byteOffset;
          yield records;
        }
        if (isClosed) return;
        if (reader.fault !== undefined) throw toSourceError(name, reader.fault);
        if (isAtEnd) return;
        ahead = await readPiece();
      }
    } finally {
      await close();
    }
  }

  return {
    name,
    bytesTotal: bytes.bytesTotal,
    format,
    compression: isGzip ? 'gzip' : 'none',
    fieldMap: (reader.fieldMap ?? CANONICAL).name,
    chunks,
    progress: () => ({ bytesRead: bytes.bytesRead, byteOffset }),
    close,
  };
}

async function readUpToFieldMap(
  reader: RecordReader,
  readPiece: () => Promise<SourceRecord[]>,
  isAtEnd: () => boolean,
): Promise<SourceRecord[]> {
  const records: SourceRecord[] = [];
  while (reader.fieldMap === undefined && reader.fault === undefined && !isAtEnd()) {
    for (const record of await readPiece()) records.push(record);
  }
  return records;
}

interface Peeked {
  /** How it begins: at least `HEAD_BYTES` bytes if there are so many. */
  readonly head: Uint8Array;
  /** All of it, the head included. */
  readonly pieces: Pieces;
}

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
async function skipToFirst(name: string, { head, pieces }: Peeked) {
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
    const first = text[at];
    if (first !== undefined) return { first, offset, pieces: chain(Buffer.from(text.subarray(at)), pieces) };
  }
}
