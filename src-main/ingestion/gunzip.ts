import { createGunzip } from 'node:zlib';
import { isFailure, type Pieces } from './byte-source';

/**
 * The most that is decompressed ahead comes of one piece of input. Deflate's best ratio is 1032 to 1, so
 * a decompression bomb costs 16 MiB of memory and no more.
 */
const INPUT_BYTES = 16 * 1024;
const OUTPUT_BYTES = 64 * 1024;

/**
 * Decompresses a gzip stream of any number of members.
 *
 * zlib's stream is driven by hand, one write at a time, for two reasons. Left to a pipeline, an error
 * throws away what was decompressed before it and not yet read. And the input is cut into pieces at
 * fixed offsets, so that the text before a fault does not depend on how the bytes happened to arrive:
 * of a stream that is cut off it is all the text there is; of a damaged one zlib keeps back what the
 * failing call made, which is less than `OUTPUT_BYTES`.
 */
export async function* gunzip(input: Pieces): Pieces {
  const inflater = createGunzip({ chunkSize: OUTPUT_BYTES });
  let output: Buffer[] = [];
  let error: unknown;
  let settle = (): void => undefined;
  inflater.on('data', (chunk: Buffer) => output.push(chunk));
  inflater.on('error', (cause) => {
    error ??= cause;
  });
  inflater.on('close', () => settle());

  const waitFor = (act: (done: () => void) => void) =>
    new Promise<void>((resolve) => {
      settle = resolve;
      act(resolve);
    });
  const write = (bytes: Buffer) =>
    waitFor((done) => {
      inflater.write(bytes, (cause) => {
        error ??= cause ?? undefined;
        done();
      });
    });
  function takeOutput(): Buffer[] {
    const taken = output;
    output = [];
    return taken;
  }

  try {
    let writing: Promise<void> | undefined;
    for await (const piece of cutAtFixedOffsets(input)) {
      await writing;
      const taken = takeOutput();
      if (isFailure(piece)) {
        yield* taken;
        yield piece;
        return;
      }
      // zlib works on a thread of its own: on this piece while the one before it is being read.
      if (error === undefined) writing = write(piece);
      yield* taken;
      if (error !== undefined) break;
    }
    await writing;
    yield* takeOutput();
    if (error === undefined) await waitFor(() => inflater.end());
    yield* takeOutput();
    if (error !== undefined) {
      const isCut = error instanceof Error && 'code' in error && error.code === 'Z_BUF_ERROR';
      yield { failure: isCut ? 'gzip-cut' : 'gzip-damaged', cause: error };
    }
  } finally {
    inflater.destroy();
  }
}

async function* cutAtFixedOffsets(input: Pieces) {
  let pending = Buffer.allocUnsafe(INPUT_BYTES);
  let length = 0;
  for await (const piece of input) {
    if (isFailure(piece)) {
      if (length > 0) yield pending.subarray(0, length);
      yield piece;
      return;
    }
    for (let from = 0; from < piece.length; ) {
      const taken = Math.min(INPUT_BYTES - length, piece.length - from);
      pending.set(piece.subarray(from, from + taken), length);
      length += taken;
      from += taken;
      if (length === INPUT_BYTES) {
        yield pending;
        pending = Buffer.allocUnsafe(INPUT_BYTES);
        length = 0;
      }
    }
  }
  if (length > 0) yield pending.subarray(0, length);
}
