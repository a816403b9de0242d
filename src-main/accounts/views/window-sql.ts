import type { SqlValue, Statement } from '../../database/database';
import type { Place } from './cursor';
import { type Binder, type Conditions, createBinder, type RowSet, type SortKey } from './row-set';

export interface Stretch {
  /** Begin beside this place; null: at the edge. */
  readonly beside: Omit<Place, 'index'> | null;
  /** Whether the row at that very place belongs to the stretch. */
  readonly inclusive: boolean;
  /** Towards the start instead of the end; the rows then come in that order. */
  readonly backward: boolean;
  readonly limit: number;
}

/** A window of large rows ends with the one that goes beyond this; there is always one. */
const WINDOW_BYTES = 4 * 1024 * 1024;

export interface BoundStatement {
  readonly statement: Statement;
  readonly values: readonly SqlValue[];
}

/**
 * The statement for one stretch of a row set. Where the order is one index range it is one; where keys
 * run in different directions, or the order has parts, it is a union of ranges, each with its own limit.
 * Measured on a million rows: at most 1 ms at any depth, where OFFSET takes 160 ms at the end.
 */
export function windowStatement<Row>(rows: RowSet<Row>, stretch: Stretch): BoundStatement {
  const binder = createBinder();
  const keys = stretch.backward ? rows.keys.map(reverse) : rows.keys;
  const keyColumns = keys.map((key, index) => `${key.expression} AS key_${index}`).join(', ');
  const inner = keys.map((_, index) => `key_${index}`);
  const orderBy = keys.map((key, index) => `${inner[index]} ${key.direction}`).join(', ');
  const limit = binder.bind(stretch.limit);
  const filter = rows.where(binder.bind);

  const ranges = rangesOf(rows, keys, stretch, binder);
  const selects = ranges.map(({ part, conditions }, index) => {
    const where = [...filter, ...conditions];
    return `SELECT ${rows.columns}, ${keyColumns}, ${part}::int4 AS part, ${index}::int4 AS range
      FROM ${rows.from('')}
      ${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''}
      ORDER BY ${keys.map((key) => `${key.expression} ${key.direction}`).join(', ')}
      LIMIT ${limit}`;
  });
  const window =
    selects.length === 1
      ? selects[0]
      : `SELECT * FROM (${selects.map((select) => `(${select})`).join(' UNION ALL ')}) AS ranges
      ORDER BY range, ${orderBy}
      LIMIT ${limit}`;
  const inOrder = `range, ${orderBy}`;
  // One row after the other: a sum over all of them would print what does not fit as well.
  const cut =
    rows.bytes === undefined
      ? window
      : `WITH RECURSIVE
        sized AS MATERIALIZED (SELECT *, row_number() OVER (ORDER BY ${inOrder}) AS place FROM (${window}) AS found),
        weighed (place, bytes) AS (
          SELECT place, ${rows.bytes}::int8 FROM sized WHERE place = 1
          UNION ALL
          SELECT sized.place, weighed.bytes + ${rows.bytes}
          FROM weighed JOIN sized ON sized.place = weighed.place + 1
          WHERE weighed.bytes < ${WINDOW_BYTES})
        SELECT *, (SELECT count(*) FROM sized) AS found FROM sized
        WHERE place <= (SELECT max(place) FROM weighed)`;
  const text = `
    SELECT ${rows.select}, win.part, ${inner.map((key) => `win.${key}::text`).join(', ')}
      ${rows.bytes === undefined ? '' : ', win.found'}
    FROM (${cut}) AS win
    ${rows.joins ?? ''}
    ORDER BY win.range, ${keys.map((key, index) => `win.${inner[index]} ${key.direction}`).join(', ')}`;
  return { statement: { name: rows.name, deadline: 'read', text }, values: binder.values };
}

interface Range {
  readonly part: number;
  readonly conditions: readonly string[];
}

function rangesOf<Row>(
  rows: RowSet<Row>,
  keys: readonly SortKey[],
  { beside, inclusive, backward }: Stretch,
  { bind }: Binder,
): readonly Range[] {
  const parts: readonly Conditions[] = rows.parts?.conditions ?? [() => []];
  const order = [...parts.keys()];
  if (backward) order.reverse();
  const ranges: Range[] = [];
  for (const part of order) {
    const conditions = parts[part]?.(bind) ?? [];
    if (beside === null) ranges.push({ part, conditions });
    else if (part === beside.part) {
      for (const range of rangesBeside(keys, beside.keys, inclusive, bind)) {
        ranges.push({ part, conditions: [...conditions, ...range] });
      }
    } else if (backward ? part < beside.part : part > beside.part) ranges.push({ part, conditions });
  }
  return ranges;
}

/**
 * Rows after `values` in the order of `keys`, as index ranges in that order. Keys of one direction make
 * one row comparison; each change of direction makes one range more:
 * `(a, b asc), (c desc)` is `(a, b) = … AND c < …`, then `(a, b) > …`.
 */
function rangesBeside(
  keys: readonly SortKey[],
  values: readonly string[],
  inclusive: boolean,
  bind: Binder['bind'],
): readonly (readonly string[])[] {
  const bound = keys.map((key, index) => `${bind(values[index] ?? '')}::${key.type}`);
  const twins = keys.flatMap((key, index) => {
    if (key.twin === undefined) return [];
    const operator = `${key.direction === 'asc' ? '>' : '<'}${inclusive ? '=' : ''}`;
    return [compare([key.twin], operator, [bound[index] ?? ''])];
  });
  const groups: { readonly keys: string[]; readonly values: string[]; readonly direction: string }[] = [];
  keys.forEach((key, index) => {
    const last = groups.at(-1);
    const value = bound[index] ?? '';
    if (last && last.direction === key.direction) {
      last.keys.push(key.expression);
      last.values.push(value);
    } else groups.push({ keys: [key.expression], values: [value], direction: key.direction });
  });
  return groups
    .map((group, depth) => {
      const equal = groups.slice(0, depth).map((outer) => compare(outer.keys, '=', outer.values));
      const operator = group.direction === 'asc' ? '>' : '<';
      const last = depth === groups.length - 1;
      const beside = compare(group.keys, last && inclusive ? `${operator}=` : operator, group.values);
      return [...equal, beside, ...twins];
    })
    .reverse();
}

function compare(keys: readonly string[], operator: string, values: readonly string[]): string {
  return `(${keys.join(', ')}) ${operator} (${values.join(', ')})`;
}

function reverse(key: SortKey): SortKey {
  return { ...key, direction: key.direction === 'asc' ? 'desc' : 'asc' };
}
