import { createUsedNames, FIELDS, type Field, findField, type UsedNames } from './field-names';
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

/** Position and kind of one field's value in the text. */
export interface RawField {
  /** `ABSENT` if the record lacks the field. */
  kind: JsonKind;
  start: number;
  end: number;
  /** See `ESCAPED` and its neighbours. */
  flags: number;
  /** Of the name it was found under: see `NamedField`. */
  rank: number;
}

/** One record, still as text. */
export interface RawRecord {
  /** `OBJECT` if it can be an update at all. */
  kind: JsonKind;
  start: number;
  end: number;
  readonly fields: Readonly<Record<Field, RawField>>;
}

const createRawField = (): RawField => ({ kind: ABSENT, start: 0, end: 0, flags: 0, rank: 0 });

function createRawRecord(): RawRecord {
  return {
    kind: ABSENT,
    start: 0,
    end: 0,
    fields: {
      id: createRawField(),
      accountType: createRawField(),
      tokens: createRawField(),
      slot: createRawField(),
      version: createRawField(),
      callbackTimeMs: createRawField(),
      data: createRawField(),
      parentProgram: createRawField(),
    },
  };
}

export interface RecordDecoder {
  /** The result of the last `decode`; each call overwrites it. */
  readonly raw: RawRecord;
  readonly usedNames: UsedNames;
  /**
   * Scans the record at `from` and notes in `raw` where its fields are. As in `JSON.parse`, the last of two equal names counts;
   * of several names for one field the one with the lowest rank counts.
   *
   * @returns The position after the record, or -1 with `scan.fault` set.
   */
  decode(scan: JsonScan, from: number): number;
}

/** A name in the source, quotes included, and where its value goes. */
interface NamedSlot {
  readonly name: Buffer;
  readonly slot: RawField;
  readonly rank: number;
  /** The name that followed in the previous record: most sources keep one order. */
  next: NamedSlot | undefined;
  /** The next name of the same length. */
  readonly sibling: NamedSlot | undefined;
}

/** Limits of the cache of names, so that each name is looked up only once. */
const REMEMBERED_NAMES = 256;
const REMEMBERED_BYTES = 128;

export function createRecordDecoder(): RecordDecoder {
  const raw = createRawRecord();
  const slots: RawField[] = FIELDS.map((field) => raw.fields[field]);
  const usedNames = createUsedNames();
  const byLength: (NamedSlot | undefined)[] = [];
  let remembered = 0;
  /** Takes the values of unknown names. */
  const ignored = createRawField();
  const nameSlot = (name: Buffer, slot: RawField, rank: number, sibling?: NamedSlot): NamedSlot => ({
    name,
    slot,
    rank,
    next: undefined,
    sibling,
  });
  /** Stands before the first field. */
  const opening = nameSlot(Buffer.alloc(0), ignored, 0);

  /** Finds the slot without creating a string for a known name. `start` and `end` include the quotes. */
  function findSlot(scan: JsonScan, start: number, end: number, before: NamedSlot): NamedSlot {
    const { bytes, flags } = scan;
    const length = end - start;
    let candidate = byLength[length];
    while (candidate !== undefined && !standsAt(bytes, start, candidate.name)) candidate = candidate.sibling;
    if (candidate === undefined) {
      const name = readString(bytes, start, end, flags);
      const known = findField(name);
      if (known !== undefined) usedNames.add(known.field, name);
      const slot = known === undefined ? ignored : raw.fields[known.field];
      const rank = known?.rank ?? 0;
      if (remembered === REMEMBERED_NAMES || length > REMEMBERED_BYTES)
        return nameSlot(opening.name, slot, rank);
      while (byLength.length <= length) byLength.push(undefined);
      candidate = nameSlot(Buffer.from(bytes.subarray(start, end)), slot, rank, byLength[length]);
      byLength[length] = candidate;
      remembered++;
    }
    before.next = candidate;
    return candidate;
  }

  function decodeObject(scan: JsonScan, from: number): number {
    const bytes = scan.bytes;
    for (const slot of slots) slot.kind = ABSENT;
    let at = skipSpace(bytes, from + 1);
    if (byteAt(bytes, at) !== CLOSE_BRACE) {
      let before = opening;
      for (;;) {
        let named = before.next;
        // Comparing with the expected name avoids scanning it: a fifth of the time for a whole record.
        if (named !== undefined && standsAt(bytes, at, named.name)) {
          at += named.name.length;
        } else {
          const nameStart = at;
          scan.flags = 0;
          at = scanKey(scan, at);
          if (at < 0) return -1;
          named = findSlot(scan, nameStart, at, before);
        }
        at = scanColon(scan, at);
        if (at < 0) return -1;
        const valueStart = at;
        scan.flags = 0;
        at = scanValue(scan, at, 1);
        if (at < 0) return -1;
        const { slot, rank } = named;
        if (rank === 0 || slot.kind === ABSENT || rank <= slot.rank) {
          slot.kind = scan.kind;
          slot.start = valueStart;
          slot.end = at;
          slot.flags = scan.flags;
          slot.rank = rank;
        }
        before = named;
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
    usedNames,
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

function standsAt(bytes: Buffer, at: number, name: Buffer): boolean {
  for (let index = 0; index < name.length; index++) {
    if (name[index] !== bytes[at + index]) return false;
  }
  return true;
}

/** The text as it stands. `latin1` is faster, and correct for pure ASCII. */
export function readText(bytes: Buffer, start: number, end: number, flags: number): string {
  return bytes.toString((flags & NON_ASCII) === 0 ? 'latin1' : 'utf8', start, end);
}

/** The value of the string at this position, quotes included. */
export function readString(bytes: Buffer, start: number, end: number, flags: number): string {
  if ((flags & ESCAPED) === 0) return readText(bytes, start + 1, end - 1, flags);
  return JSON.parse(readText(bytes, start, end, flags)) as string;
}
