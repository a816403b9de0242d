import { createRecordDecoder } from './decode';
import type { UsedNames } from './field-names';
import { UTF8_BOM } from './foreign-text';
import {
  byteAt,
  CLOSE_BRACKET,
  COMMA,
  createJsonScan,
  INTEGER,
  type JsonFault,
  NUMBER,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  skipSpace,
  WORD,
} from './json-scan';
import { MAX_RECORD_BYTES } from './limits';
import type { SourceRecord } from './record';
import { createRecordEndFinder } from './record-end';
import type { TextFault, TextFaultKind } from './source-faults';
import { openTextWindow } from './text-window';
import { createValidate } from './validate';

/**
 * Cuts text into records and turns each into an update or a reject. Text comes in pieces that may end
 * anywhere: how it is cut into pieces changes neither records nor faults.
 */
export interface RecordReader {
  /** Takes in one piece and returns the records that are complete by now. */
  read(piece: Uint8Array): SourceRecord[];
  /** Says that the text has ended; returns the last record if only that could complete it. */
  finish(): SourceRecord[];
  /** Says that no more text can be had, and why. */
  abort(kind: TextFaultKind, cause: unknown): void;
  /** Set once something is wrong: nothing after it is looked at. */
  readonly fault: TextFault | undefined;
  readonly usedNames: UsedNames;
  readonly recordCount: number;
  /** Offset in the text right after the last record. */
  readonly byteOffset: number;
}

export interface RecordReaderOptions {
  readonly format: 'json-array' | 'ndjson';
  /** Where in the whole text the first piece begins. */
  readonly offset: number;
}

/** What the reader looks for next. In NDJSON that is a `value` throughout. */
type Place = 'opening' | 'value-or-end' | 'value' | 'separator' | 'nothing';

export function createRecordReader({ format, offset }: RecordReaderOptions): RecordReader {
  const isArray = format === 'json-array';
  const window = openTextWindow(offset);
  const scan = createJsonScan();
  const endFinder = createRecordEndFinder();
  const validate = createValidate();
  const decoder = createRecordDecoder();
  let place: Place = isArray ? 'opening' : 'value';
  let fault: TextFault | undefined;
  let recordCount = 0;
  let byteOffset = offset;
  /** Where in the window the last record ended. */
  let lastEnd = 0;
  /** How many bytes of a record that is not complete yet the end finder has seen. */
  let seen = 0;
  /** Where in the text a number or word ended that was a record: the next record must not touch it. */
  let bareEnd = -1;

  function fail(kind: TextFaultKind, at: number, expected?: string): -1 {
    const found = at < window.end ? byteAt(window.bytes, at) : undefined;
    fault = {
      kind,
      record: recordCount,
      byteOffset: window.offset + at,
      found,
      ...(expected && { expected }),
    };
    return -1;
  }

  /** @param from Where the record begins: the limit on its length comes before any other fault in it. */
  function failScan(from: number, found: Exclude<JsonFault, { kind: 'ended' }>): -1 {
    const seenTo = found.kind === 'utf8' ? found.seenTo : found.at;
    if (seenTo - from >= MAX_RECORD_BYTES) return fail('long', from);
    return fail(found.kind, found.at, found.kind === 'syntax' ? found.expected : undefined);
  }

  /** @returns The position after the record, or -1 if it is not complete or broken. */
  function takeRecord(
    bytes: Buffer,
    from: number,
    end: number,
    isLast: boolean,
    records: SourceRecord[],
  ): number {
    if (seen > 0 && !isLast && end - from <= MAX_RECORD_BYTES) {
      const isComplete = endFinder.find(bytes, from + seen, end);
      seen = end - from;
      if (!isComplete) return -1;
    }
    const recordEnd = decoder.decode(scan, from);
    const { kind } = decoder.raw;
    const isNumber = kind === INTEGER || kind === NUMBER;
    // Whether a number ends here shows only by what comes next, which in an array is never the end.
    const mayGoOn = isNumber && recordEnd === end && (isArray || !isLast);
    if (recordEnd < 0 ? scan.fault.kind === 'ended' : mayGoOn) {
      if (end - from > MAX_RECORD_BYTES) return fail('long', from);
      if (isLast) return fail('cut', end);
      if (seen === 0) {
        endFinder.reset();
        endFinder.find(bytes, from, end);
        seen = end - from;
      }
      return -1;
    }
    if (recordEnd < 0) return scan.fault.kind === 'ended' ? -1 : failScan(from, scan.fault);
    if (recordEnd - from > MAX_RECORD_BYTES) return fail('long', from);
    records.push(validate(bytes, decoder.raw, recordCount));
    recordCount++;
    lastEnd = recordEnd;
    bareEnd = isNumber || kind === WORD ? window.offset + recordEnd : -1;
    seen = 0;
    return recordEnd;
  }

  /** Reads on in an array up to where a record must begin. @returns That position, or -1 on a fault. */
  function passPunctuation(at: number): number {
    const byte = byteAt(window.bytes, at);
    switch (place) {
      case 'opening':
        if (byte !== OPEN_BRACKET) return fail('syntax', at, '"["');
        place = 'value-or-end';
        return at + 1;
      case 'separator':
        if (byte === COMMA) place = 'value';
        else if (byte === CLOSE_BRACKET) place = 'nothing';
        else return fail('syntax', at, '"," or "]"');
        return at + 1;
      case 'value-or-end':
        if (byte === CLOSE_BRACKET) {
          place = 'nothing';
          return at + 1;
        }
        place = 'value';
        return at;
      case 'nothing':
        return fail('trailing', at);
      case 'value':
        return at;
    }
  }

  function readOn(isLast: boolean): SourceRecord[] {
    const records: SourceRecord[] = [];
    if (fault !== undefined) return records;
    const { bytes, end } = window;
    scan.bytes = bytes;
    scan.end = end;
    let at = window.start;
    for (;;) {
      at = skipSpace(bytes, at);
      if (at >= end) {
        if (isLast && isArray && place !== 'nothing') fail('cut', at);
        break;
      }
      if (bytes[at] === UTF8_BOM[0]) {
        const markLength = matchMark(bytes, at, end);
        if (markLength === UTF8_BOM.length) {
          fail('mark', at);
          break;
        }
        // What it is shows when the rest of it is there.
        if (at + markLength === end && !isLast) break;
      }
      let next: number;
      if (place !== 'value') {
        next = passPunctuation(at);
      } else if (bareEnd >= 0 && window.offset + at === bareEnd && !mayTouch(byteAt(bytes, at))) {
        next = fail('syntax', at, 'a new line');
      } else {
        next = takeRecord(bytes, at, end, isLast, records);
        if (next >= 0 && isArray) place = 'separator';
      }
      if (next < 0) break;
      at = next;
    }
    if (records.length > 0) byteOffset = window.offset + lastEnd;
    window.dropBefore(at);
    return records;
  }

  return {
    read(piece) {
      window.append(piece);
      return readOn(false);
    },
    finish() {
      return readOn(true);
    },
    abort(kind, cause) {
      fault ??= { kind, record: recordCount, byteOffset: window.offset + window.end, cause };
    },
    get fault() {
      return fault;
    },
    usedNames: decoder.usedNames,
    get recordCount() {
      return recordCount;
    },
    get byteOffset() {
      return byteOffset;
    },
  };
}

/** @returns How many bytes from `at` on are the first ones of a byte order mark. */
function matchMark(bytes: Uint8Array, at: number, end: number): number {
  let length = 0;
  while (length < UTF8_BOM.length && at + length < end && bytes[at + length] === UTF8_BOM[length]) length++;
  return length;
}

function mayTouch(byte: number): boolean {
  return byte === QUOTE || byte === OPEN_BRACE || byte === OPEN_BRACKET;
}
