import { textArray } from '../../database/array-literal';
import type { SqlValue, Statement } from '../../database/database';
import type { Beside, Part, RowSet, SortKey } from './row-set';
import { allOf, createBinder, type Sql, sql } from './sql-pieces';

/** A stretch of an index, or of a list, with a direction. */
export interface Range {
  readonly part: Part;
  readonly where: readonly Sql[];
  readonly beside: Beside;
}

/** A window of large rows ends with the one that crosses this; there is always one. */
const WINDOW_BYTES = 4 * 1024 * 1024;

export interface Walk {
  readonly statement: Statement;
  readonly values: readonly SqlValue[];
  /** The row at this place, from 1, is the last one read, matching or not; null: up to the end. */
  readonly lastPlace: number | null;
}

/**
 * Reads at most `scan` rows of one range and returns the first `limit` matches, so the cost is bounded whatever the filter. It
 * also returns the last row read: the search continues from there.
 *
 * @param block How many large rows are weighed together: weighing them one by one is quadratic in their number.
 */
export async function walkStatement<Row>(
  rows: RowSet<Row>,
  { part, where, beside }: Range,
  limit: number,
  scan: number,
  block = 1,
): Promise<Walk> {
  const { put, values } = createBinder(rows.asOf);
  const { alias } = part;
  const keys = directed(rows.keys, beside.backward);
  const names = keys.map((_, index) => `key_${index}`);
  const isFiltered = part.filter.length > 0;
  const matches = `(${put(allOf(part.filter))})`;
  // A row of a list may have left it a moment ago.
  const most = isFiltered ? (part.list && !part.isRare ? Math.min(scan, 2 * limit) : scan) : limit;

  let walked: string;
  let lastPlace = isFiltered ? most : null;
  if (part.list) {
    const listed = await part.list(beside, most);
    if (listed.length < most) lastPlace = null;
    const columns = keys.map((_, at) => put(sql('?::text[]', textArray(listed.map((row) => row[at] ?? '')))));
    walked = `SELECT * FROM unnest(${columns.join(', ')}) WITH ORDINALITY AS p (${names.join(', ')}, place)`;
  } else {
    walked = `SELECT w.*, row_number() OVER () AS place FROM (
        SELECT ${alias}.*, ${keys.map(({ expression }, at) => `${expression} AS ${names[at]}`).join(', ')}
        FROM ${put(part.from)}
        WHERE ${put(allOf(where))}
        ORDER BY ${keys.map(({ expression, direction }) => `${expression} ${direction}`).join(', ')}
        LIMIT ${most}
      ) AS w`;
  }
  const window = `
    SELECT ${rows.columns}, ${names.map((name) => `${alias}.${name}`).join(', ')}, ${alias}.place, ${matches} AS matches
    FROM (${walked}) AS ${alias}
    ${part.lookup ?? ''}
    WHERE ${matches} ${lastPlace === null ? '' : `OR ${alias}.place = ${lastPlace}`}
    LIMIT ${limit}`;
  // Block by block: a sum over all rows would also print what does not fit.
  const blockOf = `(nth - 1) / ${block}`;
  const cut = `WITH RECURSIVE
    sized AS MATERIALIZED (SELECT w.*, row_number() OVER (ORDER BY place) AS nth FROM (${window}) AS w),
    weighed (block, bytes) AS (
      SELECT 0::int8, 0::int8
      UNION ALL
      SELECT weighed.block + 1, weighed.bytes + own.bytes
      FROM weighed
      CROSS JOIN LATERAL (SELECT sum(${rows.bytes})::int8 AS bytes FROM sized WHERE ${blockOf} = weighed.block) AS own
      WHERE weighed.bytes < ${WINDOW_BYTES} AND own.bytes IS NOT NULL)
    SELECT *, (SELECT count(*) FROM sized) AS found FROM sized
    WHERE ${blockOf} < (SELECT max(block) FROM weighed)`;
  const text = `
    SELECT ${['win.*', rows.select ?? []].flat().join(', ')}
    FROM (${rows.bytes === undefined ? window : cut}) AS win
    ${rows.joins ?? ''}
    ORDER BY win.place`;
  return { statement: { name: rows.name, deadline: 'read', text }, values, lastPlace };
}

/** What is beside a place, range by range. */
export function rangesBeside<Row>(rows: RowSet<Row>, beside: Beside): readonly Range[] {
  const parts = beside.backward ? rows.parts.toReversed() : rows.parts;
  const { place } = beside;
  const own = (part: Part) => part.number === place?.part;
  const [first, last] = [parts.findIndex(own), parts.findLastIndex(own)];
  return parts.flatMap((part, at): readonly Range[] => {
    if (at < first) return [];
    if (!place || at > last) return [{ part, where: part.range, beside: { ...beside, place: null } }];
    if (part.list) return [{ part, where: [], beside }];
    const keys = directed(rows.keys, beside.backward);
    return keyRanges(keys, place.keys, beside.inclusive).map((stretch) => ({
      part,
      where: [...part.range, ...stretch],
      beside,
    }));
  });
}

/**
 * Rows after `values` in the order of `keys`, as index ranges in that order. Keys of one direction make one row comparison; each
 * change of direction makes another range: `(a, b asc), (c desc)` is `(a, b) = … AND c < …`, then `(a, b) > …`.
 */
function keyRanges(
  keys: readonly SortKey[],
  values: readonly string[],
  inclusive: boolean,
): readonly (readonly Sql[])[] {
  const groups: SortKey[][] = [];
  for (const key of keys) {
    const last = groups.at(-1);
    if (last && last[0]?.direction === key.direction) last.push(key);
    else groups.push([key]);
  }
  const compare = (group: readonly SortKey[], operator: string) =>
    sql(
      `(${group.map(({ expression }) => expression).join(', ')}) ${operator} (${group.map(({ type }) => `?::${type}`).join(', ')})`,
      ...group.map((key) => values[keys.indexOf(key)] ?? ''),
    );
  return groups
    .map((group, depth) => {
      const operator = group[0]?.direction === 'asc' ? '>' : '<';
      const isLast = depth === groups.length - 1;
      return [
        ...groups.slice(0, depth).map((outer) => compare(outer, '=')),
        compare(group, isLast && inclusive ? `${operator}=` : operator),
      ];
    })
    .reverse();
}

function directed(keys: readonly SortKey[], backward: boolean): readonly SortKey[] {
  if (!backward) return keys;
  return keys.map((key) => ({ ...key, direction: key.direction === 'asc' ? 'desc' : 'asc' }));
}
