import { readString, readText } from '../decode';
import {
  ARRAY,
  byteAt,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  createJsonScan,
  type JsonKind,
  type JsonScan,
  OBJECT,
  OPEN_BRACE,
  OPEN_BRACKET,
  STRING,
  scanColon,
  scanKey,
  scanValue,
  skipSpace,
} from '../json-scan';

/** A value of a text whose end may not have been read. */
export interface Seen {
  readonly kind: JsonKind;
  /** Of anything but an object or a list. */
  readonly text: string;
  /** In their order; elements of a list by their index. */
  readonly parts: readonly (readonly [name: string, value: Seen])[];
  readonly isWhole: boolean;
}

const MOST_PARTS = 64;
const MOST_LEVELS = 12;
const MOST_DOCUMENTS = 64;
/** Longer texts are shortened: only their beginning is compared and shown. */
const MOST_CHARACTERS = 200;

/** The first documents of a text: its JSON values, or the elements of the list around them. */
export function lookAtDocuments(head: Buffer, isArray: boolean): Seen[] {
  const scan = createJsonScan();
  scan.bytes = Buffer.concat([head, Buffer.alloc(1)]);
  scan.end = head.length;
  const documents: Seen[] = [];
  let at = skipSpace(scan.bytes, isArray ? 1 : 0);
  while (at < scan.end && documents.length < MOST_DOCUMENTS) {
    const byte = byteAt(scan.bytes, at);
    if (isArray && (byte === COMMA || byte === CLOSE_BRACKET)) {
      at = skipSpace(scan.bytes, at + 1);
      continue;
    }
    // The prompts of wscat, and what it says itself.
    if (!isArray && byte !== OPEN_BRACE && byte !== OPEN_BRACKET) {
      const lineEnd = scan.bytes.indexOf(0x0a, at);
      const isPrompt = byte === 0x3c || byte === 0x3e;
      if (!isPrompt && lineEnd < 0) break;
      at = skipSpace(scan.bytes, isPrompt ? at + 1 : lineEnd + 1);
      continue;
    }
    const { seen, end } = look(scan, at, 0);
    documents.push(seen);
    if (end < 0) break;
    at = skipSpace(scan.bytes, end);
  }
  return documents;
}

function look(scan: JsonScan, from: number, level: number): { seen: Seen; end: number } {
  const { bytes } = scan;
  const byte = byteAt(bytes, from);
  if ((byte !== OPEN_BRACE && byte !== OPEN_BRACKET) || level === MOST_LEVELS) {
    scan.flags = 0;
    const end = scanValue(scan, from, level);
    const shownEnd = Math.min(end < 0 ? scan.end : end, from + 4 * MOST_CHARACTERS);
    const text =
      end < 0 || end > shownEnd
        ? bytes.toString('utf8', byte === 0x22 ? from + 1 : from, shownEnd)
        : scan.kind === STRING
          ? readString(bytes, from, end, scan.flags)
          : readText(bytes, from, end, scan.flags);
    const kind = end < 0 && byte === 0x22 ? STRING : scan.kind;
    return { seen: { kind, text: text.slice(0, MOST_CHARACTERS), parts: [], isWhole: end >= 0 }, end };
  }
  const isObject = byte === OPEN_BRACE;
  const close = isObject ? CLOSE_BRACE : CLOSE_BRACKET;
  const parts: [string, Seen][] = [];
  const result = (isWhole: boolean): Seen => ({ kind: isObject ? OBJECT : ARRAY, text: '', parts, isWhole });
  let at = skipSpace(bytes, from + 1);
  for (let index = 0; byteAt(bytes, at) !== close; index++) {
    if (index > 0) {
      if (byteAt(bytes, at) !== COMMA) return { seen: result(false), end: -1 };
      at = skipSpace(bytes, at + 1);
    }
    let name = String(index);
    if (isObject) {
      scan.flags = 0;
      const nameEnd = scanKey(scan, at);
      if (nameEnd < 0) return { seen: result(false), end: -1 };
      name = readString(bytes, at, nameEnd, scan.flags);
      at = scanColon(scan, nameEnd);
      if (at < 0 || at >= scan.end) return { seen: result(false), end: -1 };
    }
    if (parts.length < MOST_PARTS) {
      const { seen, end } = look(scan, at, level + 1);
      parts.push([name, seen]);
      at = end;
    } else {
      at = scanValue(scan, at, level + 1);
    }
    if (at < 0) return { seen: result(false), end: -1 };
    at = skipSpace(bytes, at);
  }
  return { seen: result(true), end: at + 1 };
}

/** Values at a path, in which `*` is any name of an object and `#` any element of a list. */
export function valuesAt(seen: Seen, names: readonly string[]): Seen[] {
  const [name, ...rest] = names;
  if (name === undefined) return [seen];
  return seen.parts.flatMap(([own, value]) => {
    const isMeant =
      name === own || (name === '*' && seen.kind === OBJECT) || (name === '#' && seen.kind === ARRAY);
    return isMeant ? valuesAt(value, rest) : [];
  });
}
