import { createRecordDecoder } from './decode';
import { EXCERPT_READ_BYTES, readExcerpt } from './describe-reject';
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
import { describeBroken, type TextFault, type TextFaultKind } from './source-faults';
import { openTextWindow } from './text-window';
import { createValidate } from './validate';

/**
 * Cuts text into records and turns each into an update or a reject. Pieces may end anywhere; that changes neither records nor
 * faults.
 */
export interface RecordReader {
  /** Takes one piece and returns the records that are now complete. */
  read(piece: Uint8Array): SourceRecord[];
  /** The text has ended; returns the last record if only the end could complete it. */
  finish(): SourceRecord[];
  /** No more text can be read, and why. */
  abort(kind: TextFaultKind, cause: unknown): void;
  /** Set on a fault; nothing after it is read. */
  readonly fault: TextFault | undefined;
  readonly usedNames: UsedNames;
  readonly recordCount: number;
  /** In the text, right after the last record. */
  readonly byteOffset: number;
}

export interface RecordReaderOptions {
  readonly format: 'json-array' | 'ndjson';
  /** Where the first piece begins in the whole text. */
  readonly offset: number;
  /** For NDJSON: reject a broken record and continue after its line. */
  readonly skipBrokenLines?: boolean;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** The next token to expect. In NDJSON always `value`. */
type Place = 'opening' | 'value-or-end' | 'value' | 'separator' | 'nothing';

export function createRecordReader({
  format,
  offset,
  skipBrokenLines = false,
}: RecordReaderOptions): RecordReader {
  const isArray = format === 'json-array';
  const skips = skipBrokenLines && !isArray;
  const window = openTextWindow(offset);
  const scan = createJsonScan();
  const endFinder = createRecordEndFinder();
  const validate = createValidate();
  const decoder = createRecordDecoder();
  let place: Place = isArray ? 'opening' : 'value';
  let fault: TextFault | undefined;
  let recordCount = 0;
  let byteOffset = offset;
  /** Position in the window. */
  let lastEnd = 0;
  /** Bytes of the incomplete record that the end finder has seen. */
  let seen = 0;
  /** Where a number or word ended that was a record: the next record must not touch it. */
  let bareEnd = -1;
  /** The fault in the record at the start of the window, which is to be rejected. */
  let broken: TextFault | undefined;
  /** The line of a rejected record has not ended yet. */
  let isSkipping = false;

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

  /** @param from Start of the record: its length limit takes precedence over any other fault. */
  function failScan(from: number, found: Exclude<JsonFault, { kind: 'ended' }>): -1 {
    const seenTo = found.kind === 'utf8' ? found.seenTo : found.at;
    if (seenTo - from >= MAX_RECORD_BYTES) return fail('long', from);
    return fail(found.kind, found.at, found.kind === 'syntax' ? found.expected : undefined);
  }

  /** @returns The position after the record, or -1 if it is incomplete or broken. */
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
    // A number ends only at the next byte, and in an array one always follows.
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

  /**
   * In an array, moves to where a record must begin.
   * @returns That position, or -1 on a fault.
   */
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

  /**
   * Rejects a broken record, if there is one, and skips the rest of its line.
   * @returns The position to continue at, or -1 if the reject needs more text.
   */
  function passBroken(from: number, isLast: boolean, records: SourceRecord[]): number {
    const { bytes, end } = window;
    const lineEnd = bytes.subarray(0, end).indexOf(LINE_FEED, from);
    const at = lineEnd < 0 ? end : lineEnd;
    if (broken !== undefined) {
      if (lineEnd < 0 && !isLast && end - from <= EXCERPT_READ_BYTES) return -1;
      const shownEnd = bytes[at - 1] === CARRIAGE_RETURN ? at - 1 : at;
      records.push({
        record: recordCount,
        kind: 'reject',
        field: 'record',
        reason: `record: ${describeBroken(broken)}`,
        excerpt: readExcerpt(bytes, from, shownEnd),
      });
      recordCount++;
      lastEnd = at;
      seen = 0;
      bareEnd = -1;
      broken = undefined;
    }
    isSkipping = lineEnd < 0;
    return at;
  }

  function readOn(isLast: boolean): SourceRecord[] {
    const records: SourceRecord[] = [];
    if (fault !== undefined) return records;
    const { bytes, end } = window;
    scan.bytes = bytes;
    scan.end = end;
    let at = window.start;
    if (broken !== undefined || isSkipping) {
      const next = passBroken(at, isLast, records);
      if (next < 0) return records;
      at = next;
    }
    for (;;) {
      at = skipSpace(bytes, at);
      if (at >= end) {
        if (isLast && isArray && place !== 'nothing') fail('cut', at);
        break;
      }
      const markLength = bytes[at] === UTF8_BOM[0] ? matchMark(bytes, at, end) : 0;
      // Wait for its remaining bytes.
      if (markLength > 0 && markLength < UTF8_BOM.length && at + markLength === end && !isLast) break;
      let next: number;
      if (markLength === UTF8_BOM.length) {
        next = fail('mark', at);
      } else if (place !== 'value') {
        next = passPunctuation(at);
      } else if (bareEnd >= 0 && window.offset + at === bareEnd && !mayTouch(byteAt(bytes, at))) {
        next = fail('syntax', at, 'a new line');
      } else {
        next = takeRecord(bytes, at, end, isLast, records);
        if (next >= 0 && isArray) place = 'separator';
      }
      if (next < 0 && skips && fault !== undefined) {
        broken = fault;
        fault = undefined;
        next = passBroken(at, isLast, records);
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

/** @returns How many bytes from `at` are the first ones of a byte order mark. */
function matchMark(bytes: Uint8Array, at: number, end: number): number {
  let length = 0;
  while (length < UTF8_BOM.length && at + length < end && bytes[at + length] === UTF8_BOM[length]) length++;
  return length;
}

function mayTouch(byte: number): boolean {
  return byte === QUOTE || byte === OPEN_BRACE || byte === OPEN_BRACKET;
}
