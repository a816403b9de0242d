import { createJsonScan, OPEN_BRACE, OPEN_BRACKET, scanValue } from './json-scan';

/** A first record that is neither an object nor an array must end within this. */
const FIRST_RECORD_BYTES = 1024;
const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;

export type TextFormat = 'json-array' | 'ndjson';

/**
 * Detects the format by the first bytes; the file's name does not matter.
 *
 * An array begins with a bracket, NDJSON usually with an object. Another value may also be the first record, to be rejected, but
 * only if it is alone on its line: other text may begin with a word, a number or a quote too.
 *
 * @param head The text from its first byte that is not white space.
 * @param isWhole There is no more text.
 * @returns Null for neither format; undefined if more text is needed.
 */
export function detectFormat(head: Uint8Array, isWhole: boolean): TextFormat | null | undefined {
  if (head[0] === OPEN_BRACKET) return 'json-array';
  if (head[0] === OPEN_BRACE) return 'ndjson';
  const isAlone = isAloneInLine(head.subarray(0, FIRST_RECORD_BYTES), isWhole);
  if (isAlone) return 'ndjson';
  return isAlone === undefined && head.length <= FIRST_RECORD_BYTES && !isWhole ? undefined : null;
}

/** Whether one JSON value, followed only by an object, fills the first line; undefined: not known yet. */
function isAloneInLine(head: Uint8Array, isWhole: boolean): boolean | undefined {
  const scan = createJsonScan();
  // The scanner needs a 0 after the text.
  scan.bytes = Buffer.concat([head, Buffer.alloc(1)]);
  scan.end = head.length;
  const valueEnd = scanValue(scan, 0, 0);
  if (valueEnd < 0) return scan.fault.kind === 'ended' ? undefined : false;
  let at = valueEnd;
  while (head[at] === SPACE || head[at] === TAB) at++;
  const next = head[at];
  if (next === undefined) return isWhole ? true : undefined;
  return next === LINE_FEED || next === CARRIAGE_RETURN || next === OPEN_BRACE;
}
