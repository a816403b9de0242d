import { createJsonScan, OPEN_BRACE, OPEN_BRACKET, scanValue } from './json-scan';

/** A first record that is neither an object nor an array must end within so many bytes. */
const FIRST_RECORD_BYTES = 1024;
const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;

export type TextFormat = 'json-array' | 'ndjson';

/**
 * Tells by the first bytes what a source is; its name does not matter.
 *
 * An array begins with its bracket, NDJSON as a rule with an object. A record that is none is only rejected,
 * and so it may be the first one as well, if it has the line to itself: other text begins with a word, a
 * number or a quote too, and goes on.
 *
 * @param head The text from the first byte on that is not white space.
 * @param isWhole That there is no more text.
 * @returns Null if it begins as neither; undefined if it takes more of the text to tell.
 */
export function detectFormat(head: Uint8Array, isWhole: boolean): TextFormat | null | undefined {
  if (head[0] === OPEN_BRACKET) return 'json-array';
  if (head[0] === OPEN_BRACE) return 'ndjson';
  const isAlone = isAloneInLine(head.subarray(0, FIRST_RECORD_BYTES), isWhole);
  if (isAlone) return 'ndjson';
  return isAlone === undefined && head.length <= FIRST_RECORD_BYTES && !isWhole ? undefined : null;
}

/** Whether one JSON value, with nothing but an object after it, fills the first line; undefined: it may yet. */
function isAloneInLine(head: Uint8Array, isWhole: boolean): boolean | undefined {
  const scan = createJsonScan();
  // The scanner wants a 0 after the text.
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
