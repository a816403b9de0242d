/**
 * The seam between Ingot and Postgres. Both implementations pass one conformance suite: PGlite in a worker thread (`pglite.ts`)
 * and a Postgres server (`postgres.ts`). Statements are written once.
 */

/** Arrays are Postgres array literals in one string: see `array-literal.ts`. */
export type SqlValue = string | number | boolean | null;

/**
 * How long a statement may take before the database counts as hung (`DEADLINES` in `watchdog.ts`): `read` returns a page or a
 * figure, `write` stores a batch, `maintenance` reads or writes everything, `conversion` rewrites it.
 */
export type DeadlineClass = 'read' | 'write' | 'maintenance' | 'conversion';

/**
 * A named statement. The name is for errors, logs and metrics. Use few different texts: the embedded database keeps them
 * prepared.
 */
export interface Statement {
  readonly name: string;
  readonly deadline: DeadlineClass;
  readonly text: string;
}

export interface QueryResult<Row> {
  readonly rows: readonly Row[];
  readonly affectedRows: number;
}

export interface Queryable {
  /**
   * Runs one statement.
   *
   * Column values come back as: int2, int4, float4, float8 and oid as `number`; bool as `boolean`; NULL as `null`; every other
   * type (text, numeric, int8, json, jsonb, timestamptz, arrays, ...) as `string` in Postgres' text format. Nothing is rounded.
   *
   * `affectedRows` counts rows inserted, updated, deleted or merged by the statement itself, not inside its WITH; reading changes
   * none. The session is in UTC, its search path is one schema: `ingot`, or that of `setSchema`.
   *
   * @throws IngotError `database_error` with SQLSTATE and the statement's name, never its values; `disk_full` for SQLSTATE 53100
   * and for every later call; `database_unavailable` once the database is closed or gone.
   */
  query<Row>(statement: Statement, values?: readonly SqlValue[]): Promise<QueryResult<Row>>;
  /**
   * Runs one `COPY … FROM STDIN (FORMAT binary)`; `rows` come from `createCopyRows` and belong to the database from then on.
   * Three times as fast as arrays. Returns the number of rows.
   *
   * @throws IngotError as `query` does; then no row is kept.
   */
  copy(statement: Statement, rows: Uint8Array<ArrayBuffer>): Promise<number>;
  /**
   * Runs several statements without values; outside a transaction, in one of its own. The default deadline is that of
   * maintenance.
   */
  executeScript(name: string, sql: string, deadline?: DeadlineClass): Promise<void>;
}

/** What a data directory has acknowledged, stored outside Postgres' files. The next start compares it with what is there. */
export interface HighWaterMark {
  /**
   * Notes what the database holds now. A few milliseconds and two disk writes: call it at most once a second while writing, and
   * at the end. Never rejects.
   * @param nowMs whole milliseconds since 1970; default: the time of the last note.
   */
  note(nowMs?: number): Promise<void>;
}

export interface Database extends Queryable {
  /** `pglite` (embedded) or `postgres` (a server). */
  readonly kind: 'pglite' | 'postgres';
  /** For a person: a directory, `memory`, or the server's address without its password. */
  readonly location: string;
  /** Only for a data directory whose schema is up to date. */
  readonly highWater?: HighWaterMark;
  /**
   * Runs `work` in one transaction: commits when it resolves, rolls back when it rejects, and rejects with the same error. Also
   * rejects if a statement failed and `work` ignored that.
   *
   * Not nestable. Statements outside it wait or use another connection: on PGlite, a `work` that awaits the database instead of
   * its `tx` waits forever.
   */
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>;
  /**
   * From now on every statement, on any connection, sees this schema and no other. It need not exist yet. Call it while nothing
   * else is sent.
   * @param schema lower-case letters, digits and underscores.
   */
  setSchema(schema: string): Promise<void>;
  /** Waits for running statements, then closes. Idempotent. */
  close(): Promise<void>;
}
