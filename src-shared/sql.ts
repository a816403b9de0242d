import { z } from 'zod';

/** SQL over a copy of the database. */

export const LONGEST_QUERY = 100_000;
export const SQL_LIMITS = { rows: 1_000, mostRows: 100_000, seconds: 30, mostSeconds: 600 } as const;

export const sqlQuerySchema = z.strictObject({
  // Postgres knows no text with this character.
  text: z
    .string()
    .min(1)
    .max(LONGEST_QUERY)
    .regex(/^[^\0]*$/, 'has a character that no query can have'),
  /** The most rows that are read. */
  limit: z.int().min(1).max(SQL_LIMITS.mostRows).default(SQL_LIMITS.rows),
  /** In seconds: then the query is ended. */
  timeout: z.int().min(1).max(SQL_LIMITS.mostSeconds).default(SQL_LIMITS.seconds),
});
export type SqlQuery = z.infer<typeof sqlQuerySchema>;

export const sqlResultRefSchema = z.strictObject({ resultId: z.uuid() });
export const sqlRowsQuerySchema = sqlResultRefSchema.extend({
  from: z.int().min(0),
  limit: z.int().min(1).max(500),
});

export interface SqlColumn {
  readonly name: string;
  /** As Postgres writes it, such as `bigint`. */
  readonly type: string;
}

/** In Postgres' text format: exact, whatever the type. */
export type SqlRow = readonly (string | null)[];

/** What ended a result before its last row. */
export type SqlCut = 'rows' | 'bytes';

/** The copy that queries read. */
export interface SqlCopy {
  /** All that happened up to this place in the one order is in it. */
  readonly asOfSeq: string;
  readonly madeAtMs: number;
  readonly sizeBytes: number;
  readonly tookMs: number;
}

export interface SqlStatus {
  /** Null: the next query makes one. */
  readonly copy: SqlCopy | null;
  readonly isCopying: boolean;
  readonly isRunning: boolean;
  /** What a new copy takes on the disk, and in time, which is an estimate. */
  readonly newCopy: { readonly sizeBytes: number; readonly freeBytes: number; readonly expectedMs: number };
}

export interface SqlResult {
  readonly resultId: string;
  readonly columns: readonly SqlColumn[];
  readonly rowCount: number;
  /** Null: these are all rows. */
  readonly cut: SqlCut | null;
  readonly tookMs: number;
  readonly copy: SqlCopy;
}

/** Some rows of a result, as many as fit into an answer. */
export interface SqlRows {
  readonly from: number;
  readonly rows: readonly SqlRow[];
}

export interface SqlTable {
  readonly name: string;
  readonly columns: readonly SqlColumn[];
  /** An estimate; null: Postgres has not counted yet. */
  readonly rows: number | null;
}
