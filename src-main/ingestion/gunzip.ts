import { createGunzip } from 'node:zlib';
import { isFailure, type Pieces, type StreamFailure } from './byte-source';

/**
 * The most that is decompressed ahead comes of one piece of input. Deflate's best ratio is 1032 to 1, so
 * a decompression bomb costs 16 MiB of memory and no more.
 */
const INPUT_BYTES = 16 * 1024;
const OUTPUT_BYTES = 64 * 1024;

/** The first byte of a gzip member. */
const MEMBER_BYTE = 0x1f;

/**
 * Decompresses a gzip stream of any number of members, each with any number of zeros after it.
 *
 * zlib's stream is driven by hand, one write at a time, for three reasons. Left to a pipeline, an error
 * throws away what was decompressed before it and not yet read. The input is cut into pieces at fixed
 * offsets, so that the text before a fault does not depend on how the bytes happened to arrive: of a
 * stream that is cut off it is all the text there is; of a damaged one zlib keeps back what the failing
 * call made, which is less than `OUTPUT_BYTES`. And a zero after a member is the end to zlib's stream:
 * it passes over all that follows without a word, be it another member or damage.
 */
export async function* gunzip(input: Pieces): Pieces {
  let output: Buffer[] = [];
  const keep = (text: Buffer) => output.push(text);
  /** Undefined among the zeros after a member. */
  let inflater: Inflater | undefined = openInflater(keep);
  let failure: StreamFailure | undefined;
  let isClosed = false;

  async function decompress(piece: Buffer): Promise<void> {
    let rest = piece;
    while (rest.length > 0 && !isClosed) {
      if (inflater === undefined) {
        rest = passZeros(rest);
        if (rest.length === 0) return;
        if (rest[0] !== MEMBER_BYTE) {
          failure = { failure: 'gzip-damaged', cause: new Error('no member begins after the zeros') };
          return;
        }
        inflater = openInflater(keep);
      }
      const taken = await inflater.write(rest);
      failure = inflater.failure();
      if (failure !== undefined) return;
      rest = rest.subarray(taken);
      if (rest.length > 0) {
        await inflater.atEnd();
        inflater.close();
        inflater = undefined;
        // A piece of input may hold hundreds of members, and each would keep zlib's whole buffer.
        const last = output.pop();
        if (last !== undefined) output.push(Buffer.from(last));
      }
    }
  }
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
      if (failure === undefined) writing = decompress(piece);
      yield* taken;
      if (failure !== undefined) break;
    }
    await writing;
    yield* takeOutput();
    if (failure === undefined && inflater !== undefined) {
      await inflater.finish();
      failure = inflater.failure();
    }
    yield* takeOutput();
    if (failure !== undefined) yield failure;
  } finally {
    isClosed = true;
    inflater?.close();
  }
}

/** zlib's stream, one step at a time. No step rejects: `failure` says what went wrong. */
interface Inflater {
  /** Resolves with how many of the bytes it took: fewer only at a zero after a member. */
  write(bytes: Buffer): Promise<number>;
  /** Resolves when all its text is out, after a `write` that did not take everything. */
  atEnd(): Promise<void>;
  /** Says that there is no more input. */
  finish(): Promise<void>;
  failure(): StreamFailure | undefined;
  close(): void;
}

function openInflater(keep: (text: Buffer) => void): Inflater {
  const stream = createGunzip({ chunkSize: OUTPUT_BYTES });
  let error: unknown;
  let settle = (): void => undefined;
  stream.on('data', keep);
  stream.on('error', (cause) => {
    error ??= cause;
  });
  stream.on('close', () => settle());

  const waitFor = (act: (done: () => void) => void) =>
    new Promise<void>((resolve) => {
      settle = resolve;
      act(resolve);
    });
  return {
    async write(bytes) {
      const before = stream.bytesWritten;
      await waitFor((done) => {
        stream.write(bytes, (cause) => {
          error ??= cause ?? undefined;
          done();
        });
      });
      return stream.bytesWritten - before;
    },
    async atEnd() {
      if (stream.readableEnded || stream.destroyed) return;
      await waitFor((done) => stream.once('end', done));
    },
    finish: () => waitFor(() => stream.end()),
    failure() {
      if (error === undefined) return undefined;
      const isCut = error instanceof Error && 'code' in error && error.code === 'Z_BUF_ERROR';
      return { failure: isCut ? 'gzip-cut' : 'gzip-damaged', cause: error };
    },
    close: () => stream.destroy(),
  };
}

function passZeros(bytes: Buffer): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  return bytes.subarray(first < 0 ? bytes.length : first);
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
