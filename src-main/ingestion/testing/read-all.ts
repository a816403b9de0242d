import type { SourceRecord } from '../record';
import { createRecordReader } from '../record-reader';
import type { TextFault } from '../source-faults';

export type Format = 'json-array' | 'ndjson';

export interface Outcome {
  records: SourceRecord[];
  fault: TextFault | undefined;
  fieldMap: string;
  byteOffset: number;
}

export function readAll(format: Format, pieces: readonly Uint8Array[], skipBrokenLines = false): Outcome {
  const reader = createRecordReader({ format, offset: 0, skipBrokenLines });
  const records: SourceRecord[] = [];
  for (const piece of pieces) records.push(...reader.read(piece));
  records.push(...reader.finish());
  return {
    records,
    fault: reader.fault,
    fieldMap: reader.usedNames.describe(),
    byteOffset: reader.byteOffset,
  };
}

export const readText = (format: Format, text: string): Outcome => readAll(format, [Buffer.from(text)]);

/** A record with this many levels of objects and arrays, itself included. */
export const deepRecord = (levels: number): string =>
  `{"data":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
