/**
 * Counts different keys in bounded memory. Below the limit every key is kept and the count is exact. Beyond it, a key is kept
 * only if its hash ends in `level` zero bits, and the level rises whenever too many are kept: an even sample of all keys, by
 * which the rest is estimated (adaptive sampling, Flajolet 1990). The error is about 1/√limit.
 */
export interface KeySample {
  add(key: string): void;
  /** Each kept key, with how often it was added. */
  readonly kept: ReadonlyMap<string, number>;
  /** By what a count of kept keys is multiplied; 1: every key is kept. */
  factor(): number;
}

const MOST_LEVELS = 31;

export function createKeySample(limit: number): KeySample {
  const kept = new Map<string, number>();
  let level = 0;
  const isKept = (key: string) => (hashOf(key) & (2 ** level - 1)) === 0;
  return {
    kept,
    add(key) {
      const times = kept.get(key);
      if (times !== undefined) kept.set(key, times + 1);
      else if (isKept(key)) kept.set(key, 1);
      while (kept.size > limit && level < MOST_LEVELS) {
        level += 1;
        for (const one of kept.keys()) if (!isKept(one)) kept.delete(one);
      }
      // Only keys made to collide get here.
      if (kept.size > limit) kept.delete(key);
    },
    factor: () => 2 ** level,
  };
}

/** FNV-1a with MurmurHash3's last step, which spreads the change of any character over all bits. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at += 1) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
