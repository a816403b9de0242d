import { Decompress } from 'fzstd';
import { isFailure, type Pieces, type StreamFailure } from './byte-source';

/** A block of 4 bytes can stand for 128 KiB, so this much costs at most 16 MiB of memory. */
const INPUT_BYTES = 512;
/** `zstd` itself reads no more without being told to. */
const MAX_WINDOW_BYTES = 128 * 1024 * 1024;

/** Decompresses zstd of any number of frames. Its checksums are not checked. */
export async function* unzstd(input: Pieces): Pieces {
  let parts: Uint8Array[] = [];
  const stream = new Decompress((part) => parts.push(part.slice()));
  /** The library keeps the header of a frame here, with its window in bytes. */
  const windowBytes = () => (stream as unknown as { s?: number | { e: number } }).s;
  let header: Buffer | undefined = Buffer.alloc(0);
  let failure: StreamFailure | undefined;
  const push = (bytes: Uint8Array, isLast: boolean) => {
    try {
      stream.push(bytes, isLast);
      const frame = windowBytes();
      if (typeof frame === 'object' && frame.e > MAX_WINDOW_BYTES) failure = tooLarge;
    } catch (cause) {
      failure = { failure: isLast ? 'zstd-cut' : 'zstd-damaged', cause };
    }
  };
  for await (const piece of input) {
    if (isFailure(piece)) {
      yield piece;
      return;
    }
    for (let at = 0; at < piece.length && failure === undefined; at += INPUT_BYTES) {
      const bytes = Buffer.from(piece.subarray(at, at + INPUT_BYTES));
      // Before the library makes room for the window.
      if (header !== undefined) {
        header = Buffer.concat([header, bytes]);
        if (header.length < 14) continue;
        if (windowOf(header) > MAX_WINDOW_BYTES) failure = tooLarge;
        else push(header, false);
        header = undefined;
      } else {
        push(bytes, false);
      }
      for (const part of parts) yield part;
      parts = [];
    }
    if (failure !== undefined) {
      yield failure;
      return;
    }
  }
  push(header ?? new Uint8Array(), true);
  for (const part of parts) yield part;
  if (failure !== undefined) yield failure;
}

const tooLarge: StreamFailure = { failure: 'zstd-window', cause: undefined };

/** What the header of a frame asks for (RFC 8878, 3.1.1.1). */
function windowOf(header: Buffer): number {
  const descriptor = header[4] ?? 0;
  if ((descriptor & 0x20) === 0) {
    const window = header[5] ?? 0;
    const base = 2 ** (10 + (window >> 3));
    return base + (base / 8) * (window & 7);
  }
  const sizeFlag = descriptor >> 6;
  const at = 5 + ([0, 1, 2, 4][descriptor & 3] ?? 0);
  if (sizeFlag === 3) return Number(header.readBigUInt64LE(at));
  if (sizeFlag === 2) return header.readUInt32LE(at);
  return 65_792;
}
