import { IngotError } from '../../src-shared/errors';
import { type ByteSource, isFailure, type Piece, type Pieces } from './byte-source';
import type { RecordSource, SourceRecord } from './record';
import { type TextFault, type TextFaultKind, toSourceError } from './source-faults';

/** Makes records of text. */
export interface PieceReader {
  finish(): SourceRecord[] | Promise<SourceRecord[]>;
  abort(kind: TextFaultKind, cause: unknown): void;
  readonly fault: TextFault | undefined;
  /** In the text, right after the last record. */
  readonly byteOffset: number;
}

interface PieceOptions {
  readonly read: (piece: Uint8Array) => SourceRecord[] | Promise<SourceRecord[]>;
  /** Whether a broken record could have been skipped. */
  readonly maySkip: boolean;
  readonly onClose?: () => void;
}

/** The records of a source, piece by piece, and how far it has been read. */
export function readPieces(
  bytes: ByteSource,
  pieces: Pieces,
  reader: PieceReader,
  { read, maySkip, onClose }: PieceOptions,
) {
  let isClosed = false;
  let isTaken = false;
  let isAtEnd = false;
  let byteOffset = 0;
  let handedOut = 0;
  /** Ends the wait for a piece that may never come. */
  let stopWaiting = (): void => undefined;

  /** The records that end in the next piece. */
  async function readPiece(): Promise<SourceRecord[]> {
    const next = await new Promise<IteratorResult<Piece, void>>((resolve, reject) => {
      stopWaiting = () => resolve({ done: true, value: undefined });
      pieces.next().then(resolve, reject);
    });
    if (!isClosed && !next.done && !isFailure(next.value)) return read(next.value);
    isAtEnd = true;
    if (isClosed) return [];
    if (next.done) return reader.finish();
    if (isFailure(next.value)) reader.abort(next.value.failure, next.value.cause);
    return [];
  }

  async function close(): Promise<void> {
    isClosed = true;
    stopWaiting();
    onClose?.();
    // Not awaited: it may be waiting for input itself.
    pieces.return().catch(() => undefined);
    await bytes.close();
  }

  /** @param ahead What has been read already. */
  async function* chunks(ahead: readonly SourceRecord[] = []): AsyncGenerator<readonly SourceRecord[]> {
    if (isTaken) throw new IngotError('internal', `${bytes.name} can be read only once.`);
    isTaken = true;
    try {
      for (let records = ahead; ; records = await readPiece()) {
        if (isClosed) return;
        if (records.length > 0) {
          byteOffset = reader.byteOffset;
          handedOut += records.length;
          yield records;
        }
        if (isClosed) return;
        if (reader.fault !== undefined) throw toSourceError(bytes, reader.fault, maySkip);
        if (isAtEnd) return;
      }
    } finally {
      await close();
    }
  }

  return {
    readPiece,
    isAtEnd: () => isAtEnd,
    chunks,
    close,
    progress(): ReturnType<RecordSource['progress']> {
      const { bytesRead, bytesTotal } = bytes;
      const share = bytesTotal === null || bytesTotal === 0 ? 0 : Math.min(1, bytesRead / bytesTotal);
      const expectedRecords = handedOut === 0 || share === 0 ? null : Math.round(handedOut / share);
      return { bytesRead, byteOffset, expectedRecords };
    },
  };
}
