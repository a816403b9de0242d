/**
 * Arrays for SQL, built as Postgres array literals in one string. Ready literals ingest twice as fast as
 * arrays handed to PGlite's own serializer, and mean the same to a Postgres server.
 */

const NEEDS_ESCAPE = /["\\]/;
const EVERY_ESCAPE = /["\\]/g;

/**
 * For text[], jsonb[], timestamptz[] and every other type whose elements may hold a comma, quote or space.
 * Every element is quoted, so that an empty string, the word NULL and blanks come through as they are.
 */
export function textArray(values: readonly (string | null)[]): string {
  let literal = '{';
  let separator = '';
  for (const value of values) {
    literal += separator;
    separator = ',';
    if (value === null) literal += 'NULL';
    else if (NEEDS_ESCAPE.test(value)) literal += `"${value.replace(EVERY_ESCAPE, '\\$&')}"`;
    else literal += `"${value}"`;
  }
  return `${literal}}`;
}

/**
 * For int4[], int8[], numeric[] and float8[]. Elements go unquoted and unchecked: a string must be a
 * number in Postgres' own form.
 */
export function numberArray(values: readonly (string | number | bigint | null)[]): string {
  let literal = '{';
  let separator = '';
  for (const value of values) {
    literal += separator;
    separator = ',';
    literal += value === null ? 'NULL' : value;
  }
  return `${literal}}`;
}

/** For bool[]. */
export function booleanArray(values: readonly (boolean | null)[]): string {
  let literal = '{';
  let separator = '';
  for (const value of values) {
    literal += separator;
    separator = ',';
    literal += value === null ? 'NULL' : value ? 't' : 'f';
  }
  return `${literal}}`;
}
