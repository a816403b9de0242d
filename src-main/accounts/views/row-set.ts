import type { Moment } from '../../../src-shared/run-clock';
import { type Sql, sql } from './sql-pieces';

/** A row's position in one sort order. */
export interface Place {
  /** See `RowSet.parts`. */
  readonly part: number;
  /** The sort keys in the database's text format. */
  readonly keys: readonly string[];
}

export interface Beside {
  /** Null: at the edge. */
  readonly place: Place | null;
  /** Whether the row at that place is included. */
  readonly inclusive: boolean;
  /** Towards the start; the rows then come in that order. */
  readonly backward: boolean;
}

/** One column of a sort order. Never NULL. */
export interface SortKey {
  readonly expression: string;
  readonly type: 'text' | 'numeric' | 'int8';
  readonly direction: 'asc' | 'desc';
}

/** A stretch of the order, read along one index or along a list in memory. */
export interface Part {
  /** The same in every request, because cursors contain it. */
  readonly number: number;
  /** `FROM` of the walk: one relation, under the alias below. */
  readonly from: Sql;
  readonly alias: 'a' | 'u' | 's' | 'e' | 'r' | 'j' | 'c';
  /** Bounds of the walk that the index serves. */
  readonly range: readonly Sql[];
  /** Joins that look up one row `u` per row. */
  readonly lookup?: string;
  /** Conditions on each row; none: every row matches. */
  readonly filter: readonly Sql[];
  /** Of a list: few of its rows may match. */
  readonly isRare?: boolean;
  /** Instead of `from` and `range`: the sort keys of at most `limit` rows beside a place, in the direction of the walk. */
  readonly list?: (beside: Beside, limit: number) => Promise<readonly (readonly string[])[]>;
}

/** A set of rows in one total order, as SQL; keyset windows are cut from it. Within a part, all sort keys together must be unique. */
export interface RowSet<Row> {
  /** For errors and measurements. */
  readonly name: string;
  /** The value of `AS_OF`; null: as of now. */
  readonly asOf: string | null;
  /** A cursor of another order is refused. */
  readonly order: string;
  /** One after the other they make up the order. */
  readonly parts: readonly Part[];
  readonly keys: readonly SortKey[];
  /** The same rows in no order: to count and to sample. */
  readonly all: AllRows;
  /** The total, if it is known without reading them. */
  readonly total?: () => Promise<number>;
  /** The place at a fraction between 0 and 1, where the keys tell positions; null if there is none. Omitted: a sample finds it. */
  readonly land?: (fraction: number) => Promise<Place | null>;
  /** The most rows that one statement reads. Set where a filter looks into each row's data; omitted: no lower limit than for others. */
  readonly scanRows?: number;
  readonly columns: string;
  /** Further columns, fetched only for the window's rows: a select list over `win`, and its joins. */
  readonly select?: string;
  readonly joins?: string;
  /** SQL for a row's size in bytes, if rows may be so large that a window is cut. */
  readonly bytes?: string;
  readonly toRow: (raw: RawRow, moment: MomentOf) => Row;
}

export interface AllRows {
  /** Its size on disk tells what a count costs. */
  readonly relation: 'accounts' | 'account_updates' | 'runs' | 'rejects' | 'slot_coverage' | 'deliveries';
  readonly from: Sql;
  readonly where: readonly Sql[];
  /** SQL for the number of a row's part. Omitted: 0. */
  readonly part?: string;
  /** Each of them stands for this many; omitted: one. */
  readonly standsFor?: number;
  /** Few in all: never sampled. */
  readonly few?: boolean;
  /** How often each row is looked up in other tables. Then large tables are never counted, and the more, the smaller is a sample. */
  readonly lookUps?: number;
}

/** All rows of an index range, without a filter. */
export function indexRows(
  relation: AllRows['relation'],
  alias: Part['alias'],
  range: readonly Sql[],
): Pick<RowSet<never>, 'parts' | 'all' | 'asOf'> {
  const from = sql(`${relation} AS ${alias}`);
  return {
    asOf: null,
    parts: [{ number: 0, alias, from, range, filter: [] }],
    all: { relation, from, where: range },
  };
}

/** The instant in the column `at`, on the clock of the run in the column `run`. Neither is null. */
export type MomentOf = (raw: RawRow, run: string, at: string) => Moment;

/** A row from the database: see `Queryable.query` for the types. */
export type RawRow = Readonly<Record<string, string | number | boolean | null>>;

/** A missing or mistyped column is a bug in the statement. */
export function textOf(raw: RawRow, column: string): string {
  const value = raw[column];
  if (typeof value !== 'string') throw new TypeError(`column ${column} must be text`);
  return value;
}

export function nullableTextOf(raw: RawRow, column: string): string | null {
  return raw[column] === null ? null : textOf(raw, column);
}

/** For int8 columns with values below 2^53: counts, indexes, milliseconds. */
export function countOf(raw: RawRow, column: string): number {
  const value = raw[column];
  return typeof value === 'number' ? value : Number(textOf(raw, column));
}
