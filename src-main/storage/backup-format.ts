import { z } from 'zod';
import type { BackupInfo } from '../../src-shared/views';

/**
 * A backup is one gzip file of JSON lines, whatever database it came from:
 *
 *   {"format":"ingot backup","version":1,…,"rows":{"accounts":2,…}}   the header, with the numbers of rows
 *   {"table":"accounts","columns":["id",…]}                           the rows of this table follow
 *   ["gkDF8QaR","mint","5",…]                                         one row: Postgres' text format, or null
 *   {"end":true,"rows":{…},"sha256":"…"}                              over all lines before, line feeds included
 *
 * Postgres' text format is exact for numeric, jsonb and timestamptz, and stays readable for later versions. The columns are those
 * of schema version `schemaVersion`.
 */
export const BACKUP_FORMAT = 'ingot backup';
export const BACKUP_VERSION = 1;

export interface BackupTable {
  readonly name:
    | 'runs'
    | 'accounts'
    | 'account_updates'
    | 'settled_callbacks'
    | 'dead_slots'
    | 'retractions'
    | 'rejects'
    | 'slot_coverage'
    | 'retention'
    | 'targets'
    | 'deliveries';
  /** Every column with its type, in the order of a row's values. */
  readonly columns: Readonly<Record<string, string>>;
  /** The indexed columns that order the rows for reading. */
  readonly key: readonly string[];
  /** The columns whose values may be large: their lengths are read before their values. */
  readonly large?: readonly string[];
}

export const BACKUP_TABLES: readonly BackupTable[] = [
  {
    name: 'runs',
    columns: {
      id: 'int8',
      source: 'text',
      settings: 'jsonb',
      state: 'text',
      failure: 'text',
      checkpoint: 'jsonb',
      counts: 'jsonb',
      started_at: 'timestamptz',
      ended_at: 'timestamptz',
      origin: 'text',
      source_identity: 'jsonb',
      field_map: 'text',
      clock: 'jsonb',
      attempts: 'jsonb',
      timeline: 'jsonb',
      delivers_from: 'int8',
      removed: 'jsonb',
    },
    key: ['id'],
  },
  {
    name: 'accounts',
    columns: {
      id: 'text',
      account_type: 'text',
      tokens: 'numeric',
      slot: 'numeric',
      version: 'numeric',
      update_seq: 'int8',
      created_seq: 'int8',
      callback_run_id: 'int8',
      due_ms: 'int8',
      data_length: 'int4',
    },
    key: ['id'],
  },
  {
    name: 'account_updates',
    columns: {
      seq: 'int8',
      run_id: 'int8',
      record_index: 'int8',
      position: 'int8',
      callback_time_ms: 'int8',
      at_ms: 'int8',
      due_ms: 'int8',
      account_id: 'text',
      slot: 'numeric',
      version: 'numeric',
      account_type: 'text',
      tokens: 'numeric',
      data: 'jsonb',
      cancels_slot: 'numeric',
      cancels_version: 'numeric',
      decoded: 'jsonb',
    },
    large: ['data', 'decoded'],
    key: ['seq'],
  },
  {
    name: 'settled_callbacks',
    columns: {
      seq: 'int8',
      update_seq: 'int8',
      run_id: 'int8',
      at_ms: 'int8',
      account_id: 'text',
      how: 'text',
    },
    key: ['seq'],
  },
  {
    name: 'dead_slots',
    columns: { slot: 'numeric', seq: 'int8', run_id: 'int8', at_ms: 'int8' },
    key: ['slot'],
  },
  {
    name: 'retractions',
    columns: {
      seq: 'int8',
      run_id: 'int8',
      at_ms: 'int8',
      account_id: 'text',
      update_seq: 'int8',
      back_seq: 'int8',
    },
    key: ['seq'],
  },
  {
    name: 'rejects',
    columns: {
      run_id: 'int8',
      record_index: 'int8',
      field: 'text',
      reason: 'text',
      excerpt: 'text',
      position: 'int8',
      at_ms: 'int8',
    },
    key: ['run_id', 'record_index'],
  },
  {
    name: 'slot_coverage',
    columns: {
      run_id: 'int8',
      number: 'int4',
      kind: 'text',
      from_slot: 'numeric',
      to_slot: 'numeric',
      from_ms: 'int8',
      to_ms: 'int8',
      reason: 'text',
    },
    key: ['run_id', 'number'],
  },
  {
    name: 'retention',
    columns: {
      is_only: 'bool',
      age_ms: 'int8',
      size_bytes: 'int8',
      floor_seq: 'int8',
      floor_run_id: 'int8',
      floor_at_ms: 'int8',
      floor_slot: 'numeric',
      floor_version: 'numeric',
      size_after: 'int8',
    },
    key: ['is_only'],
  },
  {
    name: 'targets',
    columns: {
      id: 'uuid',
      name: 'text',
      settings: 'jsonb',
      armed: 'bool',
      disarmed_because: 'text',
      armed_in: 'text',
      cursor_seq: 'int8',
      delivered: 'int8',
      last_error: 'text',
    },
    key: ['id'],
  },
  {
    name: 'deliveries',
    columns: {
      target_id: 'uuid',
      seq: 'int8',
      state: 'text',
      attempts: 'int4',
      first_at: 'timestamptz',
      last_at: 'timestamptz',
      next_at: 'timestamptz',
      answer: 'text',
      error: 'text',
    },
    key: ['target_id', 'seq'],
  },
];

const rowsSchema = z.record(z.string(), z.int().min(0));
export const backupHeaderSchema = z.object({
  format: z.literal(BACKUP_FORMAT),
  version: z.int().min(1),
  schemaVersion: z.int().min(1),
  madeAtMs: z.int(),
  reason: z.enum(['asked', 'before reset', 'before restore']),
  rows: rowsSchema,
});
export type BackupHeader = z.infer<typeof backupHeaderSchema>;
export const tableLineSchema = z.object({ table: z.string(), columns: z.array(z.string()) });
export const rowLineSchema = z.array(z.string().nullable());
export const trailerSchema = z.object({ end: z.literal(true), rows: rowsSchema, sha256: z.string() });

/** Limit for the characters in a page that is read or a statement that restores rows; only the row that crosses it may exceed it. */
export const MOST_DATA_AT_ONCE = 8 * 1024 * 1024;

export type BackupReason = BackupInfo['reason'];
export type BackupRow = readonly (string | null)[];
export const sumOf = (rows: Readonly<Record<string, number>>): number =>
  Object.values(rows).reduce((sum, count) => sum + count, 0);
