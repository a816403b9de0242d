/**
 * Rows in the text format of COPY: one line each, columns between tabs. `NULL_TEXT` stands for NULL, and a
 * text must go through `copyText`; numbers hold nothing that would have to be escaped.
 */

export const NULL_TEXT = '\\N';

const NEEDS_ESCAPE = /[\\\t\n\r]/;
const EVERY_ESCAPE = /[\\\t\n\r]/g;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

export function copyText(text: string): string {
  return NEEDS_ESCAPE.test(text) ? text.replace(EVERY_ESCAPE, (found) => ESCAPES[found] ?? found) : text;
}
