import { IngotError } from '../../../src-shared/errors';
import { UTF8_BOM } from '../foreign-text';
import { MAX_RECORD_BYTES } from '../limits';
import { createDocumentReader } from '../mapped/document-reader';
import { mappingOf } from '../mapped/find-format';
import { createMapper } from '../mapped/record-mapper';
import type { SlotDeath, SourceRecord } from '../record';
import { createRecordReader } from '../record-reader';
import type { LiveReading } from '../to-update';
import type { LiveMessage } from './live-source';

/** Reads lines of a text that is still being written: half a line waits for its end. A broken line is rejected, the next one is read. */
export interface LineReader {
  /** @returns What the lines say that are complete now. */
  read(piece: Uint8Array): LiveMessage[];
  /** The text has ended: what still waits is a line too. */
  finish(): LiveMessage[];
  /** LiveReading can begin again at this byte: nothing is read twice or left out. */
  readonly offset: number;
  /** Of the half line that waits. */
  readonly waitingBytes: number;
}

const LINE_FEED = 0x0a;
const LINE_END = Buffer.from([LINE_FEED]);
/** In place of a byte order mark: the place of each byte stays what it is. */
const SPACES = Buffer.from('   ');

/**
 * Ingot's own updates, or what the mapping of `reading` makes of lines.
 * @param from the byte in the text at which it begins.
 * @throws IngotError `invalid_input` if the mapping is not one of lines.
 */
export function createLineReader(from: number, reading: LiveReading): LineReader {
  const deaths: SlotDeath[] = [];
  const reader = openReader(from, reading, (death) => deaths.push(death));
  let offset = from;
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let isAtStart = from === 0;

  const deathsBefore = (record: number): LiveMessage[] => {
    const alive = deaths.findIndex(({ after }) => after > record);
    const before = deaths.splice(0, alive < 0 ? deaths.length : alive);
    return before.map(({ slot }) => ({ kind: 'slot', slot, status: 'dead' }));
  };
  const toMessages = (records: readonly SourceRecord[]): LiveMessage[] => [
    ...records.flatMap((record): LiveMessage[] => [
      ...deathsBefore(record.record),
      { kind: 'record', record },
    ]),
    ...deathsBefore(Number.POSITIVE_INFINITY),
    ...reader.takeSkipped().map((what) => ({ kind: 'skipped', what }) as const),
  ];

  function take(piece: Uint8Array): LiveMessage[] {
    const whole = waiting.length === 0 ? piece : Buffer.concat([...waiting, piece]);
    waiting = [];
    waitingBytes = 0;
    const hasMark = isAtStart && UTF8_BOM.every((byte, index) => whole[index] === byte);
    isAtStart = false;
    const text = hasMark ? Buffer.concat([SPACES, whole.subarray(SPACES.length)]) : whole;
    return toMessages(reader.read(text));
  }

  return {
    read(piece) {
      const end = piece.lastIndexOf(LINE_FEED) + 1;
      const messages = end > 0 ? take(piece.subarray(0, end)) : [];
      if (end > 0) offset = reader.byteOffset;
      const rest = piece.subarray(end);
      // So long a line is broken. It is read until it ends, but not held.
      if (waitingBytes + rest.length > MAX_RECORD_BYTES)
        for (const message of take(rest)) messages.push(message);
      else if (rest.length > 0) {
        waiting.push(Buffer.from(rest));
        waitingBytes += rest.length;
      }
      return messages;
    },
    finish() {
      const messages = [...take(Buffer.alloc(0)), ...toMessages(reader.finish())];
      offset = reader.byteOffset;
      return messages;
    },
    get offset() {
      return offset;
    },
    get waitingBytes() {
      return waitingBytes;
    },
  };
}

/** Reads texts of a line or more that are whole: what is broken in one does not reach into the next one. */
export function createTextReader(reading: LiveReading): (text: Uint8Array) => LiveMessage[] {
  let lines = createLineReader(0, reading);
  let read = 0;
  return (text) => {
    let end = text.length;
    while (end > 0 && (text[end - 1] ?? 0) <= 0x20) end--;
    const messages = lines.read(Buffer.concat([text.subarray(0, end), LINE_END]));
    if (lines.offset < read + end) {
      for (const message of lines.finish()) messages.push(message);
      lines = createLineReader(0, reading);
      read = 0;
    } else read += end + LINE_END.length;
    return messages;
  };
}

function openReader(offset: number, reading: LiveReading, onDeath: (death: SlotDeath) => void) {
  if (reading.mapping === null) {
    const reader = createRecordReader({ format: 'ndjson', offset, skipBrokenLines: true });
    return Object.assign(reader, { takeSkipped: (): string[] => [] });
  }
  const mapping = mappingOf(reading.mapping);
  if (mapping.container !== 'json') {
    throw new IngotError(
      'invalid_input',
      `${mapping.title || mapping.name} is not a format of lines of JSON.`,
      {
        hint: 'Ingest such a file once it is whole.',
      },
    );
  }
  const mapper = createMapper(mapping, reading, reading.decode ?? (() => null));
  const { aroundPaths } = mapper;
  const options = { mapping, isArray: false, skipBrokenLines: true, offset, mapper, aroundPaths, onDeath };
  const taken = new Map<string, number>();
  return Object.assign(createDocumentReader(options), {
    takeSkipped: (): string[] =>
      mapper.skipped.flatMap(({ name, records }) => {
        const fresh = records - (taken.get(name) ?? 0);
        taken.set(name, records);
        return Array.from({ length: fresh }, () => name);
      }),
  });
}
