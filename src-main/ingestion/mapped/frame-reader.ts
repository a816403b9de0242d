import type { Reading, Skipped } from '../../../src-shared/mapping';
import { MAX_MAPPED_BYTES } from '../limits';
import type { LiveMessage } from '../live/live-source';
import type { SourceRecord } from '../record';
import type { TextFault, TextFaultKind } from '../source-faults';
import { openTextWindow } from '../text-window';
import { toUpdate } from '../to-update';

/** Where a message begins and ends; null: more bytes are needed; undefined: there is none. */
export function frameAt(
  bytes: Uint8Array,
  at: number,
  end: number,
): { from: number; to: number } | null | undefined {
  let length = 0;
  for (let index = 0; index < 5; index++) {
    if (at + index >= end) return null;
    const byte = bytes[at + index] ?? 0;
    length += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) {
      const from = at + index + 1;
      if (length > MAX_MAPPED_BYTES) return undefined;
      return from + length <= end ? { from, to: from + length } : null;
    }
  }
  return undefined;
}

/** Reads messages, each after its length as a varint, as `writeDelimitedTo` of protobuf writes them. */
export function createFrameReader(
  decode: (bytes: Uint8Array) => LiveMessage,
  reading: Reading,
  offset: number,
) {
  const window = openTextWindow(offset);
  const counts = new Map<string, number>();
  let fault: TextFault | undefined;
  let recordCount = 0;
  let byteOffset = offset;

  function readOn(isLast: boolean): SourceRecord[] {
    const records: SourceRecord[] = [];
    let at = window.start;
    while (at < window.end && fault === undefined) {
      const frame = frameAt(window.bytes, at, window.end);
      if (frame === null && !isLast) break;
      if (!frame) {
        const kind = frame === null ? 'cut' : 'message';
        fault = { kind, record: recordCount, byteOffset: window.offset + at };
        break;
      }
      // Copied: a message keeps parts of its bytes, and the window is written over.
      const bytes = Buffer.from(window.bytes.subarray(frame.from, frame.to));
      let message: LiveMessage;
      try {
        message = decode(bytes);
      } catch (cause) {
        fault = { kind: 'message', record: recordCount, byteOffset: window.offset + at, cause };
        break;
      }
      if (message.kind === 'account') {
        const made = toUpdate(message.account, reading);
        const record = recordCount++;
        const excerpt = () => JSON.stringify({ id: message.kind === 'account' ? message.account.id : '' });
        records.push(made.kind === 'reject' ? { record, ...made, excerpt: excerpt() } : { record, ...made });
      } else {
        const what = message.kind === 'skipped' ? message.what : message.kind;
        counts.set(what, (counts.get(what) ?? 0) + 1);
      }
      at = frame.to;
      byteOffset = window.offset + at;
    }
    window.dropBefore(at);
    return records;
  }

  return {
    read(piece: Uint8Array): SourceRecord[] {
      window.append(piece);
      return readOn(false);
    },
    finish: () => readOn(true),
    abort(kind: TextFaultKind, cause: unknown): void {
      fault ??= { kind, record: recordCount, byteOffset, cause };
    },
    get fault() {
      return fault;
    },
    get byteOffset() {
      return byteOffset;
    },
    get skipped(): readonly Skipped[] {
      return [...counts].map(([name, records]) => ({ name, records }));
    },
  };
}
