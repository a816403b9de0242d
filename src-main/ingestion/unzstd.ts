import { Decompress } from 'fzstd';
import loadXxhash from 'xxhash-wasm';
import { isFailure, type Pieces, type StreamFailure } from './byte-source';

/** `zstd` itself reads no more without being told to. */
const MAX_WINDOW_BYTES = 128 * 1024 * 1024;
const MAX_BLOCK_BYTES = 128 * 1024;
const SKIPPED_AT_ONCE = 64 * 1024;
let hashing: ReturnType<typeof loadXxhash> | undefined;

/**
 * Decompresses zstd of any number of frames, block by block, and checks the checksums of those that have one. Only the headers are
 * looked at here (RFC 8878, 3.1); the library reads the blocks.
 */
export async function* unzstd(input: Pieces): Pieces {
  hashing ??= loadXxhash();
  const { create64 } = await hashing;
  const take = createTaker(input);
  let parts: Uint8Array[] = [];
  try {
    for (;;) {
      const magic = await take(4, true);
      if (magic.length === 0) return;
      if (isSkippable(magic)) {
        for (let left = (await take(4)).readUInt32LE(0); left > 0; left -= SKIPPED_AT_ONCE) {
          await take(Math.min(left, SKIPPED_AT_ONCE));
        }
        continue;
      }
      const descriptor = await take(1);
      const { headerBytes, hasChecksum } = readDescriptor(descriptor[0] ?? 0);
      const header = Buffer.concat([magic, descriptor, await take(headerBytes)]);
      if (windowOf(header) > MAX_WINDOW_BYTES) throw new Broken('zstd-window');
      const hash = create64();
      const stream = new Decompress((part) => {
        if (hasChecksum) hash.update(part);
        parts.push(part);
      });
      const push = (bytes: Uint8Array, isLast: boolean) => {
        try {
          stream.push(bytes, isLast);
        } catch (cause) {
          throw new Broken('zstd-damaged', cause);
        }
      };
      push(header, false);
      for (let isLast = false; !isLast; ) {
        const block = await take(3);
        const { contentBytes, ...read } = readBlock(block.readUIntLE(0, 3));
        isLast = read.isLast;
        push(Buffer.concat([block, await take(contentBytes)]), false);
        yield* parts;
        parts = [];
      }
      const checksum = await take(hasChecksum ? 4 : 0);
      push(checksum, true);
      yield* parts;
      parts = [];
      if (hasChecksum && BigInt(checksum.readUInt32LE(0)) !== (hash.digest() & 0xffff_ffffn)) {
        throw new Broken('zstd-damaged', new Error('its checksum is wrong'));
      }
    }
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    yield* parts;
    yield error.stream;
  }
}

class Broken extends Error {
  readonly stream: StreamFailure;
  constructor(failure: StreamFailure['failure'], cause?: unknown) {
    super(failure);
    this.stream = { failure, cause };
  }
}

/** Gives the next bytes, and none at the end if that may be there. @throws Broken */
function createTaker(input: Pieces) {
  let piece: Uint8Array = new Uint8Array();
  return async (length: number, mayEnd = false): Promise<Buffer> => {
    const taken = Buffer.alloc(length);
    let filled = 0;
    while (filled < length) {
      if (piece.length === 0) {
        const next = await input.next();
        if (next.done && mayEnd && filled === 0) return taken.subarray(0, 0);
        if (next.done) throw new Broken('zstd-cut');
        if (isFailure(next.value)) throw new Broken(next.value.failure, next.value.cause);
        piece = next.value;
      }
      const part = piece.subarray(0, length - filled);
      taken.set(part, filled);
      filled += part.length;
      piece = piece.subarray(part.length);
    }
    return taken;
  };
}

const isSkippable = (magic: Buffer) => (magic.readUInt32LE(0) & ~0xf) === 0x184d2a50;

/** `headerBytes`: of the header after it. */
function readDescriptor(descriptor: number) {
  const isSingle = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >> 6;
  const sizeBytes = sizeFlag === 0 ? Number(isSingle) : 2 ** sizeFlag;
  const headerBytes = Number(!isSingle) + dictionaryBytes(descriptor) + sizeBytes;
  return { headerBytes, hasChecksum: (descriptor & 4) !== 0 };
}

const dictionaryBytes = (descriptor: number) => [0, 1, 2, 4][descriptor & 3] ?? 0;

function readBlock(header: number) {
  const type = (header >> 1) & 3;
  const bytes = header >> 3;
  if (type === 3 || bytes > MAX_BLOCK_BYTES) throw new Broken('zstd-damaged');
  // One byte that is repeated.
  return { isLast: (header & 1) === 1, contentBytes: type === 1 ? 1 : bytes };
}

/** What the header of a frame asks for, in bytes: the library makes room for it. */
export function windowOf(header: Buffer): number {
  const descriptor = header[4] ?? 0;
  if ((descriptor & 0x20) === 0) {
    const window = header[5] ?? 0;
    const base = 2 ** (10 + (window >> 3));
    return base + (base / 8) * (window & 7);
  }
  const sizeFlag = descriptor >> 6;
  const at = 5 + dictionaryBytes(descriptor);
  if (sizeFlag === 3) return Number(header.readBigUInt64LE(at));
  if (sizeFlag === 2) return header.readUInt32LE(at);
  return 65_792;
}
