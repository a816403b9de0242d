import { type RawRecord, readString } from './decode';
import { type Field, findField, toSnakeCase } from './field-names';
import {
  byteAt,
  CLOSE_BRACE,
  COMMA,
  createJsonScan,
  scanColon,
  scanKey,
  scanValue,
  skipSpace,
} from './json-scan';
import { REASONS, type Reason } from './reasons';
import { leaveOutSecrets } from './secrets';
import { cutCodePoints } from './utf8';

const EXCERPT_LENGTH = 512;
/** So many unknown names are shown in a reason, each cut at so many characters. */
const SHOWN_NAMES = 8;
const SHOWN_NAME_LENGTH = 40;

/**
 * What is wrong with a field, under the name that it has in the source, or should have there. If it is missing, the
 * names that are of no field follow: one of them may be meant. Never a value.
 */
export function describeReject(bytes: Buffer, raw: RawRecord, field: Field, reason: Reason): string {
  let name: string | undefined;
  let lowestRank = Number.POSITIVE_INFINITY;
  let usesUnderscores = false;
  const unknown: string[] = [];
  let unknownCount = 0;
  for (const found of readNames(bytes, raw)) {
    const known = findField(found);
    if (known === undefined) {
      unknownCount++;
      if (unknown.length < SHOWN_NAMES) unknown.push(toShown(found));
      continue;
    }
    if (found.includes('_')) usesUnderscores = true;
    if (known.field === field && known.rank <= lowestRank) {
      name = found;
      lowestRank = known.rank;
    }
  }
  const said = `${name ?? (usesUnderscores ? toSnakeCase(field) : field)}: ${REASONS[reason]}`;
  if (name !== undefined || unknownCount === 0) return said;
  const more = unknownCount - unknown.length;
  return `${said}; found ${unknown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** The names of an object's fields. It has been scanned before, so its syntax is right. */
function* readNames(bytes: Buffer, { start, end }: RawRecord): Generator<string> {
  const scan = createJsonScan();
  scan.bytes = bytes;
  scan.end = end;
  let at = skipSpace(bytes, start + 1);
  while (byteAt(bytes, at) !== CLOSE_BRACE) {
    scan.flags = 0;
    const nameEnd = scanKey(scan, at);
    yield readString(bytes, at, nameEnd, scan.flags);
    at = skipSpace(bytes, scanValue(scan, scanColon(scan, nameEnd), 1));
    if (byteAt(bytes, at) === COMMA) at = skipSpace(bytes, at + 1);
  }
}

function toShown(name: string): string {
  const cut = cutCodePoints(name, SHOWN_NAME_LENGTH);
  // Nothing that cannot be seen, or that turns the text around it.
  const printable = cut.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\ufffd');
  return cut.length < name.length ? `${printable}…` : printable || '""';
}

/**
 * So much of a record's text is read for its excerpt: a character takes at most four bytes, and a key that begins in
 * the excerpt may go on for some thousand.
 */
export const EXCERPT_READ_BYTES = 4 * EXCERPT_LENGTH + 4096;

/** The beginning of a record's own text, for a person to look at, without what may be a key. */
export function readExcerpt(bytes: Buffer, start: number, end: number): string {
  // Cut in the middle of a character, what is left of it is cut off below.
  const readEnd = Math.min(end, start + EXCERPT_READ_BYTES);
  const shown = leaveOutSecrets(bytes.toString('utf8', start, readEnd), readEnd < end);
  // The database cannot hold a U+0000, which may stand in a line that is no JSON.
  return cutCodePoints(shown.replaceAll('\0', '\ufffd'), EXCERPT_LENGTH);
}
