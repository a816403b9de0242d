/**
 * Writes rows in the binary format of COPY, straight into the bytes that are sent:
 * https://www.postgresql.org/docs/18/sql-copy.html ("Binary Format"). A value must have its column's type: Postgres converts
 * nothing in this format. Null is NULL.
 */
export interface CopyRows {
  /** Starts a row; one value per column of the statement must follow. */
  row(): void;
  int4(value: number | null): void;
  /** A number must be whole. */
  int8(value: bigint | number | null): void;
  text(value: string): void;
  jsonb(value: string | null): void;
  /** For `numeric`: decimal digits only. */
  numeric(value: string | null): void;
  /** All rows. Nothing may be written after this. */
  end(): Uint8Array<ArrayBuffer>;
}

/** `PGCOPY\n\xff\r\n\0`, no flags, no extension. */
const HEADER = Buffer.from('5047434f50590aff0d0a000000000000000000', 'hex');
const JSONB_VERSION = 1;
const TWO_TO_32 = 2 ** 32;
/** For shorter texts a JavaScript loop is faster than a call of the encoder. */
const SHORT_TEXT = 64;
const ZERO = 48;

/** @param roomBytes Grows when full. */
export function createCopyRows(columns: number, roomBytes = 65_536): CopyRows {
  let bytes = Buffer.allocUnsafeSlow(Math.max(roomBytes, HEADER.length));
  let at = HEADER.copy(bytes);

  const reserve = (more: number) => {
    if (at + more <= bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(2 * bytes.length, at + more));
    bytes.copy(grown, 0, 0, at);
    bytes = grown;
  };
  const writeInt2 = (value: number) => {
    bytes[at] = value >> 8;
    bytes[at + 1] = value;
    at += 2;
  };
  const writeInt4 = (value: number) => {
    bytes[at] = value >> 24;
    bytes[at + 1] = value >> 16;
    bytes[at + 2] = value >> 8;
    bytes[at + 3] = value;
    at += 4;
  };
  const writeNull = () => {
    reserve(4);
    writeInt4(-1);
  };
  /** Returns false, with nothing written, if a character is not ASCII. */
  const writeAscii = (value: string): boolean => {
    for (let place = 0; place < value.length; place += 1) {
      const code = value.charCodeAt(place);
      if (code > 127) return false;
      bytes[at + place] = code;
    }
    at += value.length;
    return true;
  };
  /** Writes the text after its length, which includes the `before` bytes. */
  const writeText = (value: string, before: readonly number[]) => {
    reserve(4 + before.length + 3 * value.length);
    const lengthAt = at;
    at += 4;
    for (const byte of before) bytes[at++] = byte;
    if (value.length > SHORT_TEXT || !writeAscii(value)) at += bytes.write(value, at);
    const end = at;
    at = lengthAt;
    writeInt4(end - lengthAt - 4);
    at = end;
  };

  return {
    row() {
      reserve(2);
      writeInt2(columns);
    },
    int4(value) {
      if (value === null) return writeNull();
      reserve(8);
      writeInt4(4);
      writeInt4(value);
    },
    int8(value) {
      if (value === null) return writeNull();
      reserve(12);
      writeInt4(8);
      if (typeof value === 'bigint') {
        at = bytes.writeBigInt64BE(value, at);
        return;
      }
      const high = Math.floor(value / TWO_TO_32);
      writeInt4(high);
      writeInt4(value - high * TWO_TO_32);
    },
    text: (value) => writeText(value, []),
    jsonb: (value) => (value === null ? writeNull() : writeText(value, [JSONB_VERSION])),
    /** In digits of base 10,000. */
    numeric(value) {
      if (value === null) return writeNull();
      const digits = Math.ceil(value.length / 4);
      reserve(12 + 2 * digits);
      writeInt4(8 + 2 * digits);
      writeInt2(digits);
      // The first digit's power of 10,000; a plus; no decimals.
      writeInt2(digits - 1);
      writeInt2(0);
      writeInt2(0);
      let digit = 0;
      for (let place = 0; place < value.length; place += 1) {
        digit = 10 * digit + value.charCodeAt(place) - ZERO;
        if ((value.length - place) % 4 !== 1) continue;
        writeInt2(digit);
        digit = 0;
      }
    },
    end() {
      reserve(2);
      writeInt2(-1);
      return new Uint8Array(bytes.buffer, 0, at);
    },
  };
}
