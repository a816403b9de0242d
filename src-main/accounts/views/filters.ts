import { textArray } from '../../database/array-literal';
import type { Queryable } from '../../database/database';
import { type Binder, type Conditions, countOf, createBinder, type RawRow } from './row-set';
import { whereOf } from './window-sql';

/** Conditions that several views share. A filter that is left out, or an empty list, lets everything through. */

/** Ids that begin with `prefix`, as one index range: ids are ordered by code point (migration 0002). */
export function idStartsWith(bind: Binder['bind'], column: string, prefix: string | undefined): string[] {
  if (!prefix) return [];
  const next = successorOf(prefix);
  const from = `${column} >= ${bind(prefix)}::text`;
  return next === null ? [from] : [from, `${column} < ${bind(next)}::text`];
}

export function isOneOf(
  bind: Binder['bind'],
  column: string,
  values: readonly string[] | undefined,
): string[] {
  return values && values.length > 0 ? [`${column} = ANY (${bind(textArray(values))}::text[])`] : [];
}

/** Whether so few rows are in a range of an index that all of them can be looked up and sorted for one page. */
export async function areFew(
  { database, scanRows }: { readonly database: Queryable; readonly scanRows: number },
  relation: 'accounts' | 'account_updates' | 'settled_callbacks',
  /** The first column of the index: it is walked. */
  order: string,
  range: Conditions,
): Promise<boolean> {
  const { bind, values } = createBinder();
  const text = `
    SELECT count(*) AS found
    FROM (SELECT FROM ${relation} ${whereOf(range(bind))} ORDER BY ${order} LIMIT ${scanRows + 1}) AS f`;
  const { rows } = await database.query<RawRow>({ name: 'count_few', deadline: 'read', text }, values);
  return countOf(rows[0] ?? {}, 'found') <= scanRows;
}

/** The smallest text above everything that begins with `prefix`; null if there is none. */
export function successorOf(prefix: string): string | null {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  while (points.length > 0) {
    const last = points.pop() ?? 0;
    if (last === 0x10ffff) continue;
    // No text in the database holds a surrogate on its own.
    const next = last + 1 >= 0xd800 && last + 1 <= 0xdfff ? 0xe000 : last + 1;
    return points.concat(next).reduce((text, point) => text + String.fromCodePoint(point), '');
  }
  return null;
}
