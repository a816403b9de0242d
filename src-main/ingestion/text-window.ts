/**
 * The text being scanned: the rest of earlier pieces and the latest one, in one reused buffer. A 0 always follows the last byte,
 * as the scanner needs.
 */
export interface TextWindow {
  /** Changes when the window grows: read it again after `append`. */
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  /** Offset of `bytes[0]` in the whole text. */
  readonly offset: number;
  append(piece: Uint8Array): void;
  /** Drops everything before `at`. */
  dropBefore(at: number): void;
}

/** @param offset Where the first piece begins in the whole text. */
export function openTextWindow(offset: number): TextWindow {
  let bytes = Buffer.alloc(1);
  let start = 0;
  let end = 0;
  let base = offset;

  function makeRoom(length: number): void {
    const kept = end - start;
    const needed = kept + length + 1;
    if (needed > bytes.length) {
      const grown = Buffer.alloc(Math.max(needed, 2 * bytes.length));
      bytes.copy(grown, 0, start, end);
      bytes = grown;
    } else {
      bytes.copyWithin(0, start, end);
    }
    base += start;
    start = 0;
    end = kept;
  }

  return {
    get bytes() {
      return bytes;
    },
    get start() {
      return start;
    },
    get end() {
      return end;
    },
    get offset() {
      return base;
    },
    append(piece) {
      if (end + piece.length + 1 > bytes.length) makeRoom(piece.length);
      bytes.set(piece, end);
      end += piece.length;
      bytes[end] = 0;
    },
    dropBefore(at) {
      start = at;
    },
  };
}
