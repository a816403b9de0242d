/**
 * Where the UTF-8 sequence at `at` ends; `bytes[at]` is 0x80 or above. Only well-formed sequences (Unicode 3.9, table 3-7): no
 * overlong forms, no surrogates, nothing above U+10FFFF.
 *
 * @returns The position after the sequence, or else the bitwise complement (negative) of the position of the first byte that does
 * not fit.
 */
export function utf8SequenceEnd(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0;
  let low = 0x80;
  let high = 0xbf;
  let length = 2;
  if (lead >= 0xf0) {
    if (lead > 0xf4) return ~at;
    length = 4;
    if (lead === 0xf0) low = 0x90;
    if (lead === 0xf4) high = 0x8f;
  } else if (lead >= 0xe0) {
    length = 3;
    if (lead === 0xe0) low = 0xa0;
    if (lead === 0xed) high = 0x9f;
  } else if (lead < 0xc2) {
    return ~at;
  }
  for (let next = at + 1; next < at + length; next++) {
    const byte = bytes[next] ?? 0;
    if (byte < low || byte > high) return ~next;
    low = 0x80;
    high = 0xbf;
  }
  return at + length;
}

/** Whether the text has more than `limit` code points; a lone surrogate counts as one. */
export function isLongerThan(text: string, limit: number): boolean {
  if (text.length <= limit) return false;
  if (text.length > 2 * limit) return true;
  let count = 0;
  for (const _ of text) if (++count > limit) return true;
  return false;
}

/** The first `limit` code points. */
export function cutCodePoints(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return Array.from(text.slice(0, 2 * limit))
    .slice(0, limit)
    .join('');
}
