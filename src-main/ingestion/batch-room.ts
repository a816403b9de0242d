import type { SourceRecord } from './record';

/**
 * Characters of data that are held together at most, in one batch, but for the record that goes over it. One alone
 * may have twice as many. Nothing would be gained by more: the database is at work with it for half a second, and
 * takes several times as much memory to be.
 */
export const MOST_DATA_AT_ONCE = 8 * 1024 * 1024;

/** Counts records into a batch until it is full, by their number or by what they hold. */
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

/** What of a record may be large, in characters. */
export function dataLength(record: SourceRecord): number {
  return record.kind === 'update' ? record.update.data.length : record.excerpt.length;
}
