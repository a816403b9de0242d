import zlib from 'node:zlib';
import { GZIP_MAGIC } from './foreign-text';

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
export function isGzipMagic(bytes: Uint8Array): boolean {
  return GZIP_MAGIC.every((byte, index) => index >= bytes.length || bytes[index] === byte);
}

/** @returns The length of the header; undefined if more bytes are needed; or what is wrong with it. */
export function parseGzipHeader(bytes: Buffer): number | undefined | string {
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
