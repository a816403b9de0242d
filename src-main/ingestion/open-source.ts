import type { SourcePreview } from '../../src-shared/contract';
import { IngotError, toWireError, type WireError } from '../../src-shared/errors';
import { type ByteSource, isFailure, openBytes, type Piece, type SourceSpec } from './byte-source';
import { CANONICAL, MIXED } from './field-names';
import type { RecordSource, SourceRecord } from './record';
import { createRecordReader, type RecordReader } from './record-reader';
import { toSourceError } from './source-faults';
import { openText } from './text-source';

export type { SourceSpec } from './byte-source';

/**
 * Opens a source and reads as far as it takes to know its format and the names of its fields.
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

/** What a person sees of a source before its run, and why there is not more of it if it is broken that early. */
export interface PreviewWithFault extends SourcePreview {
  readonly fault: WireError | null;
}

/**
 * Reads the beginning of a source and closes it: a stream is used up by it.
 *
 * @param count How many records at most; from 1 on.
 * @throws IngotError `source_unreadable`, as `openSource` does.
 */
export async function previewSource(spec: SourceSpec, count: number): Promise<PreviewWithFault> {
  const source = await openSource(spec);
  const records: SourcePreview['records'][number][] = [];
  let fault: WireError | null = null;
  try {
    for await (const chunk of source.chunks()) {
      for (const record of chunk.slice(0, count - records.length)) records.push(toPreviewRecord(record));
      if (records.length >= count) break;
    }
  } catch (error) {
    if (!(error instanceof IngotError)) throw error;
    fault = toWireError(error);
  }
  const { name, bytesTotal: sizeBytes, format, compression, fieldMap } = source;
  return { name, sizeBytes, format, compression, fieldMap, records, fault };
}

function toPreviewRecord(source: SourceRecord): SourcePreview['records'][number] {
  const { record, kind } = source;
  return kind === 'update'
    ? { record, kind, ...source.update }
    : { record, kind, reason: source.reason, excerpt: source.excerpt };
}

async function openRecords(bytes: ByteSource): Promise<RecordSource> {
  const { name } = bytes;
  const { compression, format, pieces, offset } = await openText(name, bytes.pieces());
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

  /** What had to be read to know the source. */
  let ahead = await readUpToNames(reader, readPiece, () => isAtEnd);

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
    compression,
    get fieldMap() {
      return reader.usedNames.describe();
    },
    get notes() {
      return describeNames(name, reader.usedNames.describe());
    },
    chunks,
    identify: bytes.identify,
    progress: () => ({ bytesRead: bytes.bytesRead, byteOffset }),
    close,
  };
}

/** A source is judged by no more records than this before its run. */
const LOOK_WITHIN_RECORDS = 1000;

async function readUpToNames(
  reader: RecordReader,
  readPiece: () => Promise<SourceRecord[]>,
  isAtEnd: () => boolean,
): Promise<SourceRecord[]> {
  const records: SourceRecord[] = [];
  while (
    !reader.usedNames.areTold &&
    records.length < LOOK_WITHIN_RECORDS &&
    reader.fault === undefined &&
    !isAtEnd()
  ) {
    for (const record of await readPiece()) records.push(record);
  }
  return records;
}

function describeNames(name: string, names: string): string[] {
  if (names === CANONICAL) return [];
  return names.startsWith(MIXED)
    ? [`${name} mixes names of the same field: ${names.slice(MIXED.length)}. Each record is read by its own.`]
    : [`${name} uses other names of the fields: ${names}.`];
}
