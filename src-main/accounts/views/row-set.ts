import type { Queryable, SqlValue } from '../../database/database';
import type { Place } from './cursor';

/** Gives out `$1`, `$2`, … for the values of one statement. */
export interface Binder {
  bind(value: SqlValue): string;
  readonly values: readonly SqlValue[];
}

export function createBinder(): Binder {
  const values: SqlValue[] = [];
  return { values, bind: (value) => `$${values.push(value)}` };
}

/** Gives the conditions that must all hold; they bind their values as they are built. */
export type Conditions = (bind: Binder['bind']) => readonly string[];

/** One column of a sort order. Never NULL. */
export interface SortKey {
  readonly expression: string;
  readonly type: 'text' | 'numeric' | 'int8' | 'timestamptz';
  readonly direction: 'asc' | 'desc';
  /**
   * Of an only key: what always has its value, in the table that is joined. It is bounded as well, or a merge join reads
   * that table from its beginning.
   */
  readonly twin?: string;
}

/**
 * A set of rows in one total order, as SQL: what a keyset window is cut from. The last sort key, or all
 * of them together, must be unique within a part.
 */
export interface RowSet<Row> {
  /** Name of the statement, for errors and measurements. */
  readonly name: string;
  /** Names the order: a cursor of another order is refused. */
  readonly order: string;
  readonly from: (sample: string) => string;
  /** The same rows out of fewer tables, where neither `where` nor `keys` ask the others for anything: to count and to sample. */
  readonly narrowed?: (sample: string) => string;
  /** The relation that `from` reads first: its size on disk tells how dear a count is. */
  readonly relation: 'accounts' | 'account_updates' | 'settled_callbacks' | 'runs' | 'rejects';
  readonly where: Conditions;
  readonly keys: readonly SortKey[];
  /**
   * For an order that no index holds as a whole: parts, each of them held by one, one after the other.
   * Left out: one part.
   */
  readonly parts?: {
    readonly conditions: readonly Conditions[];
    /** SQL for the number of the part that a row of `from` is in. */
    readonly expression: string;
  };
  /**
   * Finds the row at a fraction of the whole, where the keys tell positions by themselves; null if there
   * is none. Left out: by anchors out of a sample.
   */
  readonly land?: (db: Queryable, fraction: number) => Promise<Omit<Place, 'index'> | null>;
  /** Columns of `from` that `select` needs of each row of the window. */
  readonly columns: string;
  /** The rest of the row, fetched for the window's rows only: a select list over `win`, and its joins. */
  readonly select: string;
  readonly joins?: string;
  /** SQL over a row of the window: its size in bytes, where rows may be so large that a window of them is cut. */
  readonly bytes?: string;
  readonly toRow: (raw: RawRow) => Row;
}

/** A row as the database gives it: see `Queryable.query` for what becomes of which type. */
export type RawRow = Readonly<Record<string, string | number | boolean | null>>;

/** Reads columns by name and type: a missing or mistyped one is a fault of the statement. */
export function textOf(raw: RawRow, column: string): string {
  const value = raw[column];
  if (typeof value !== 'string') throw new TypeError(`column ${column} must be text`);
  return value;
}

export function nullableTextOf(raw: RawRow, column: string): string | null {
  return raw[column] === null ? null : textOf(raw, column);
}

/** For int8 columns whose values stay below 2^53: counts, indexes, milliseconds. */
export function countOf(raw: RawRow, column: string): number {
  const value = raw[column];
  return typeof value === 'number' ? value : Number(textOf(raw, column));
}
