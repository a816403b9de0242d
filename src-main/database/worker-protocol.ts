import type { Fault } from './faults';
import type { ThreadWork } from './thread-watch';

/**
 * The messages between the engine's thread and the database thread. Types only: the worker's bundle and PGlite are all that is
 * needed outside an archive.
 */

export interface WorkerSettings {
  /** Postgres' own directory, absolute; null keeps everything in memory. */
  readonly directory: string | null;
  /** The gzipped tar for a new database; if null or missing, initdb creates one. */
  readonly newDatabase: string | null;
  /** Where the opening journal is written; null: none. */
  readonly undoFolder: string | null;
}

export type WorkerRequest = (
  | /** The first of all: answered once the database is open, or by `open-failed`. */
  { readonly id: number; readonly kind: 'open' }
  | {
      readonly id: number;
      readonly kind: 'query';
      readonly text: string;
      readonly values: readonly (string | null)[];
    }
  /** `rows` are transferred, not copied. */
  | {
      readonly id: number;
      readonly kind: 'copy';
      readonly text: string;
      readonly rows: Uint8Array<ArrayBuffer>;
    }
  | { readonly id: number; readonly kind: 'script'; readonly text: string }
  /** Keeps what opening has changed. Without it, closing undoes it. */
  | { readonly id: number; readonly kind: 'accept' }
  | { readonly id: number; readonly kind: 'close' }
) & {
  /** The trace context, if the request is traced: the reply then has the times. */
  readonly traceparent?: string;
};

/** A failed statement. Only `message` could contain a bound value: see `sql-error.ts`. */
export interface SqlFailure {
  /** Null if the failure is not Postgres' own. */
  readonly sqlstate: string | null;
  /** The system fault that caused it, if any. */
  readonly fault?: Fault | null;
  readonly message: string;
}

export interface WorkerResult {
  /** First word of the command tag, such as `SELECT`; may be empty. */
  readonly command: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
  readonly affectedRows: number;
}

/** `work` if the request had a `traceparent`. */
export type WorkerAnswer = (
  | { readonly kind: 'done'; readonly id: number; readonly result: WorkerResult }
  | { readonly kind: 'failed'; readonly id: number; readonly failure: SqlFailure }
) & { readonly work?: ThreadWork };

export interface FailedOpening {
  readonly reasons: readonly string[];
  /** Whether the message is from Postgres, not from PGlite. */
  readonly saidByPostgres: boolean;
  readonly fault: Fault | null;
  /** Whether the directory is unchanged. */
  readonly leftAsItWas: boolean;
}

export type WorkerReply =
  | ({ readonly kind: 'open-failed' } & FailedOpening)
  /** Disk full, or directory gone: sent at once, because the current statement may hang and never be answered. */
  | { readonly kind: 'fault'; readonly fault: Fault }
  | WorkerAnswer;
