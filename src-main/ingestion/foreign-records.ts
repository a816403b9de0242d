import { readString } from './decode';
import { findField } from './field-names';
import type { Recognised } from './foreign-text';
import {
  ABSENT,
  ARRAY,
  byteAt,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  createJsonScan,
  INTEGER,
  type JsonKind,
  OBJECT,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  STRING,
  scanColon,
  scanKey,
  scanValue,
  skipSpace,
} from './json-scan';

const KEY_PAIR_NUMBERS = 64;
const KEY_PAIR: Recognised = {
  what: 'holds a list of 64 numbers from 0 to 255: a Solana key pair, not records',
  hint: 'Nothing of it was stored. Keep it safe, and give Ingot a file of updates.',
};
const MAKE_UPDATES = 'Ingot reads updates: objects with id, accountType, tokens, version and callbackTimeMs.';
const ACCOUNT: Recognised = {
  what: 'holds accounts as Solana gives them (lamports, owner, data), not updates',
  hint: MAKE_UPDATES,
};
const EVENTS = new Set(
  ['indexed', 'stale', 'duplicate', 'conflict', 'rejected', 'cancelled', 'fired', 'report', 'summary'].map(
    (event) => `"${event}"`,
  ),
);
/** Names under which services put the list that was asked for. */
const LIST_NAMES = new Set(
  'data result results value values records items updates accounts rows list entries'.split(' '),
);

/** A field of an object, or an element of a list (without a name). */
interface Part {
  readonly name: string;
  readonly kind: JsonKind;
  /** Its text, as far as that is there. */
  readonly text: Buffer;
}

/**
 * What the first record of a source shows it to be, if that is surely something else than updates.
 *
 * @param text From the record's first byte on; it may be cut off.
 */
export function recogniseRecord(text: Buffer): Recognised | undefined {
  if (text[0] === OPEN_BRACKET) return isKeyPair(text) ? KEY_PAIR : undefined;
  if (text[0] !== OPEN_BRACE) return undefined;
  const parts = partsOf(text);
  const part = (name: string) => parts.find((one) => one.name === name);
  const is = (name: string, kind: JsonKind) => part(name)?.kind === kind;

  if (parts.some((one) => one.kind === ARRAY && isKeyPair(one.text))) return KEY_PAIR;
  if (part('format')?.text.toString() === '"ingot backup"') {
    return { what: 'is a backup of Ingot, not a source', hint: 'Restore it: ingot restore FILE' };
  }
  if (EVENTS.has(part('event')?.text.toString() ?? '')) {
    return {
      what: 'holds events of Ingot, as --json writes them, not updates',
      hint: 'Give Ingot the source of that run.',
    };
  }
  if (is('jsonrpc', STRING)) return recogniseRpc(parts);
  if (isSolanaAccount(parts)) return ACCOUNT;
  if (is('level', INTEGER) && is('time', INTEGER) && is('msg', STRING)) {
    return { what: 'holds lines of a log, not updates', hint: 'Give Ingot a file of updates.' };
  }
  if (hasOwnFields(parts)) return undefined;
  const list = findList(parts);
  if (list !== undefined) {
    return {
      what: `is one object around a list of records: the list is in ${list}`,
      hint: `Take the list out: jq '.${list}' FILE > records.json`,
    };
  }
  if (part('error') !== undefined || part('errors') !== undefined) {
    return {
      what: 'is the error answer of a service, not records',
      hint: 'Look at it, and ask the service again.',
    };
  }
  return undefined;
}

/**
 * What a source is whose first records are no objects.
 *
 * @param text The source, or its beginning.
 */
export function recogniseNoRecords(text: Buffer): Recognised {
  if (isKeyPair(text)) return KEY_PAIR;
  return { what: 'holds no records: none of its first elements is a JSON object', hint: MAKE_UPDATES };
}

function recogniseRpc(parts: readonly Part[]): Recognised {
  if (parts.some(({ name }) => name === 'error')) {
    return { what: 'is a JSON-RPC answer with an error, not records', hint: 'Look at it, and ask again.' };
  }
  const list = findList(parts);
  return list === undefined
    ? { what: 'is a JSON-RPC message, not records', hint: MAKE_UPDATES }
    : { what: `is a JSON-RPC answer: its list is in ${list}`, hint: `${MAKE_UPDATES} jq '.${list}[]' FILE` };
}

function isSolanaAccount(parts: readonly Part[]): boolean {
  const has = (some: readonly Part[]) =>
    some.some(({ name }) => name === 'lamports') && some.some(({ name }) => name === 'owner');
  const inner = parts.find(({ name, kind }) => name === 'account' && kind === OBJECT);
  return has(parts) || (inner !== undefined && has(partsOf(inner.text)));
}

/** Fields that an envelope has no use for. It may have an id or a version. */
function hasOwnFields(parts: readonly Part[]): boolean {
  return parts.some(({ name }) => {
    const field = findField(name)?.field;
    return field === 'accountType' || field === 'tokens' || field === 'callbackTimeMs';
  });
}

/** Where a list of objects is: `data`, or `result.value`. */
function findList(parts: readonly Part[]): string | undefined {
  for (const { name, kind, text } of parts) {
    if (!LIST_NAMES.has(name)) continue;
    if (kind === ARRAY && text[skipSpace(text, 1)] === OPEN_BRACE) return name;
    const within = kind === OBJECT ? findList(partsOf(text)) : undefined;
    if (within !== undefined) return `${name}.${within}`;
  }
  return undefined;
}

/** More text than this is in no list of so many numbers, however it is laid out. */
const KEY_PAIR_BYTES = 4096;

/** A list of 64 whole numbers from 0 to 255. */
function isKeyPair(text: Buffer): boolean {
  const numbers = partsOf(text.subarray(0, KEY_PAIR_BYTES));
  return (
    numbers.length === KEY_PAIR_NUMBERS &&
    numbers.every(({ kind, text: number }) => kind === INTEGER && Number(number.toString()) <= 255)
  );
}

/** More parts than this are not looked at. */
const LOOKED_AT_PARTS = 100;

/** The parts of an object or list, as far as its text goes; the last one may be cut off. */
function partsOf(text: Buffer): Part[] {
  const scan = createJsonScan();
  scan.bytes = Buffer.concat([text, Buffer.alloc(1)]);
  scan.end = text.length;
  const isObject = text[0] === OPEN_BRACE;
  const parts: Part[] = [];
  let at = skipSpace(text, 1);
  while (parts.length < LOOKED_AT_PARTS && at < text.length && !isClosing(text[at])) {
    let name = '';
    if (isObject) {
      scan.flags = 0;
      const nameEnd = scanKey(scan, at);
      if (nameEnd < 0) break;
      name = readString(scan.bytes, at, nameEnd, scan.flags);
      at = scanColon(scan, nameEnd);
      if (at < 0) break;
    }
    const end = scanValue(scan, at, 1);
    const part = text.subarray(at, end < 0 ? text.length : end);
    if (part.length > 0) parts.push({ name, kind: end < 0 ? kindOf(part) : scan.kind, text: part });
    if (end < 0) break;
    at = skipSpace(scan.bytes, end);
    if (byteAt(scan.bytes, at) !== COMMA) break;
    at = skipSpace(scan.bytes, at + 1);
  }
  return parts;
}

const isClosing = (byte: number | undefined) => byte === CLOSE_BRACE || byte === CLOSE_BRACKET;

/** Of a value that is cut off. */
function kindOf([first]: Buffer): JsonKind {
  if (first === OPEN_BRACE) return OBJECT;
  if (first === OPEN_BRACKET) return ARRAY;
  return first === QUOTE ? STRING : ABSENT;
}
