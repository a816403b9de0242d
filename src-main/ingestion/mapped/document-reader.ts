import type { Mapping } from '../../../src-shared/mapping';
import { createRecordDecoder, readString } from '../decode';
import { EXCERPT_READ_BYTES, readExcerpt } from '../describe-reject';
import {
  byteAt,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  createJsonScan,
  failSyntax,
  INTEGER,
  NUMBER,
  OPEN_BRACE,
  OPEN_BRACKET,
  scanColon,
  scanKey,
  skipSpace,
} from '../json-scan';
import { MAX_MAPPED_BYTES } from '../limits';
import type { SlotDeath, SourceRecord } from '../record';
import { createRecordEndFinder } from '../record-end';
import { describeBroken, type TextFault, type TextFaultKind } from '../source-faults';
import { openTextWindow } from '../text-window';
import { createValidate } from '../validate';
import { createFieldScan, type FieldScan, type FoundValue, splitPath } from './field-scan';
import { createValuePasser } from './pass-value';
import type { Mapper, RecordView } from './record-mapper';

/** Values outside the list of one document. */
export type Around = readonly (FoundValue | undefined)[];

/**
 * Reads the records out of a sequence of JSON documents, or of one array of them, in pieces that may end anywhere. Memory is bounded by
 * the longest record, and by what waits for a value that stands after its list.
 */
export interface DocumentReader {
  read(piece: Uint8Array): SourceRecord[];
  finish(): SourceRecord[];
  abort(kind: TextFaultKind, cause: unknown): void;
  readonly fault: TextFault | undefined;
  /** The document whose records wait, from 0; null: none do, or they are few. What stands around its list can be supplied. */
  readonly wanted: number | null;
  supply(around: Around): SourceRecord[];
  /** In the text, right after the last record. */
  readonly byteOffset: number;
  readonly recordCount: number;
}

export interface DocumentReaderOptions {
  readonly mapping: Mapping;
  readonly isArray: boolean;
  readonly offset: number;
  /** Reject a document that is no JSON and continue after its line, if documents are records. */
  readonly skipBrokenLines: boolean;
  /** Null: only `onDocument` is told what stands around each list. */
  readonly mapper: Mapper | null;
  readonly aroundPaths: readonly string[];
  readonly onDocument?: (around: Around) => void;
  /** What it throws ends the reading. */
  readonly onDeath?: ((death: SlotDeath) => void) | undefined;
  /** Sees each record before it is mapped. */
  readonly onRecord?: (view: RecordView) => void;
}

/** Of records that wait for a value after their list. */
const HELD_BYTES = 8 * 1024 * 1024;
const LINE_FEED = 0x0a;
const LESS = 0x3c;
const GREATER = 0x3e;

type State =
  /** Before a document. */
  | 'document'
  /** After one, in an array of them. */
  | 'next document'
  /** After the array. */
  | 'nothing'
  /** In an object on the way to the list, or in the object that is the list. */
  | 'name'
  | 'next name'
  /** In the list. */
  | 'element'
  | 'next element'
  /** In a value that is not needed. */
  | 'passing'
  /** In a line that is not needed. */
  | 'line';

interface Held {
  readonly bytes: Buffer;
  readonly key: string | null;
  readonly place: number;
}

export function createDocumentReader({
  mapping,
  isArray,
  offset,
  skipBrokenLines,
  mapper,
  aroundPaths,
  onDocument,
  onRecord,
  onDeath,
}: DocumentReaderOptions): DocumentReader {
  const way = mapping.list === null ? null : splitPath(mapping.list);
  const window = openTextWindow(offset);
  const scan = createJsonScan();
  const endFinder = createRecordEndFinder();
  const outside: FieldScan = createFieldScan(aroundPaths);
  const inside = createFieldScan(mapper?.paths ?? []);
  const skips = skipBrokenLines && way === null && !isArray;
  const own = mapper?.isOwn ? { decoder: createRecordDecoder(), validate: createValidate() } : undefined;
  let state: State = 'document';
  let isOpened = !isArray;
  /** Names of the way to the list that have been entered. */
  let depth = 0;
  let inList = false;
  let place = 0;
  let isFirst = true;
  let document = 0;
  let around: (FoundValue | undefined)[] = [];
  let isListSeen = false;
  let held: Held[] = [];
  let heldBytes = 0;
  let supplied: Around | undefined;
  let recordCount = 0;
  let byteOffset = offset;
  let fault: TextFault | undefined;
  let broken: TextFault | undefined;
  let seen = 0;
  const passer = createValuePasser();

  function fail(kind: TextFaultKind, at: number, expected?: string): -1 {
    const found = at < window.end ? byteAt(window.bytes, at) : undefined;
    const byte = window.offset + at;
    fault = {
      kind,
      record: recordCount,
      byteOffset: byte,
      found,
      limitBytes: MAX_MAPPED_BYTES,
      ...(expected && { expected }),
    };
    return -1;
  }
  /** The scan that returned -1: more text may help, or nothing does. */
  function failScan(isLast: boolean): -1 {
    if (scan.fault.kind === 'ended') return isLast ? fail('cut', window.end) : -1;
    const { kind, at } = scan.fault;
    return fail(kind, at, scan.fault.kind === 'syntax' ? scan.fault.expected : undefined);
  }

  const lacksAround = () => aroundPaths.length > 0 && around.every((value) => value === undefined);

  function viewOf(bytes: Buffer, start: number, end: number, key: string | null, at: number): RecordView {
    return {
      value: (slot) => inside.value(bytes, slot),
      around: (slot) => around[slot] ?? supplied?.[slot],
      key,
      place: at,
      text: () => bytes.toString('utf8', start, end),
    };
  }

  function map(
    bytes: Buffer,
    start: number,
    end: number,
    key: string | null,
    at: number,
    records: SourceRecord[],
  ): void {
    if (mapper === null) return;
    if (own) {
      own.decoder.decode(scan, start);
      records.push(own.validate(bytes, own.decoder.raw, recordCount));
      recordCount += 1;
      return;
    }
    const view = viewOf(bytes, start, end, key, at);
    onRecord?.(view);
    const mapped = mapper.map(view);
    if (mapped.kind === 'skipped') {
      mapper.skip(mapped.what);
      if (mapped.death) onDeath?.({ ...mapped.death, after: recordCount });
      return;
    }
    const record = recordCount;
    recordCount += 1;
    records.push(
      mapped.kind === 'reject'
        ? { record, ...mapped, excerpt: readExcerpt(bytes, start, end) }
        : { record, ...mapped },
    );
  }

  /** Maps the records that waited, when all that stands around them is known. */
  function release(records: SourceRecord[]): void {
    for (const { bytes, key, place } of held) {
      scan.bytes = bytes;
      scan.end = bytes.length - 1;
      inside.reset();
      inside.scan(scan, 0);
      map(bytes, 0, scan.end, key, place, records);
    }
    held = [];
    heldBytes = 0;
    scan.bytes = window.bytes;
    scan.end = window.end;
  }

  function endDocument(records: SourceRecord[]): void {
    onDocument?.(around);
    release(records);
    if (way !== null && !isListSeen) mapper?.skip('answer without a list');
    document += 1;
    around = [];
    supplied = undefined;
    isListSeen = false;
    depth = 0;
    state = isArray ? 'next document' : 'document';
  }

  /** Whether a value that must be there whole is, or is certainly broken. */
  function isWhole(from: number, isLast: boolean): boolean {
    const { bytes, end } = window;
    if (seen === 0) endFinder.reset();
    if (isLast || endFinder.find(bytes, from + seen, end)) return true;
    seen = end - from;
    return false;
  }

  /** @returns The position after the record, or -1. */
  function takeRecord(from: number, isLast: boolean, key: string | null, records: SourceRecord[]): number {
    if (seen > 0 && !isLast && window.end - from <= MAX_MAPPED_BYTES && !isWhole(from, isLast)) return -1;
    if (window.end - from > MAX_MAPPED_BYTES && seen > 0 && !isLast) return fail('long', from);
    inside.reset();
    let end = inside.scan(scan, from);
    const isNumber = scan.kind === INTEGER || scan.kind === NUMBER;
    if (end === window.end && isNumber && !isLast) end = -1;
    if (end < 0) {
      if (scan.fault.kind === 'ended' && !isLast) {
        if (window.end - from > MAX_MAPPED_BYTES) return fail('long', from);
        isWhole(from, false);
        return -1;
      }
      return failScan(isLast);
    }
    if (end - from > MAX_MAPPED_BYTES) return fail('long', from);
    seen = 0;
    const { bytes } = window;
    if (way !== null && supplied === undefined && lacksAround()) {
      const copy = Buffer.alloc(end - from + 1);
      bytes.copy(copy, 0, from, end);
      held.push({ bytes: copy, key, place });
      heldBytes += copy.length;
    } else {
      map(bytes, from, end, key, place, records);
    }
    place += 1;
    byteOffset = window.offset + end;
    return end;
  }

  /** One step at a token. @returns The position after it, or -1: more text is needed, or there is a fault. */
  function step(at: number, isLast: boolean, records: SourceRecord[]): number {
    const { bytes } = window;
    const byte = byteAt(bytes, at);
    switch (state) {
      case 'document': {
        if (!isOpened) {
          if (byte !== OPEN_BRACKET) return fail('syntax', at, '"["');
          isOpened = true;
          return at + 1;
        }
        if (isArray && byte === CLOSE_BRACKET && document === 0) {
          state = 'nothing';
          return at + 1;
        }
        if (mapping.prompts && byte !== OPEN_BRACE) {
          if (byte === LESS || byte === GREATER) return at + 1;
          mapper?.skip('line');
          state = 'line';
          return at;
        }
        if (way === null) {
          place = document;
          const end = takeRecord(at, isLast, null, records);
          if (end >= 0) endDocument(records);
          return end;
        }
        if (way.length === 0) return enterList(at);
        if (byte !== OPEN_BRACE) {
          const end = takeRecord(at, isLast, null, records);
          if (end >= 0) endDocument(records);
          return end;
        }
        depth = 0;
        inList = false;
        isFirst = true;
        state = 'name';
        return at + 1;
      }
      case 'next document':
        if (byte === COMMA) state = 'document';
        else if (byte === CLOSE_BRACKET) state = 'nothing';
        else return fail('syntax', at, '"," or "]"');
        return at + 1;
      case 'nothing':
        return fail('trailing', at);
      case 'next name':
      case 'next element':
        if (byte === COMMA) state = state === 'next name' ? 'name' : 'element';
        else if (byte === (state === 'next name' ? CLOSE_BRACE : CLOSE_BRACKET)) return leave(at, records);
        else return fail('syntax', at, `"," or "${state === 'next name' ? '}' : ']'}"`);
        isFirst = false;
        return at + 1;
      case 'element': {
        if (byte === CLOSE_BRACKET && isFirst) return leave(at, records);
        const end = takeRecord(at, isLast, null, records);
        if (end >= 0) state = 'next element';
        return end;
      }
      case 'name':
        if (byte === CLOSE_BRACE && isFirst) return leave(at, records);
        return takeName(at, isLast, records);
      case 'line': {
        const end = bytes.subarray(0, window.end).indexOf(LINE_FEED, at);
        if (end >= 0) state = 'document';
        return end < 0 ? window.end : end + 1;
      }
      case 'passing': {
        const end = passer.pass(bytes, at, window.end);
        if (end >= 0) state = 'next name';
        return end < 0 ? window.end : end;
      }
    }
  }

  function enterList(at: number): number {
    const byte = byteAt(window.bytes, at);
    if (byte !== OPEN_BRACE && byte !== OPEN_BRACKET) return failSyntaxAt(at);
    inList = true;
    isListSeen = true;
    isFirst = true;
    place = 0;
    state = byte === OPEN_BRACE ? 'name' : 'element';
    return at + 1;
  }
  function failSyntaxAt(at: number): -1 {
    failSyntax(scan, at, 'a list');
    return failScan(true);
  }

  /** At the end of an object or list. */
  function leave(at: number, records: SourceRecord[]): number {
    if (inList) {
      inList = false;
      if (way !== null && way.length > 0) {
        depth = way.length - 1;
        state = 'next name';
        return at + 1;
      }
      endDocument(records);
      return at + 1;
    }
    if (depth === 0) {
      endDocument(records);
    } else {
      depth -= 1;
      state = 'next name';
    }
    return at + 1;
  }

  /** A name with what follows it. */
  function takeName(at: number, isLast: boolean, records: SourceRecord[]): number {
    const { bytes } = window;
    scan.flags = 0;
    const nameEnd = scanKey(scan, at);
    if (nameEnd < 0) return window.end - at > MAX_MAPPED_BYTES ? fail('long', at) : failScan(isLast);
    const name = readString(bytes, at, nameEnd, scan.flags);
    const from = scanColon(scan, nameEnd);
    if (from < 0) return failScan(isLast);
    if (from >= window.end) return isLast ? fail('cut', window.end) : -1;
    if (inList) {
      const end = takeRecord(from, isLast, name, records);
      if (end >= 0) state = 'next name';
      return end;
    }
    const byte = byteAt(bytes, from);
    const names = [...(way ?? []).slice(0, depth), name];
    if (name === way?.[depth]) {
      const isThere = depth === way.length - 1;
      const isList = byte === OPEN_BRACE || byte === OPEN_BRACKET;
      if (isThere && isList && mapper !== null) return enterList(from);
      if (!isThere && byte === OPEN_BRACE) {
        depth += 1;
        isFirst = true;
        state = 'name';
        return from + 1;
      }
    } else if (outside.leadsOn(names)) {
      if (!isWhole(from, isLast)) return window.end - from > MAX_MAPPED_BYTES ? fail('long', from) : -1;
      outside.reset();
      const end = outside.scan(scan, from, names);
      if (end < 0) return failScan(isLast);
      seen = 0;
      for (const slot of aroundPaths.keys()) around[slot] = outside.value(bytes, slot) ?? around[slot];
      state = 'next name';
      return end;
    }
    passer.reset();
    state = 'passing';
    return from;
  }

  /** Rejects a broken document, and skips the rest of its line. */
  function passBroken(from: number, isLast: boolean, records: SourceRecord[]): number {
    const { bytes, end } = window;
    const lineEnd = bytes.subarray(0, end).indexOf(LINE_FEED, from);
    if (broken !== undefined) {
      if (lineEnd < 0 && !isLast && end - from <= EXCERPT_READ_BYTES) return -1;
      records.push({
        record: recordCount,
        kind: 'reject',
        field: 'record',
        reason: `record: ${describeBroken(broken)}`,
        excerpt: readExcerpt(bytes, from, lineEnd < 0 ? end : lineEnd),
      });
      recordCount += 1;
      broken = undefined;
      seen = 0;
    }
    state = lineEnd < 0 ? 'line' : 'document';
    return lineEnd < 0 ? end : lineEnd + 1;
  }

  function readOn(isLast: boolean): SourceRecord[] {
    const records: SourceRecord[] = [];
    if (fault !== undefined) return records;
    scan.bytes = window.bytes;
    scan.end = window.end;
    let at = window.start;
    if (broken !== undefined) {
      const next = passBroken(at, isLast, records);
      if (next < 0) return records;
      at = next;
    }
    while (fault === undefined) {
      if (state !== 'passing' && state !== 'line') at = skipSpace(window.bytes, at);
      if (at >= window.end) {
        const isDone = state === 'document' ? !isArray : state === 'nothing' || state === 'line';
        if (isLast && !isDone) fail('cut', at);
        break;
      }
      let next = step(at, isLast, records);
      if (next < 0 && skips && fault !== undefined) {
        broken = fault;
        fault = undefined;
        next = passBroken(at, isLast, records);
      }
      if (next < 0) break;
      at = next;
    }
    window.dropBefore(at);
    return records;
  }

  return {
    read(piece) {
      window.append(piece);
      return readOn(false);
    },
    finish: () => readOn(true),
    abort(kind, cause) {
      fault ??= { kind, record: recordCount, byteOffset: window.offset + window.end, cause };
    },
    get fault() {
      return fault;
    },
    get wanted() {
      return heldBytes > HELD_BYTES ? document : null;
    },
    supply(values) {
      const records: SourceRecord[] = [];
      supplied = values;
      release(records);
      return records;
    },
    get byteOffset() {
      return byteOffset;
    },
    get recordCount() {
      return recordCount;
    },
  };
}
