import type { Moment } from '../../../src-shared/run-clock';
import type { Queryable, SqlValue } from '../../database/database';
import { updateByNumber } from '../sql/update-by-number';
import type { Total } from './estimates';

/** Where a row stands in one sort order. */
export interface Place {
  /** The number of its part of the order: see `RowSet.parts`. */
  readonly part: number;
  /** The sort keys, each in the database's own text. */
  readonly keys: readonly string[];
}

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
  readonly type: 'text' | 'numeric' | 'int8';
  readonly direction: 'asc' | 'desc';
}

/** A stretch of the order that is walked along one index, or along a list in memory. */
export interface Part {
  /** The same in every request: cursors have it. */
  readonly number: number;
  /** `FROM` of the walk: one relation, which is called by the first letter of its alias below. */
  readonly from: (bind: Binder['bind']) => string;
  readonly alias: 'a' | 'u' | 's' | 'e' | 'r' | 'j';
  /** What the index serves: bounds of the walk. */
  readonly range: Conditions;
  /** Joins that look up one row `u` for each row walked. */
  readonly lookup?: string;
  /** What is asked of each row walked. None: every row matches. */
  readonly filter: Conditions;
  /** In place of `from` and `range`: the sort keys of the rows, of which the last is the number of an update. */
  readonly list?: (after: ListPlace) => readonly (readonly string[])[];
}

/** The rows beside a place, at most `limit`, in the direction of the walk. */
export interface ListPlace {
  readonly keys: readonly string[] | null;
  readonly inclusive: boolean;
  readonly backward: boolean;
  readonly limit: number;
}

/**
 * A set of rows in one total order, as SQL: what a keyset window is cut from. All sort keys together must be unique within a part.
 */
export interface RowSet<Row> {
  /** Name of the statement, for errors and measurements. */
  readonly name: string;
  /** Names the order: a cursor of another order is refused. */
  readonly order: string;
  /** One after the other they are the order. */
  readonly parts: readonly Part[];
  readonly keys: readonly SortKey[];
  /** The same rows in no order: to count and to sample. */
  readonly all: AllRows;
  /** How many there are, where that is known without a look at them. */
  readonly total?: (db: Queryable) => Promise<Total>;
  /**
   * Finds the place at a fraction of the whole, where the keys tell positions by themselves; null if there
   * is none. Left out: by anchors out of a sample.
   */
  readonly land?: (db: Queryable, fraction: number) => Promise<Place | null>;
  /** Columns that `select` needs of each row of the window. */
  readonly columns: string;
  /** The rest of the row, fetched for the window's rows only: a select list over `win`, and its joins. */
  readonly select: string;
  readonly joins?: string;
  /** SQL over a row of the window: its size in bytes, where rows may be so large that a window of them is cut. */
  readonly bytes?: string;
  readonly toRow: (raw: RawRow, moment: MomentOf) => Row;
}

export interface AllRows {
  /** Its size on disk tells how dear a count is. */
  readonly relation: 'accounts' | 'account_updates' | 'runs' | 'rejects';
  readonly from: (bind: Binder['bind'], sample: string) => string;
  readonly where: Conditions;
  /** The number of the part that a row is in, as SQL. Left out: 0. */
  readonly part?: string;
  /** Few in all: never sampled. */
  readonly few?: boolean;
  /** A look-up in another table for each row: never counted in the background. */
  readonly dear?: boolean;
}

/** The instant in the column `at`, on the clock of the run in the column `run`. Neither is null. */
export type MomentOf = (raw: RawRow, run: string, at: string) => Moment;

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

/** The update with the number `seq`, an SQL expression, as `alias`: joined to what is before it. */
export const joinUpdate = (seq: string, alias: string) =>
  `LEFT JOIN LATERAL ${updateByNumber(seq)} AS ${alias} ON true`;
