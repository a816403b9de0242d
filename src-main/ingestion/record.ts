import type { Compression, SourceFormat } from '../../src-shared/contract';
import type { IdlFile, Skipped, SourceReading } from '../../src-shared/mapping';
import type { EpochMs, U64Text, Update } from '../../src-shared/update';
import type { SourceIdentity } from './source-identity';

/** A valid update, or a reject with its reason. */
export type SourceRecord =
  | NumberedRecord
  | (Recorded & { readonly record: number; readonly kind: 'unnumbered'; readonly update: UnnumberedUpdate });

interface Recorded {
  /** When it arrived at a program that recorded it, in milliseconds since 1970; absent: the source does not say. */
  readonly arrivalMs?: EpochMs;
}

/** An update whose source gives no write version: it gets its version in the transaction that stores it (rule 9 of the law). */
export interface UnnumberedUpdate extends Omit<Update, 'version'> {
  /** Null: the source has no slots either. */
  readonly slot: U64Text | null;
}

export type NumberedRecord =
  | (Recorded & { readonly record: number; readonly kind: 'update'; readonly update: Update })
  | {
      readonly record: number;
      readonly kind: 'reject';
      /** The invalid field by its canonical name; `record` for the whole. */
      readonly field: string;
      /** `field: what is wrong`. */
      readonly reason: string;
      /** The record's text, cut at 512 characters, for a person. */
      readonly excerpt: string;
    };

/** What a source says between its records: the chain gave up this slot. */
export interface SlotDeath extends Recorded {
  readonly slot: U64Text;
  /** Records of the source before it. */
  readonly after: number;
}

export interface SourceProgress {
  /** As stored (compressed, if the source is). */
  readonly bytesRead: number;
  /**
   * Records in the source, estimated from those handed out so far: exact once all is read. Null without a size, and before the
   * first record.
   */
  readonly expectedRecords: number | null;
  /** In the decompressed text, right after the last record handed out. */
  readonly byteOffset: number;
}

/** An open source and its records, in chunks as they are read. */
export interface RecordSource {
  /** The file's base name, `stdin`, or the upload's name. */
  readonly name: string;
  /** As stored; null if unknown. */
  readonly bytesTotal: number | null;
  readonly format: SourceFormat;
  readonly compression: Compression;
  /** How it is read, as far as its beginning tells; null: it holds Ingot's own updates. */
  readonly reading: SourceReading | null;
  /** What was no account update so far. */
  readonly skipped: readonly Skipped[];
  /** What its accounts are decoded by, beside what ships with Ingot. */
  readonly idls: readonly IdlFile[];
  /** The field names that its records have used so far: see `UsedNames.describe`. */
  readonly fieldMap: string;
  /** Remarks on the source for a person, in sentences that name it. None is a fault. */
  readonly notes: readonly string[];
  /**
   * Records in source order, index from 0, one chunk per piece; memory is bounded by a chunk and the longest allowed record. Can
   * be iterated once.
   * @throws IngotError `source_broken` after everything before the fault has been handed out.
   */
  chunks(): AsyncIterable<readonly SourceRecord[]>;
  /** `tell` is called for each slot that dies, before the records that follow it are returned. An error that it throws ends the reading. */
  onDeath(tell: (death: SlotDeath) => void): void;
  /** Identifies the source when its run is resumed. Only while it is open. */
  identify(): Promise<SourceIdentity>;
  progress(): SourceProgress;
  /** Stops reading and closes the file. Idempotent. */
  close(): Promise<void>;
}
