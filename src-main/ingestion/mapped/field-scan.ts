import { type RawField, readString, readText } from '../decode';
import {
  ABSENT,
  ARRAY,
  byteAt,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  ESCAPED,
  failSyntax,
  type JsonKind,
  type JsonScan,
  NON_ASCII,
  OBJECT,
  OPEN_BRACE,
  OPEN_BRACKET,
  STRING,
  scanColon,
  scanKey,
  scanValue,
  skipSpace,
  UNICODE_ESCAPE,
  UNUSUAL_NUMBER,
} from '../json-scan';

/** A value in a source. */
export interface FoundValue {
  readonly kind: JsonKind;
  /** Of a string, what it says; of anything else its JSON. */
  readonly text: string;
}

/** `a.b\.c` -> `a`, `b.c`. The empty path has no names. */
export function splitPath(path: string): string[] {
  if (path === '') return [];
  return (path.match(/(?:\\.|[^.\\])+/g) ?? []).map((name) => name.replace(/\\(.)/g, '$1'));
}

/** `a|b` -> `a`, `b`: the first that is there counts. */
export const alternativesOf = (path: string): string[] => path.split(/(?<!\\)\|/);

/** `path=text`; null: whatever is there. */
export function splitTest(test: string): { path: string; wanted: string | null } {
  const [path = '', ...wanted] = test.split('=');
  return { path, wanted: wanted.length === 0 ? null : wanted.join('=') };
}

interface Place {
  readonly slots: number[];
  readonly within: Map<string, Place>;
  /** The number of the scan that was there last. */
  seenIn: number;
}
const createPlace = (): Place => ({ slots: [], within: new Map(), seenIn: 0 });

/** Finds values at paths in one pass over the text, without building anything else. */
export interface FieldScan {
  /** Forgets what was found. */
  reset(): void;
  /**
   * @param names Where the value at `at` stands itself, under the paths.
   * @returns The position after the value, or -1 with `scan.fault` set.
   */
  scan(scan: JsonScan, at: number, names?: readonly string[]): number;
  /** Whether a path begins with these names. */
  leadsOn(names: readonly string[]): boolean;
  /** Undefined if nothing was there. Only while the text is. */
  value(bytes: Buffer, slot: number): FoundValue | undefined;
}

const ALL_FLAGS = ESCAPED | UNICODE_ESCAPE | NON_ASCII | UNUSUAL_NUMBER;

/** @param paths Their indexes are the slots. */
export function createFieldScan(paths: readonly string[]): FieldScan {
  const root = createPlace();
  const found: RawField[] = paths.map(() => ({ kind: ABSENT, start: 0, end: 0, flags: 0, rank: 0 }));
  for (const [slot, path] of paths.entries()) {
    let place = root;
    for (const name of splitPath(path)) {
      const next = place.within.get(name) ?? createPlace();
      place.within.set(name, next);
      place = next;
    }
    place.slots.push(slot);
  }

  let scans = 1;

  /** Of names that come twice, the last counts, with nothing of the first. */
  function forget(place: Place): void {
    for (const slot of place.slots) (found[slot] as RawField).kind = ABSENT;
    for (const inner of place.within.values()) forget(inner);
  }

  function visit(scan: JsonScan, at: number, place: Place, depth: number): number {
    if (place.seenIn === scans) forget(place);
    place.seenIn = scans;
    const byte = byteAt(scan.bytes, at);
    let end: number;
    scan.flags = 0;
    if (place.within.size > 0 && byte === OPEN_BRACE) {
      end = visitParts(scan, at, place, depth + 1, CLOSE_BRACE);
      scan.flags = ALL_FLAGS;
    } else if (place.within.size > 0 && byte === OPEN_BRACKET) {
      end = visitParts(scan, at, place, depth + 1, CLOSE_BRACKET);
      scan.flags = ALL_FLAGS;
    } else {
      end = scanValue(scan, at, depth);
    }
    if (end < 0) return -1;
    for (const slot of place.slots) {
      const field = found[slot] as RawField;
      field.kind = kindAt(scan, at);
      field.start = at;
      field.end = end;
      field.flags = scan.flags;
    }
    return end;
  }

  function visitParts(scan: JsonScan, from: number, place: Place, depth: number, close: number): number {
    const { bytes } = scan;
    let at = skipSpace(bytes, from + 1);
    for (let index = 0; byteAt(bytes, at) !== close; index++) {
      if (index > 0) {
        if (byteAt(bytes, at) !== COMMA)
          return failSyntax(scan, at, `"," or "${String.fromCharCode(close)}"`);
        at = skipSpace(bytes, at + 1);
      }
      let name = String(index);
      if (close === CLOSE_BRACE) {
        scan.flags = 0;
        const end = scanKey(scan, at);
        if (end < 0) return -1;
        name = readString(bytes, at, end, scan.flags);
        at = scanColon(scan, end);
        if (at < 0) return -1;
      }
      const next = place.within.get(name);
      at = next ? visit(scan, at, next, depth) : scanValue(scan, at, depth);
      if (at < 0) return -1;
      at = skipSpace(bytes, at);
    }
    return at + 1;
  }

  function placeAt(names: readonly string[]): Place | undefined {
    let place: Place | undefined = root;
    for (const name of names) place = place?.within.get(name);
    return place;
  }

  return {
    reset() {
      scans += 1;
      for (const field of found) field.kind = ABSENT;
    },
    scan: (scan, at, names = []) => visit(scan, at, placeAt(names) ?? createPlace(), names.length),
    leadsOn: (names) => placeAt(names) !== undefined,
    value(bytes, slot) {
      const field = found[slot];
      if (field === undefined || field.kind === ABSENT) return undefined;
      const { kind, start, end, flags } = field;
      const read = kind === STRING ? readString : readText;
      return { kind, text: read(bytes, start, end, flags) };
    },
  };
}

/** `scan.kind` is that of the last part, where parts were visited. */
function kindAt(scan: JsonScan, at: number): JsonKind {
  const byte = byteAt(scan.bytes, at);
  if (byte === OPEN_BRACE) return OBJECT;
  return byte === OPEN_BRACKET ? ARRAY : scan.kind;
}
