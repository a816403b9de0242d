import zlib from 'node:zlib';
import { isFailure, type Pieces, type StreamFailure } from './byte-source';
import { GZIP_MAGIC } from './foreign-text';

/**
 * Limits how much is decompressed ahead. Deflate's best ratio is 1032 to 1, so a decompression bomb costs at most 16 MiB of
 * memory.
 */
const INPUT_BYTES = 16 * 1024;
const OUTPUT_BYTES = 64 * 1024;
/** CRC-32 and length of the text (RFC 1952, 2.3.1). */
const TRAILER_BYTES = 8;
const NOTHING = Buffer.alloc(0);

export interface Gunzipped {
  /** Once. */
  readonly pieces: Pieces;
  /** Bytes after the last member that are not a member. They are skipped, as by `zcat`. */
  readonly trailingBytes: () => number;
}

/**
 * Decompresses a gzip stream of any number of members, each followed by any number of zeros.
 *
 * Headers and trailers are read here; only what is between them goes to zlib, one write at a time. Why not zlib's own gzip
 * stream: it takes whatever follows a member for the next one, and if it is not one, discards text of the member before. After a
 * zero it skips everything, even a member. And in a pipeline, an error discards text that was decompressed but not yet read.
 *
 * The input is cut at fixed offsets, so the text before a fault does not depend on how the bytes arrived. A stream that is cut
 * off yields all its text; a damaged one loses what the failing zlib call produced, less than `OUTPUT_BYTES`.
 */
export function gunzip(input: Pieces): Gunzipped {
  let trailing = 0;
  return { pieces: decompress(input, (bytes) => (trailing += bytes)), trailingBytes: () => trailing };
}

async function* decompress(input: Pieces, pass: (bytes: number) => void): Pieces {
  let output: Buffer[] = [];
  let place = 'header' as keyof typeof steps;
  /** The beginning of a header or trailer that is not complete yet. */
  let begun: Buffer = NOTHING;
  let inflater: Inflater | undefined;
  let sum = 0;
  let length = 0;
  let failure: StreamFailure | undefined;
  let isClosed = false;

  function keep(text: Buffer): void {
    sum = zlib.crc32(text, sum);
    length = (length + text.length) % 2 ** 32;
    output.push(text);
  }
  function damage(what: string): Buffer {
    failure = { failure: 'gzip-damaged', cause: new Error(what) };
    return NOTHING;
  }
  /** Appends the bytes to it. */
  function join(bytes: Buffer): Buffer {
    const joined = begun.length === 0 ? bytes : Buffer.concat([begun, bytes]);
    begun = NOTHING;
    return joined;
  }
  /** Each consumes bytes and returns the rest. */
  const steps = {
    header(bytes: Buffer): Buffer {
      const header = join(bytes);
      if (!isGzipMagic(header)) {
        place = 'after';
        return header;
      }
      const end = parseGzipHeader(header);
      if (typeof end === 'string') return damage(end);
      if (end === undefined) {
        begun = header;
        return NOTHING;
      }
      sum = 0;
      length = 0;
      inflater = openInflater(keep);
      place = 'text';
      return header.subarray(end);
    },
    async text(bytes: Buffer): Promise<Buffer> {
      if (inflater === undefined) return bytes;
      const taken = await inflater.write(bytes);
      failure = inflater.failure();
      if (failure !== undefined || taken === bytes.length) return NOTHING;
      await inflater.atEnd();
      inflater.close();
      inflater = undefined;
      // A piece of input may hold hundreds of members, and each would keep zlib's whole buffer.
      const last = output.pop();
      if (last !== undefined) output.push(Buffer.from(last));
      place = 'trailer';
      return bytes.subarray(taken);
    },
    trailer(bytes: Buffer): Buffer {
      const trailer = join(bytes);
      if (trailer.length < TRAILER_BYTES) {
        begun = trailer;
        return NOTHING;
      }
      if (trailer.readUInt32LE(0) !== sum || trailer.readUInt32LE(4) !== length)
        return damage('wrong checksum');
      place = 'between';
      return trailer.subarray(TRAILER_BYTES);
    },
    between(bytes: Buffer): Buffer {
      const first = bytes.findIndex((byte) => byte !== 0);
      if (first < 0) return NOTHING;
      place = 'header';
      return bytes.subarray(first);
    },
    after(bytes: Buffer): Buffer {
      pass(bytes.length);
      return NOTHING;
    },
  };

  async function take(piece: Buffer): Promise<void> {
    let rest = piece;
    while (rest.length > 0 && failure === undefined && !isClosed) rest = await steps[place](rest);
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
      // zlib uses another thread: it works on this piece while the previous one is read.
      if (failure === undefined) writing = take(piece);
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
    const isCut = place === 'text' || place === 'trailer' || begun.length > 0;
    if (isCut) failure ??= { failure: 'gzip-cut', cause: new Error('the stream ends within a member') };
    if (failure !== undefined) yield failure;
  } finally {
    isClosed = true;
    inflater?.close();
  }
}

/** zlib's stream, one step at a time. No step rejects: `failure` has the error. */
interface Inflater {
  /** Resolves to the number of bytes consumed: fewer only at the end of the deflated text. */
  write(bytes: Buffer): Promise<number>;
  /** Resolves when all text is out, after a `write` that did not consume everything. */
  atEnd(): Promise<void>;
  /** No more input follows. */
  finish(): Promise<void>;
  failure(): StreamFailure | undefined;
  close(): void;
}

function openInflater(keep: (text: Buffer) => void): Inflater {
  const stream = zlib.createInflateRaw({ chunkSize: OUTPUT_BYTES });
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

/** Of a gzip member (RFC 1952, 2.3). */
const FIXED_BYTES = 10;
const DEFLATE = 8;
const HAS_CHECKSUM = 0x02;
const HAS_EXTRA = 0x04;
const HAS_NAME = 0x08;
const HAS_COMMENT = 0x10;
const RESERVED = 0xe0;
/** Name and comment have no limit in the format; a longer header is treated as none. */
const LONGEST_HEADER = 256 * 1024;

/** Whether a member begins here, as far as the bytes go. */
function isGzipMagic(bytes: Uint8Array): boolean {
  return GZIP_MAGIC.every((byte, index) => index >= bytes.length || bytes[index] === byte);
}

/** @returns The length of the header; undefined if more bytes are needed; or what is wrong with it. */
function parseGzipHeader(bytes: Buffer): number | undefined | string {
  const [, , method = DEFLATE, flags = 0] = bytes;
  if (method !== DEFLATE) return 'unknown compression method';
  if ((flags & RESERVED) !== 0) return 'unknown header flags';
  if (bytes.length < FIXED_BYTES) return undefined;
  let end = FIXED_BYTES;
  if ((flags & HAS_EXTRA) !== 0) end += bytes.length < end + 2 ? LONGEST_HEADER : 2 + bytes.readUInt16LE(end);
  for (const flag of [HAS_NAME, HAS_COMMENT]) {
    if ((flags & flag) === 0) continue;
    const zero = bytes.indexOf(0, end);
    end = zero < 0 ? LONGEST_HEADER : zero + 1;
  }
  const sumAt = end;
  if ((flags & HAS_CHECKSUM) !== 0) end += 2;
  if (end > bytes.length) return bytes.length > LONGEST_HEADER ? 'a header without an end' : undefined;
  if (sumAt === end) return end;
  const sum = zlib.crc32(bytes.subarray(0, sumAt)) & 0xffff;
  return sum === bytes.readUInt16LE(sumAt) ? end : 'wrong checksum of a header';
}
