import { byteAt, CLOSE_BRACE, CLOSE_BRACKET, COMMA, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './json-scan';

const BACKSLASH = 0x5c;

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
        const byte = byteAt(bytes, at);
        if (inString) {
          if (afterBackslash) afterBackslash = false;
          else if (byte === BACKSLASH) afterBackslash = true;
          else if (byte === QUOTE) {
            inString = false;
            if (depth === 0) return true;
          } else if (byte < 0x20) return true;
        } else if (byte === QUOTE) {
          if (depth === 0 && started) return true;
          inString = true;
        } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
          if (depth === 0 && started) return true;
          depth++;
        } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
          if (--depth <= 0) return true;
        } else if (depth === 0 && (byte === COMMA || byte <= 0x20)) {
          return true;
        }
        started = true;
      }
      return false;
    },
  };
}
