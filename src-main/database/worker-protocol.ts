import type { Fault } from './faults';
import type { ThreadWork } from './thread-watch';

/**
 * What the engine's thread and the database thread say to each other. Types only. What the
 * worker imports of ours is bundled into its file: that and PGlite are all it needs outside an archive.
 */

export interface WorkerSettings {
  /** Postgres' own directory, absolute; null keeps everything in memory. */
  readonly directory: string | null;
  /** The gzipped tar that a new database is unpacked from; made by initdb where it is null or not there. */
  readonly newDatabase: string | null;
  /** Where it is taken down what opening changes, so that it can be put back; null: nothing is worth it. */
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
  /** `rows` are handed over, not copied. */
  | {
      readonly id: number;
      readonly kind: 'copy';
      readonly text: string;
      readonly rows: Uint8Array<ArrayBuffer>;
    }
  | { readonly id: number; readonly kind: 'script'; readonly text: string }
  /** What opening has changed may stay. Without it, closing puts everything back. */
  | { readonly id: number; readonly kind: 'accept' }
  | { readonly id: number; readonly kind: 'close' }
) & {
  /** The trace that it belongs to, if somebody follows it: then the reply says when it was done. */
  readonly traceparent?: string;
};

/** A failed statement, without anything that could hold a bound value but `message`: see `sql-error.ts`. */
export interface SqlFailure {
  /** Five characters; null if the failure is not Postgres' own. */
  readonly sqlstate: string | null;
  /** The fault of the surroundings that led to it, if there was one. */
  readonly fault?: Fault | null;
  readonly message: string;
}

export interface WorkerResult {
  /** First word of the command tag, such as `SELECT`; empty if there is none. */
  readonly command: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
  readonly affectedRows: number;
}

/** `work` if the request came with a `traceparent`. */
export type WorkerAnswer = (
  | { readonly kind: 'done'; readonly id: number; readonly result: WorkerResult }
  | { readonly kind: 'failed'; readonly id: number; readonly failure: SqlFailure }
) & { readonly work?: ThreadWork };

export interface FailedOpening {
  readonly reasons: readonly string[];
  /** Whether they are Postgres' own words, not PGlite's. */
  readonly saidByPostgres: boolean;
  readonly fault: Fault | null;
  /** Whether the directory is what it was before. */
  readonly leftAsItWas: boolean;
}

export type WorkerReply =
  | ({ readonly kind: 'open-failed' } & FailedOpening)
  /** No room, or no directory any more: said at once, since the statement under way may spin and never be answered. */
  | { readonly kind: 'fault'; readonly fault: Fault }
  | WorkerAnswer;
