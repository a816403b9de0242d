import { CLOSE_BRACE, CLOSE_BRACKET, COMMA, OPEN_BRACE, OPEN_BRACKET, QUOTE } from '../json-scan';

const BACKSLASH = 0x5c;

/** Passes over one JSON value that is not needed, in pieces and without holding it. Its syntax is not checked. */
export function createValuePasser() {
  let depth = 0;
  let inString = false;
  let isEscaped = false;
  return {
    reset(): void {
      depth = 0;
      inString = false;
      isEscaped = false;
    },
    /** Whether it is within an object, a list or a string. */
    isOpen: () => depth > 0 || inString,
    /** @returns The position after the value, or -1 if it goes on after `end`. Every byte goes through this once, in order. */
    pass(bytes: Uint8Array, from: number, end: number): number {
      for (let at = from; at < end; at++) {
        const byte = bytes[at] ?? 0;
        if (inString) {
          if (isEscaped) isEscaped = false;
          else if (byte === BACKSLASH) isEscaped = true;
          else if (byte === QUOTE) {
            inString = false;
            if (depth === 0) return at + 1;
          }
        } else if (byte === QUOTE) {
          inString = true;
        } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
          depth += 1;
        } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
          if (depth === 0) return at;
          depth -= 1;
          if (depth === 0) return at + 1;
        } else if (depth === 0 && (byte === COMMA || byte <= 0x20)) {
          return at;
        }
      }
      return -1;
    },
  };
}
