import type { JsonText } from '../../src-shared/update';

/** As every number outside of strings begins, and few things within them. */
const MAY_HAVE_EXPONENT = /(?:^|[[:,\s-])\d[\d.]*[eE]/;

/**
 * How many characters the database will print of a JSON text, to within a factor of two: it puts blanks between. Null if
 * only the database can say: it writes numbers with an exponent out in full, seven characters as a hundred thousand.
 */
export function printedLength(data: JsonText): number | null {
  return MAY_HAVE_EXPONENT.test(data) ? null : data.length;
}
