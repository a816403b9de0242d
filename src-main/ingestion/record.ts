import type { Update } from '../../src-shared/update';
import type { SourceIdentity } from './source-identity';

/** What one record of the source turned out to be: a valid update, or a reject with its reason. */
export type SourceRecord =
  | { readonly record: number; readonly kind: 'update'; readonly update: Update }
  | {
      readonly record: number;
      readonly kind: 'reject';
      /** The field that is wrong, by its canonical name; `record` if the whole is. */
      readonly field: string;
      /** `field: what is wrong`. */
      readonly reason: string;
      /** The record's own text, cut at 512 characters, for a person to look at. */
      readonly excerpt: string;
    };

export interface SourceProgress {
  /** Bytes read as stored (compressed, if the source is). */
  readonly bytesRead: number;
  /**
   * Records in the source, by those handed out from what is read: exact once all is read. Null without a size, and
   * before the first record.
   */
  readonly expectedRecords: number | null;
  /** Offset in the decompressed text right after the last record handed out. */
  readonly byteOffset: number;
}

/** An opened source: what it is, and its records in order, in chunks as they are read. */
export interface RecordSource {
  /** The file's base name, `stdin`, or the upload's name. */
  readonly name: string;
  /** Size as stored; null if it cannot be known. */
  readonly bytesTotal: number | null;
  readonly format: 'json-array' | 'ndjson';
  readonly compression: 'gzip' | 'none';
  /** The names of fields that its records had so far: see `UsedNames.describe`. */
  readonly fieldMap: string;
  /** What a person should know of it as far as it was read, in sentences that name it. None is a fault. */
  readonly notes: readonly string[];
  /**
   * Records in source order, index from 0, a chunk for each piece read; memory is bounded by a chunk
   * and the longest allowed record. Can be iterated once.
   * @throws IngotError `source_broken` after everything before the fault has been handed out.
   */
  chunks(): AsyncIterable<readonly SourceRecord[]>;
  /** By what it is known again when its run is resumed. Only while it is open. */
  identify(): Promise<SourceIdentity>;
  progress(): SourceProgress;
  /** Stops reading and lets go of the file. Idempotent. */
  close(): Promise<void>;
}
