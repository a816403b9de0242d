import type { EpochMs } from '../../src-shared/update';

/**
 * Rows in the text format of COPY: one line each, columns between tabs. `NULL_TEXT` stands for NULL, and a
 * text must go through `copyText`; numbers and times hold nothing that would have to be escaped.
 */

export const NULL_TEXT = '\\N';

const NEEDS_ESCAPE = /[\\\t\n\r]/;
const EVERY_ESCAPE = /[\\\t\n\r]/g;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

export function copyText(text: string): string {
  return NEEDS_ESCAPE.test(text) ? text.replace(EVERY_ESCAPE, (found) => ESCAPES[found] ?? found) : text;
}

/** The calendar repeats after 400 years. */
const CYCLE_YEARS = 400;
const CYCLE_MS = 146_097 * 86_400_000;
/** Where the years of `Date.toISOString` stop having four digits. */
const YEAR_10000_MS = 253_402_300_800_000;

/** The timestamptz of whole milliseconds since 1970, exactly, as `timestampOf` gives it in SQL: up to the year 287,396. */
export function copyTimestamp(epochMs: EpochMs): string {
  if (epochMs < YEAR_10000_MS) return new Date(epochMs).toISOString();
  const cycles = Math.ceil((epochMs - YEAR_10000_MS + 1) / CYCLE_MS);
  const text = new Date(epochMs - cycles * CYCLE_MS).toISOString();
  return `${Number(text.slice(0, 4)) + cycles * CYCLE_YEARS}${text.slice(4)}`;
}
