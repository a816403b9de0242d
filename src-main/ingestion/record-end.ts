import { byteAt, CLOSE_BRACE, CLOSE_BRACKET, COMMA, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './json-scan';

const BACKSLASH = 0x5c;

/**
 * Looks for the end of one record that came in several pieces, each byte once, so that a long record in
 * small pieces is not scanned from its start for every piece. It counts brackets and minds strings, and
 * nothing more: it only says when scanning the record is worth while, never whether the record is right.
 */
export interface RecordEndFinder {
  /** Starts anew. Every byte of the record must be given to `find` once, in order. */
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
