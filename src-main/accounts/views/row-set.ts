import type { Moment } from '../../../src-shared/run-clock';
import { type Sql, sql } from './sql-pieces';

/** Where a row is in one sort order. */
export interface Place {
  /** The number of its part of the order: see `RowSet.parts`. */
  readonly part: number;
  /** The sort keys, each in the database's own text. */
  readonly keys: readonly string[];
}

export interface Beside {
  /** Begin beside this place; null: at the edge. */
  readonly place: Place | null;
  /** Whether the row at that very place belongs to it. */
  readonly inclusive: boolean;
  /** Towards the start instead of the end; the rows then come in that order. */
  readonly backward: boolean;
}

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
  /** `FROM` of the walk: one relation, under the alias below. */
  readonly from: Sql;
  readonly alias: 'a' | 'u' | 's' | 'e' | 'r' | 'j';
  /** What the index serves: bounds of the walk. */
  readonly range: readonly Sql[];
  /** Joins that look up one row `u` for each row walked. */
  readonly lookup?: string;
  /** What is asked of each row walked. None: every row matches. */
  readonly filter: readonly Sql[];
  /** In place of `from` and `range`: the sort keys of at most `limit` rows beside a place, in the direction of the walk. */
  readonly list?: (beside: Beside, limit: number) => readonly (readonly string[])[];
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
  readonly total?: () => Promise<number>;
  /**
   * Finds the place at a fraction between 0 and 1 of the whole, where the keys tell positions by themselves; null if
   * there is none. Left out: it is found in a sample.
   */
  readonly land?: (fraction: number) => Promise<Place | null>;
  /** What is needed of each row of the window. */
  readonly columns: string;
  /** More of it, fetched for the window's rows only: a select list over `win`, and its joins. */
  readonly select?: string;
  readonly joins?: string;
  /** SQL over a row of the window: its size in bytes, where rows may be so large that a window of them is cut. */
  readonly bytes?: string;
  readonly toRow: (raw: RawRow, moment: MomentOf) => Row;
}

export interface AllRows {
  /** Its size on disk tells what a count costs. */
  readonly relation: 'accounts' | 'account_updates' | 'runs' | 'rejects';
  readonly from: Sql;
  readonly where: readonly Sql[];
  /** The number of the part that a row is in, as SQL. Left out: 0. */
  readonly part?: string;
  /** Few in all: never sampled. */
  readonly few?: boolean;
  /** Each row needs a look-up in another table: large tables are never counted. */
  readonly needsLookUps?: boolean;
}

/** All that an index gives in a range, without a filter. */
export function indexRows(
  relation: AllRows['relation'],
  alias: Part['alias'],
  range: readonly Sql[],
): Pick<RowSet<never>, 'parts' | 'all'> {
  const from = sql(`${relation} AS ${alias}`);
  return {
    parts: [{ number: 0, alias, from, range, filter: [] }],
    all: { relation, from, where: range },
  };
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
