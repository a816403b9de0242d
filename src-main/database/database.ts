/**
 * The seam between Ingot and Postgres. Two implementations pass one conformance suite: PGlite in a
 * worker thread (`pglite.ts`) and any Postgres server (`postgres.ts`). Statements are written once.
 */

/** What may be bound. Arrays go as Postgres array literals in one string: see `array-literal.ts`. */
export type SqlValue = string | number | boolean | null;

/**
 * How long a statement may take before its database counts as hung (`DEADLINES` in `watchdog.ts`): `read` gives a page
 * or a figure, `write` stores a batch, `maintenance` reads or writes as much as there is, `conversion` rewrites it.
 */
export type DeadlineClass = 'read' | 'write' | 'maintenance' | 'conversion';

/** A named statement. The name is for errors, logs and metrics. Texts are few: the embedded database keeps them prepared. */
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
   * Column values come back as: int2, int4, float4, float8 and oid as `number`; bool as `boolean`; NULL as
   * `null`; every other type (text, numeric, int8, json, jsonb, timestamptz, arrays, ...) as `string` in
   * Postgres' own text. Nothing is lost on the way.
   *
   * `affectedRows` counts rows inserted, updated, deleted or merged by the statement itself, not inside of
   * its WITH; reading changes none. The session is in UTC, its search path is the schema `ingot`.
   *
   * @throws IngotError `database_error` with SQLSTATE and the statement's name, never its values;
   *   `disk_full` for SQLSTATE 53100 and whatever waits behind it; `database_unavailable` once the database is
   *   closed or gone.
   */
  query<Row>(statement: Statement, values?: readonly SqlValue[]): Promise<QueryResult<Row>>;
  /**
   * Runs one statement `COPY … FROM STDIN (FORMAT binary)`; `rows` are those of `createCopyRows`, and belong to the database from
   * then on. Three times as fast as the same rows through arrays. Gives how many rows went in.
   *
   * @throws IngotError as `query` does. Not one of the rows is kept then.
   */
  copy(statement: Statement, rows: Uint8Array<ArrayBuffer>): Promise<number>;
  /**
   * Runs a script of several statements without values, outside of a transaction in one of its own.
   * Under the deadline of maintenance if none is given.
   */
  executeScript(name: string, sql: string, deadline?: DeadlineClass): Promise<void>;
}

/**
 * What a data directory has acknowledged, kept outside of Postgres' files: at the next start it shows whether
 * they came back without some of it.
 */
export interface HighWaterMark {
  /**
   * Notes what the database holds now. A few milliseconds, two writes to the disk: at most once a second
   * while something writes, and at the end. Never rejects.
   * @param nowMs whole milliseconds since 1970; the time of the last note if left out.
   */
  note(nowMs?: number): Promise<void>;
}

export interface Database extends Queryable {
  /** `pglite` (embedded) or `postgres` (a server). */
  readonly kind: 'pglite' | 'postgres';
  /** Where it is, for a person: a directory, `memory`, or the server's address without its password. */
  readonly location: string;
  /** Of a data directory whose schema is up to date; nothing else needs one. */
  readonly highWater?: HighWaterMark;
  /**
   * Runs `work` in one transaction: commits when it resolves, rolls back when it rejects, and rejects
   * with what it rejected with. Rejects as well if a statement failed and `work` passed over it.
   *
   * Not nestable. Statements outside of it wait or use another connection: a `work` that awaits the
   * database itself in place of its `tx` waits for itself, forever, on PGlite.
   */
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>;
  /** Lets the statements in hand end, then closes. Idempotent. */
  close(): Promise<void>;
}
