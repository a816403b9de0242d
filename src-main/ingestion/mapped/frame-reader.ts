import type { Reading, Skipped } from '../../../src-shared/mapping';
import type { Decode } from '../decoding/decoded';
import { frameAt } from '../frame-at';
import type { LiveMessage } from '../live/live-source';
import type { SlotDeath, SourceRecord } from '../record';
import type { TextFault, TextFaultKind } from '../source-faults';
import { openTextWindow } from '../text-window';
import { toUpdate } from '../to-update';

/** Reads messages, each after its length as a varint, as `writeDelimitedTo` of protobuf writes them. */
export function createFrameReader(
  read: (bytes: Uint8Array) => LiveMessage,
  reading: Reading,
  decode: Decode,
  offset: number,
  onDeath: (death: SlotDeath) => void,
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
        message = read(bytes);
      } catch (cause) {
        fault = { kind: 'message', record: recordCount, byteOffset: window.offset + at, cause };
        break;
      }
      if (message.kind === 'account') {
        const made = toUpdate(message.account, reading, decode);
        const record = recordCount++;
        const excerpt = () => JSON.stringify({ id: message.kind === 'account' ? message.account.id : '' });
        records.push(made.kind === 'reject' ? { record, ...made, excerpt: excerpt() } : { record, ...made });
      } else {
        const what = message.kind === 'skipped' ? message.what : message.kind;
        counts.set(what, (counts.get(what) ?? 0) + 1);
        if (message.kind === 'slot' && message.status === 'dead')
          onDeath({ slot: message.slot, after: recordCount });
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
