import { textArray } from '../../database/array-literal';
import type { Queryable, SqlValue, Statement } from '../../database/database';
import { updateByNumber } from '../../storage/update-by-number';

/** A piece of a statement, with a `?` for each value that it binds. */
export interface Sql {
  readonly text: string;
  readonly values: readonly SqlValue[];
}

export const sql = (text: string, ...values: readonly SqlValue[]): Sql => ({ text, values });

/** In a statement as of an earlier instant: the number that rows are read up to. See `createBinder`. */
export const AS_OF = '$1::int8';

/** Of the rows numbered by `seq` those that were there; null: as of now. */
export const upTo = (seq: string, asOf: string | null): readonly Sql[] =>
  asOf === null ? [] : [sql(`${seq} <= ${AS_OF}`)];

/** Joins pieces into one statement and numbers their values. `AS_OF` is the first one, unless it is null. */
export function createBinder(asOf: string | null = null) {
  const values: SqlValue[] = asOf === null ? [] : [asOf];
  const put = (piece: Sql): string => {
    const own = piece.values.values();
    return piece.text.replace(/\?/g, () => `$${values.push(own.next().value ?? null)}`);
  };
  return { values, put };
}

export const allOf = (conditions: readonly Sql[]): Sql =>
  sql(
    conditions.map(({ text }) => text).join(' AND ') || 'true',
    ...conditions.flatMap(({ values }) => values),
  );

/** The update with the number `seq`, an SQL expression, as `alias`: joined to what is before it. */
export const joinUpdate = (seq: string, alias: string, schema = '') =>
  `LEFT JOIN LATERAL ${updateByNumber(seq, schema)} AS ${alias} ON true`;

/** An omitted filter, or an empty list, matches everything. */
export function isOneOf(expression: string, values: readonly string[] = []): readonly Sql[] {
  if (values.length === 0) return [];
  if (values.length === 1) return [sql(`${expression} = ?::text`, ...values)];
  return [sql(`${expression} = ANY (?::text[])`, textArray(values))];
}

/** Ids with this prefix, as one index range: ids are ordered by code point (migration 0002). */
export function idStartsWith(column: string, prefix: string | undefined): readonly Sql[] {
  if (!prefix) return [];
  const next = successorOf(prefix);
  const from = sql(`${column} >= ?::text`, prefix);
  return next === null ? [from] : [from, sql(`${column} < ?::text`, next)];
}

/** The smallest text above everything with this prefix; null if there is none. */
function successorOf(prefix: string): string | null {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  while (points.length > 0) {
    const last = points.pop() ?? 0;
    if (last === 0x10ffff) continue;
    // The database contains no lone surrogate.
    const next = last + 1 >= 0xd800 && last + 1 <= 0xdfff ? 0xe000 : last + 1;
    return points.concat(next).reduce((text, point) => text + String.fromCodePoint(point), '');
  }
  return null;
}

/**
 * The rows of an index range as a relation for `FROM`, if they are few enough to look up and sort for one page; otherwise null.
 * @param order The first column of the index, along which they are counted.
 */
export async function findFew(
  { database, scanRows }: { readonly database: Queryable; readonly scanRows: number },
  relation: 'accounts AS a' | 'account_updates AS u' | 'settled_callbacks AS s',
  order: string,
  range: readonly Sql[],
): Promise<Sql | null> {
  const where = allOf(range);
  const { put, values } = createBinder();
  const text = `
    SELECT count(*)::int4 AS found
    FROM (SELECT FROM ${relation} WHERE ${put(where)} ORDER BY ${order} LIMIT ${scanRows + 1}) AS f`;
  const statement: Statement = { name: 'count_few', deadline: 'read', text };
  const { rows } = await database.query<{ found: number }>(statement, values);
  const alias = relation.split(' ').at(-1);
  return (rows[0]?.found ?? 0) > scanRows
    ? null
    : sql(`(SELECT * FROM ${relation} WHERE ${where.text} OFFSET 0) AS ${alias}`, ...where.values);
}

/** Of the death of the slot of `update`, by then. The limit keeps it a look-up by key. */
export const deathOf = (columns: string, update: string, bound: string | null) => `
  SELECT ${columns} FROM dead_slots AS d
  WHERE d.slot = ${update}.slot ${bound === null ? '' : `AND d.seq <= ${bound}`} LIMIT 1`;

/** `NOT EXISTS` would become a join, which reads all versions of an account and all dead slots. */
export const isLiving = (update: string, bound: string) => `(${deathOf('true', update, bound)}) IS NOT TRUE`;

/** Updates up to this number are removed, unless they were the latest then; what was before them is not known. */
export const FLOOR = `(SELECT coalesce(min(floor_seq), ${-(2n ** 63n)}) FROM retention)`;

/** Of the version that was the latest when `update` became it, for `FROM`: the highest one that was there, past those of dead slots. */
export const latestBefore = (columns: string, update: string) => `
  SELECT ${columns} FROM account_updates AS l
  WHERE ${update}.due_ms IS NOT NULL AND l.account_id = ${update}.account_id
    AND (l.slot, l.version) < (${update}.slot, ${update}.version) AND l.seq < ${update}.seq
    AND ${update}.seq > ${FLOOR}
    AND ${isLiving('l', `${update}.seq`)}
  ORDER BY l.slot DESC, l.version DESC LIMIT 1`;
