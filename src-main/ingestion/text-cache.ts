/**
 * Strings for short runs of ASCII bytes that recur: type names, small numbers, `{}`. Sharing them saves memory, and a lookup
 * takes a third of the time of creating one. A fixed number of slots, so it cannot grow.
 */
export interface TextCache {
  /** The text of `bytes[start]` to `bytes[end - 1]`, all of them ASCII. */
  read(bytes: Buffer, start: number, end: number): string;
}

const SLOTS = 2048;
const LONGEST = 20;

export function createTextCache(): TextCache {
  const texts: string[] = new Array<string>(SLOTS).fill('');
  const stored = new Uint8Array(SLOTS * LONGEST);
  return {
    read(bytes, start, end) {
      const length = end - start;
      if (length > LONGEST) return bytes.toString('latin1', start, end);
      let hash = length;
      for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0;
      const slot = (hash ^ (hash >>> 11)) & (SLOTS - 1);
      const text = texts[slot] as string;
      const first = slot * LONGEST;
      if (text.length === length) {
        let same = 0;
        while (same < length && stored[first + same] === bytes[start + same]) same++;
        if (same === length) return text;
      }
      const fresh = bytes.toString('latin1', start, end);
      texts[slot] = fresh;
      for (let index = 0; index < length; index++) stored[first + index] = bytes[start + index] as number;
      return fresh;
    },
  };
}
