import { MAX_MAPPED_BYTES } from './limits';

/** Where a message begins and ends; null: more bytes are needed; undefined: there is none. */
export function frameAt(
  bytes: Uint8Array,
  at: number,
  end: number,
): { from: number; to: number } | null | undefined {
  let length = 0;
  for (let index = 0; index < 5; index++) {
    if (at + index >= end) return null;
    const byte = bytes[at + index] ?? 0;
    length += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) {
      const from = at + index + 1;
      if (length > MAX_MAPPED_BYTES) return undefined;
      return from + length <= end ? { from, to: from + length } : null;
    }
  }
  return undefined;
}
