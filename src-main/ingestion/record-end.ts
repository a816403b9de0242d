import { CLOSE_BRACE, CLOSE_BRACKET, COMMA, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './json-scan';

const QUOTES = 1;
const ESCAPES = 2;
const OPENS = 3;
const CLOSES = 4;
/** Ends a number or a word. */
const SEPARATES = 5;

/** What each byte means, for one look-up a byte. */
const MEANINGS = new Uint8Array(256);
MEANINGS.fill(SEPARATES, 0, 0x21);
MEANINGS[COMMA] = SEPARATES;
MEANINGS[QUOTE] = QUOTES;
MEANINGS[0x5c] = ESCAPES;
for (const byte of [OPEN_BRACE, OPEN_BRACKET]) MEANINGS[byte] = OPENS;
for (const byte of [CLOSE_BRACE, CLOSE_BRACKET]) MEANINGS[byte] = CLOSES;

/**
 * Finds the end of a record that came in several pieces, looking at each byte once; otherwise a long record in small pieces would
 * be scanned from its start for every piece. It only tracks brackets and strings: it says when scanning is worth while, not
 * whether the record is valid.
 */
export interface RecordEndFinder {
  /** Restarts. Every byte of the record must go through `find` once, in order. */
  reset(): void;
  /** Whether the record ends, or is certainly broken, within `bytes[from]` to `bytes[to - 1]`. */
  find(bytes: Uint8Array, from: number, to: number): boolean;
}

export function createRecordEndFinder(): RecordEndFinder {
  let depth = 0;
  let inString = false;
  let afterBackslash = false;
  let started = false;

  return {
    reset() {
      depth = 0;
      inString = false;
      afterBackslash = false;
      started = false;
    },
    find(bytes, from, to) {
      for (let at = from; at < to; at++) {
        const byte = bytes[at] ?? 0;
        const meaning = MEANINGS[byte];
        if (inString) {
          if (afterBackslash) afterBackslash = false;
          else if (meaning === ESCAPES) afterBackslash = true;
          else if (meaning === QUOTES) {
            inString = false;
            if (depth === 0) return true;
          } else if (byte < 0x20) return true;
        } else if (meaning === QUOTES) {
          if (depth === 0 && started) return true;
          inString = true;
        } else if (meaning === OPENS) {
          if (depth === 0 && started) return true;
          depth++;
        } else if (meaning === CLOSES) {
          if (--depth <= 0) return true;
        } else if (depth === 0 && meaning === SEPARATES) {
          return true;
        }
        started = true;
      }
      return false;
    },
  };
}
