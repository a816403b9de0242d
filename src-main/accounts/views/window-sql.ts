import { textArray } from '../../database/array-literal';
import type { SqlValue, Statement } from '../../database/database';
import {
  type Binder,
  type Conditions,
  createBinder,
  type Part,
  type Place,
  type RowSet,
  type SortKey,
} from './row-set';

export interface Beside {
  /** Begin beside this place; null: at the edge. */
  readonly beside: Place | null;
  /** Whether the row at that very place belongs to it. */
  readonly inclusive: boolean;
  /** Towards the start instead of the end; the rows then come in that order. */
  readonly backward: boolean;
}

/** One stretch of an index, or of a list, to be walked in one direction. */
export interface Range {
  readonly part: Part;
  readonly conditions: Conditions;
  readonly beside: Beside;
}

/** A window of large rows ends with the one that goes beyond this; there is always one. */
const WINDOW_BYTES = 4 * 1024 * 1024;

export interface Walk {
  readonly statement: Statement;
  readonly values: readonly SqlValue[];
  /** The row at this place, counted from 1, is the last one walked, whether or not it matches; null: the walk goes to the end. */
  readonly lastPlace: number | null;
}

/**
 * The statement that walks one range for at most `scan` rows, and gives the first `limit` of those that match. So what
 * it reads is bounded, whatever the filter lets through. It also gives the last row walked: from there the search
 * goes on.
 */
export function walkStatement<Row>(
  rows: RowSet<Row>,
  { part, conditions, beside }: Range,
  limit: number,
  scan: number,
): Walk {
  const binder = createBinder();
  const { bind } = binder;
  const keys = directed(rows.keys, beside.backward);
  const names = keys.map((_, index) => `key_${index}`);
  const filter = part.filter(bind);
  // A row of a list has left it at most a moment ago.
  const most = filter.length === 0 ? limit : part.list ? Math.min(scan, 2 * limit) : scan;

  let walked: string;
  let lastPlace: number | null = filter.length === 0 ? null : most;
  if (part.list) {
    const { beside: place, inclusive, backward } = beside;
    const listed = part.list({ keys: place?.keys ?? null, inclusive, backward, limit: most });
    if (listed.length < most) lastPlace = null;
    const columns = keys.map((_, at) => `${bind(textArray(listed.map((row) => row[at] ?? '')))}::text[]`);
    walked = `SELECT * FROM unnest(${columns.join(', ')}) WITH ORDINALITY AS p (${names.join(', ')}, place)`;
  } else {
    const where = [...part.range(bind), ...conditions(bind)];
    walked = `SELECT w.*, row_number() OVER () AS place FROM (
        SELECT ${part.alias}.*, ${keys.map(({ expression }, at) => `${expression} AS ${names[at]}`).join(', ')}
        FROM ${part.from(bind)}
        ${whereOf(where)}
        ORDER BY ${keys.map(({ expression, direction }) => `${expression} ${direction}`).join(', ')}
        LIMIT ${most}
      ) AS w`;
  }
  const alias = part.alias;
  const keyColumns = names.map((name) => `${alias}.${name}`).join(', ');
  const matches = filter.length === 0 ? 'true' : `(${filter.join(' AND ')})`;
  const wanted = lastPlace === null ? matches : `${matches} OR ${alias}.place = ${lastPlace}`;
  const window = `
    SELECT ${rows.columns}, ${keyColumns}, ${alias}.place, ${matches} AS matches
    FROM (${walked}) AS ${alias}
    ${part.lookup ?? ''}
    WHERE ${wanted}
    LIMIT ${bind(limit)}`;
  // One row after the other: a sum over all of them would print what does not fit as well.
  const cut =
    rows.bytes === undefined
      ? window
      : `WITH RECURSIVE
        sized AS MATERIALIZED (${window}),
        weighed (place, bytes) AS (
          SELECT place, ${rows.bytes}::int8 FROM sized WHERE place = 1
          UNION ALL
          SELECT sized.place, weighed.bytes + ${rows.bytes}
          FROM weighed JOIN sized ON sized.place = weighed.place + 1
          WHERE weighed.bytes < ${WINDOW_BYTES})
        SELECT *, (SELECT count(*) FROM sized) AS found FROM sized
        WHERE place <= (SELECT max(place) FROM weighed)`;
  const text = `
    SELECT ${rows.select}, win.place::int4, win.matches, ${names.map((name) => `win.${name}::text`).join(', ')}
      ${rows.bytes === undefined ? '' : ', win.found'}
    FROM (${cut}) AS win
    ${rows.joins ?? ''}
    ORDER BY win.place`;
  return { statement: { name: rows.name, deadline: 'read', text }, values: binder.values, lastPlace };
}

export const whereOf = (conditions: readonly string[]) =>
  conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';

/** What lies beside a place, range after range. */
export function rangesBeside<Row>(rows: RowSet<Row>, beside: Beside): readonly Range[] {
  const parts = beside.backward ? rows.parts.toReversed() : rows.parts;
  const place = beside.beside;
  if (place === null) return parts.map((part) => ({ part, conditions: () => [], beside }));
  const own = (part: Part) => part.number === place.part;
  const [first, last] = [parts.findIndex(own), parts.findLastIndex(own)];
  return parts.slice(Math.max(first, 0)).flatMap((part, at): Range[] => {
    if (first + at > last) return [{ part, conditions: () => [], beside: { ...beside, beside: null } }];
    if (part.list) return [{ part, conditions: () => [], beside }];
    const keys = directed(rows.keys, beside.backward);
    return keyRanges(keys, place.keys, beside.inclusive).map((conditions) => ({ part, conditions, beside }));
  });
}

/**
 * Rows after `values` in the order of `keys`, as index ranges in that order. Keys of one direction make
 * one row comparison; each change of direction makes one range more:
 * `(a, b asc), (c desc)` is `(a, b) = … AND c < …`, then `(a, b) > …`.
 */
function keyRanges(
  keys: readonly SortKey[],
  values: readonly string[],
  inclusive: boolean,
): readonly Conditions[] {
  const groups: SortKey[][] = [];
  for (const key of keys) {
    const last = groups.at(-1);
    if (last && last[0]?.direction === key.direction) last.push(key);
    else groups.push([key]);
  }
  const compare = (bind: Binder['bind'], group: readonly SortKey[], operator: string) => {
    const bound = group.map((key) => `${bind(values[keys.indexOf(key)] ?? '')}::${key.type}`);
    return `(${group.map(({ expression }) => expression).join(', ')}) ${operator} (${bound.join(', ')})`;
  };
  return groups
    .map((group, depth): Conditions => {
      const operator = group[0]?.direction === 'asc' ? '>' : '<';
      const last = depth === groups.length - 1;
      return (bind) => [
        ...groups.slice(0, depth).map((outer) => compare(bind, outer, '=')),
        compare(bind, group, last && inclusive ? `${operator}=` : operator),
      ];
    })
    .reverse();
}

function directed(keys: readonly SortKey[], backward: boolean): readonly SortKey[] {
  if (!backward) return keys;
  return keys.map((key) => ({ ...key, direction: key.direction === 'asc' ? 'desc' : 'asc' }));
}
