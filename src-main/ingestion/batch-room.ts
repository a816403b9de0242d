import type { SourceRecord } from './record';

/**
 * Limit for the characters of data in one batch; only the record that crosses it may exceed it. One record can have twice as
 * many. A larger batch gains nothing: the database needs half a second for this one, and several times its memory.
 */
export const MOST_DATA_AT_ONCE = 8 * 1024 * 1024;

/** Counts records into a batch until it is full, by number or by data. */
export interface BatchRoom {
  isFull(): boolean;
  add(record: SourceRecord): void;
}

export function createBatchRoom(mostRecords: number, mostData = MOST_DATA_AT_ONCE): BatchRoom {
  let records = 0;
  let data = 0;
  return {
    isFull: () => records >= mostRecords || data >= mostData,
    add(record) {
      records += 1;
      data += dataLength(record);
    },
  };
}

/** In characters; only the parts that can be large. */
export function dataLength(record: SourceRecord): number {
  if (record.kind === 'reject') return record.excerpt.length;
  const { data, decoded = '' } = record.update;
  return data.length + decoded.length;
}
