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
/** Limits for unknown names in a reason: how many, and how long each. */
const SHOWN_NAMES = 8;
const SHOWN_NAME_LENGTH = 40;

/**
 * What is wrong with a field, under its name in the source. For a missing field the unknown names follow: one of them may be
 * meant. Never includes a value.
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

/** The names of an object's fields. Its syntax has been checked before. */
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
  // Hides invisible characters and those that turn the text direction.
  const printable = cut.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\ufffd');
  return cut.length < name.length ? `${printable}…` : printable || '""';
}

/**
 * How much of a record's text is read for its excerpt: a character has at most four bytes, and a key that begins in the excerpt
 * may be some thousand characters long.
 */
export const EXCERPT_READ_BYTES = 4 * EXCERPT_LENGTH + 4096;

/** The beginning of a record's text for a person, without possible keys. */
export function readExcerpt(bytes: Buffer, start: number, end: number): string {
  // A character cut in half here is cut off below.
  const readEnd = Math.min(end, start + EXCERPT_READ_BYTES);
  const shown = leaveOutSecrets(bytes.toString('utf8', start, readEnd), readEnd < end);
  // A line that is not JSON may contain U+0000, which the database cannot store.
  return cutCodePoints(shown.replaceAll('\0', '\ufffd'), EXCERPT_LENGTH);
}
