import type { SqlColumn, SqlCut, SqlRow } from '../../src-shared/sql';

/** The messages between the host's thread and the one that reads a copy. Types only, as in `worker-protocol.ts`. */

export interface ReadingSettings {
  /** The copy's own directory of Postgres. */
  readonly directory: string;
  readonly schema: string;
  /** A query for what the copy is as of. */
  readonly asOf: string;
}

/** One query after the other: the thread gets the next when the last has ended. */
export interface ReadingRequest {
  readonly text: string;
  readonly mostRows: number;
  readonly mostBytes: number;
}

export interface QueryFailure {
  readonly message: string;
  readonly sqlstate: string | null;
  /** Where in the query, in UTF-16 units from 0. */
  readonly offset: number | null;
  readonly hint: string | null;
}

export type ReadingReply =
  | { readonly kind: 'open'; readonly asOf: string }
  | { readonly kind: 'closed'; readonly message: string }
  | { readonly kind: 'columns'; readonly columns: readonly SqlColumn[] }
  | { readonly kind: 'rows'; readonly rows: readonly SqlRow[]; readonly bytes: number }
  | { readonly kind: 'end'; readonly cut: SqlCut | null }
  | { readonly kind: 'failed'; readonly failure: QueryFailure };
