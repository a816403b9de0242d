import { type FileHandle, open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { IngotError } from '../../src-shared/errors';
import { describeCause } from './source-faults';
import { identifyFile, type SourceIdentity, STREAM_IDENTITY } from './source-identity';
import { waitForPipe, wakePipe } from './waiting-pipes';

export interface FileSpec {
  readonly kind: 'file';
  readonly path: string;
  readonly name?: string;
}

/** A file by its path, or an open stream (standard input, an upload). */
export type SourceSpec =
  | FileSpec
  | {
      readonly kind: 'stream';
      readonly stream: NodeJS.ReadableStream | AsyncIterable<Uint8Array>;
      readonly name: string;
    };

/** The stream failed; nothing follows. */
export interface StreamFailure {
  readonly failure:
    | 'cut'
    | 'unreadable'
    | 'gzip-cut'
    | 'gzip-damaged'
    | 'zstd-cut'
    | 'zstd-damaged'
    | 'zstd-window';
  readonly cause: unknown;
}
/** The bytes are valid only until the next piece is requested. */
export type Piece = Uint8Array | StreamFailure;
export type Pieces = AsyncGenerator<Piece, void, void>;

export function isFailure(piece: Piece): piece is StreamFailure {
  return !(piece instanceof Uint8Array);
}

/** One file of several. */
export interface SourcePart {
  readonly name: string;
  /** Its first byte, in the text. */
  readonly from: number;
}

/** The stored bytes of a source. */
export interface ByteSource {
  /** For a person. */
  readonly name: string;
  /** Null if unknown. */
  readonly bytesTotal: number | null;
  readonly bytesRead: number;
  /** What of it is passed over, in sentences. */
  readonly notes: readonly string[];
  /** Of several files, the one that has this byte of the text. */
  readonly partAt?: (byteOffset: number) => SourcePart | undefined;
  /** In pieces of at most `PIECE_BYTES`. Once. */
  pieces(): Pieces;
  /** Only for a file, and before `close`. */
  identify(): Promise<SourceIdentity>;
  /** Idempotent. Does not wait for a pending read on a pipe. */
  close(): Promise<void>;
}

export const PIECE_BYTES = 128 * 1024;

/** @throws IngotError `source_unreadable` if there is no such file, or it may not be read. */
export async function openBytes(spec: SourceSpec): Promise<ByteSource> {
  return spec.kind === 'file'
    ? await openFile(spec.path, spec.name ?? basename(spec.path))
    : openStream(spec.stream, spec.name);
}

async function openFile(path: string, name: string): Promise<ByteSource> {
  // If `stat` fails, opening fails too and reports the reason.
  const isPipe = await stat(path).then(
    (found) => found.isFIFO(),
    () => false,
  );
  const patiently = <T>(work: () => Promise<T>) => (isPipe ? waitForPipe(path, work) : work());
  const handle = await patiently(() => open(path, 'r')).catch((error: unknown) => {
    throw toOpenError(path, error);
  });
  let bytesTotal: number | null = null;
  try {
    const opened = await handle.stat();
    if (opened.isDirectory()) throw directoryError(path);
    if (opened.isFile()) bytesTotal = opened.size;
  } catch (error) {
    await handle.close();
    throw error;
  }
  let bytesRead = 0;
  let closing: Promise<void> | undefined;
  let ahead: Promise<Buffer | StreamFailure> | undefined;

  /** Reads one piece ahead into a second buffer while the first is processed. */
  async function* pieces(): Pieces {
    let current = Buffer.allocUnsafe(PIECE_BYTES);
    let spare = Buffer.allocUnsafe(PIECE_BYTES);
    ahead = patiently(() => readAhead(handle, current));
    for (;;) {
      const piece = await ahead;
      if (closing !== undefined) return;
      if (isFailure(piece)) {
        yield piece;
        return;
      }
      if (piece.length === 0) return;
      bytesRead += piece.length;
      ahead = patiently(() => readAhead(handle, spare));
      yield piece;
      [current, spare] = [spare, current];
    }
  }

  return {
    name,
    bytesTotal,
    get bytesRead() {
      return bytesRead;
    },
    notes: [],
    pieces,
    identify: async () => (bytesTotal === null ? STREAM_IDENTITY : identifyFile(handle, bytesTotal)),
    async close() {
      if (bytesTotal === null) {
        // A read of a pipe without a writer never returns, and it holds a thread of the pool.
        if (isPipe) wakePipe(path);
        closing ??= handle.close().catch(() => undefined);
        return;
      }
      closing ??= Promise.resolve(ahead).then(() => handle.close());
      await closing;
    },
  };
}

/** Never rejects, so a read whose result is no longer needed can be ignored. */
async function readAhead(handle: FileHandle, buffer: Buffer): Promise<Buffer | StreamFailure> {
  try {
    const { bytesRead } = await handle.read(buffer, 0, PIECE_BYTES, null);
    return buffer.subarray(0, bytesRead);
  } catch (cause) {
    return { failure: 'unreadable', cause };
  }
}

function openStream(stream: NodeJS.ReadableStream | AsyncIterable<Uint8Array>, name: string): ByteSource {
  const iterator: AsyncIterator<unknown> = stream[Symbol.asyncIterator]();
  let bytesRead = 0;
  let isClosed = false;

  async function* pieces(): Pieces {
    for (;;) {
      let chunk: unknown;
      try {
        const next = await iterator.next();
        if (next.done) return;
        chunk = next.value;
      } catch (cause) {
        if (!isClosed) yield { failure: 'unreadable', cause };
        return;
      }
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      if (!(bytes instanceof Uint8Array)) {
        yield { failure: 'unreadable', cause: new TypeError('the stream gives something other than bytes') };
        return;
      }
      for (let from = 0; from < bytes.length && !isClosed; from += PIECE_BYTES) {
        const piece = bytes.subarray(from, from + PIECE_BYTES);
        bytesRead += piece.length;
        yield piece;
      }
    }
  }

  return {
    name,
    bytesTotal: null,
    get bytesRead() {
      return bytesRead;
    },
    notes: [],
    pieces,
    identify: async () => STREAM_IDENTITY,
    async close() {
      if (isClosed) return;
      isClosed = true;
      if ('destroy' in stream && typeof stream.destroy === 'function') stream.destroy();
      // Not awaited: the generator ends only when its input arrives.
      iterator.return?.().catch(() => undefined);
    },
  };
}

function directoryError(path: string, cause?: unknown): IngotError {
  return new IngotError(
    'source_unreadable',
    `${path} is a directory, not a file.`,
    { hint: 'Give the path of one file.' },
    cause,
  );
}

export function toOpenError(path: string, error: unknown): IngotError {
  const code = describeCause(error);
  switch (code) {
    case 'EISDIR':
      return directoryError(path, error);
    case 'ENOENT':
    case 'ENOTDIR':
      return new IngotError(
        'source_unreadable',
        `${path} was not found.`,
        { hint: 'Check the path.' },
        error,
      );
    case 'EACCES':
    case 'EPERM':
      return new IngotError(
        'source_unreadable',
        `${path} may not be read: permission denied.`,
        { hint: 'Make it readable for your user.' },
        error,
      );
    default:
      return new IngotError('source_unreadable', `${path} could not be opened (${code}).`, {}, error);
  }
}
