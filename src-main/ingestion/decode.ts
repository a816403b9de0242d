import { FIELDS, type Field, type FieldMap } from './field-maps';
import {
  ABSENT,
  byteAt,
  CLOSE_BRACE,
  COMMA,
  ESCAPED,
  failSyntax,
  type JsonKind,
  type JsonScan,
  NON_ASCII,
  OBJECT,
  OPEN_BRACE,
  scanColon,
  scanKey,
  scanValue,
  skipSpace,
} from './json-scan';

/** Where one field's value stands in the text, and what it is made of. */
export interface RawField {
  /** `ABSENT` if the record lacks the field. */
  kind: JsonKind;
  start: number;
  end: number;
  /** See `ESCAPED` and its neighbours. */
  flags: number;
}

/** One record, still as text. */
export interface RawRecord {
  /** `OBJECT` if it can be an update at all. */
  kind: JsonKind;
  start: number;
  end: number;
  readonly fields: Readonly<Record<Field, RawField>>;
}

function createRawRecord(): RawRecord {
  const field = (): RawField => ({ kind: ABSENT, start: 0, end: 0, flags: 0 });
  return {
    kind: ABSENT,
    start: 0,
    end: 0,
    fields: {
      id: field(),
      accountType: field(),
      tokens: field(),
      version: field(),
      callbackTimeMs: field(),
      data: field(),
      parentProgram: field(),
    },
  };
}

export interface RecordDecoder {
  /** What the last call of `decode` found; each call writes it anew. */
  readonly raw: RawRecord;
  /**
   * Scans the record at `from` and notes in `raw` where its fields stand. A field given twice counts as
   * given last, as `JSON.parse` has it.
   *
   * @returns The position after the record, or -1 with `scan.fault` set.
   */
  decode(scan: JsonScan, from: number): number;
}

interface NamedSlot {
  readonly name: Buffer;
  readonly slot: RawField;
}

export function createRecordDecoder(map: FieldMap): RecordDecoder {
  const raw = createRawRecord();
  const slots: RawField[] = FIELDS.map((field) => raw.fields[field]);
  const byName = new Map<string, RawField>();
  /** Within each map no two names have the same length (a test holds that), so the length finds the field. */
  const byLength: (NamedSlot | undefined)[] = [];
  for (const field of FIELDS) {
    const name = map.names[field];
    if (name === undefined) continue;
    while (byLength.length <= name.length) byLength.push(undefined);
    byLength[name.length] = { name: Buffer.from(name), slot: raw.fields[field] };
    byName.set(name, raw.fields[field]);
  }

  /** Finds the slot without making a string of the name. */
  function findSlot(scan: JsonScan, start: number, end: number): RawField | undefined {
    const { bytes, flags } = scan;
    if ((flags & ESCAPED) !== 0) return byName.get(readString(bytes, start - 1, end + 1, flags));
    const candidate = byLength[end - start];
    if (candidate === undefined) return undefined;
    const { name, slot } = candidate;
    for (let index = 0; index < name.length; index++) {
      if (name[index] !== bytes[start + index]) return undefined;
    }
    return slot;
  }

  function decodeObject(scan: JsonScan, from: number): number {
    const bytes = scan.bytes;
    for (const slot of slots) slot.kind = ABSENT;
    let at = skipSpace(bytes, from + 1);
    if (byteAt(bytes, at) !== CLOSE_BRACE) {
      for (;;) {
        scan.flags = 0;
        const nameStart = at + 1;
        at = scanKey(scan, at);
        if (at < 0) return -1;
        const slot = findSlot(scan, nameStart, at - 1);
        at = scanColon(scan, at);
        if (at < 0) return -1;
        const valueStart = at;
        scan.flags = 0;
        at = scanValue(scan, at, 1);
        if (at < 0) return -1;
        if (slot !== undefined) {
          slot.kind = scan.kind;
          slot.start = valueStart;
          slot.end = at;
          slot.flags = scan.flags;
        }
        at = skipSpace(bytes, at);
        const byte = byteAt(bytes, at);
        if (byte === CLOSE_BRACE) break;
        if (byte !== COMMA) return failSyntax(scan, at, '"," or "}"');
        at = skipSpace(bytes, at + 1);
      }
    }
    scan.kind = OBJECT;
    return at + 1;
  }

  return {
    raw,
    decode(scan, from) {
      const isObject = byteAt(scan.bytes, from) === OPEN_BRACE;
      const end = isObject ? decodeObject(scan, from) : scanValue(scan, from, 0);
      raw.kind = scan.kind;
      raw.start = from;
      raw.end = end;
      return end;
    },
  };
}

/** The text as it stands. `latin1` is the quicker one, and right while there is nothing above ASCII. */
export function readText(bytes: Buffer, start: number, end: number, flags: number): string {
  return bytes.toString((flags & NON_ASCII) === 0 ? 'latin1' : 'utf8', start, end);
}

/** The value of a string that stands there with its quotes. */
export function readString(bytes: Buffer, start: number, end: number, flags: number): string {
  if ((flags & ESCAPED) === 0) return readText(bytes, start + 1, end - 1, flags);
  return JSON.parse(readText(bytes, start, end, flags)) as string;
}
