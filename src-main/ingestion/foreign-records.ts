import type { SourceFormat } from '../../src-shared/contract';
import { readString } from './decode';
import { isOwnName } from './field-names';
import { MAP_IT, type Recognised } from './foreign-text';
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
import { isSecretName } from './secrets';

const KEY_PAIR_NUMBERS = 64;
const KEY_PAIR: Recognised = {
  what: 'holds a list of 64 numbers from 0 to 255: a Solana key pair, not records',
  hint: 'Nothing of it was stored. Keep it safe, and give Ingot a file of updates.',
};
const SECRET: Recognised = {
  what: 'holds a secret key, not records',
  hint: KEY_PAIR.hint,
};
const MAKE_UPDATES = 'Ingot reads updates: objects with id, accountType, tokens, version and callbackTimeMs.';
const ACCOUNT: Recognised = {
  what: 'holds accounts as Solana gives them (lamports, owner, data), not updates',
  hint: MAP_IT,
  mayBeMapped: true,
};
const EVENTS = new Set(
  ['indexed', 'stale', 'duplicate', 'conflict', 'rejected', 'cancelled', 'fired', 'report', 'summary'].map(
    (event) => `"${event}"`,
  ),
);
/** Names under which services wrap a list of results. */
const LIST_NAMES = new Set(
  'data result results value values records items updates accounts rows list entries'.split(' '),
);
/** A name that `jq` accepts after a dot. */
const PLAIN_NAME = /^[a-z_]\w{0,39}$/i;
/** How deep an envelope is searched. */
const LOOKED_AT_LEVELS = 3;

/** A field of an object, or an element of a list (without a name). */
interface Part {
  readonly name: string;
  readonly kind: JsonKind;
  /** As far as it was read. */
  readonly text: Buffer;
}

/** The text from its first record on. */
export const firstRecord = (text: Buffer, format: SourceFormat): Buffer =>
  format === 'json-array' ? text.subarray(skipSpace(text, 1)) : text;

/**
 * Names the kind of source from its first record, if that is certainly not an update.
 *
 * @param text From the record's first byte; may be cut off.
 */
export function recogniseRecord(text: Buffer): Recognised | undefined {
  if (text[0] === OPEN_BRACKET) return isKeyPair(text) ? KEY_PAIR : undefined;
  if (text[0] !== OPEN_BRACE) return undefined;
  const parts = partsOf(text);
  const part = (name: string) => parts.find((one) => one.name === name);
  const is = (name: string, kind: JsonKind) => part(name)?.kind === kind;

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
  const secret = findSecret(text, parts, LOOKED_AT_LEVELS);
  if (secret !== undefined) return secret;
  const list = findList(parts, part('id') === undefined);
  if (list !== undefined) {
    return {
      what: `is one object around a list of records: the list is in ${list}`,
      hint: MAP_IT,
      mayBeMapped: true,
    };
  }
  const inner = parts.find((one) => PLAIN_NAME.test(one.name) && isUpdate(one));
  if (inner !== undefined) {
    return {
      what: `holds objects around its records: the first record is in ${inner.name}`,
      hint: MAP_IT,
      mayBeMapped: true,
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
 * The same for a source whose first records are not objects.
 *
 * @param text The source, or its beginning.
 * @param fault What is wrong with the first record, if its line was broken.
 */
export function recogniseNoRecords(text: Buffer, fault?: string): Recognised {
  if (isKeyPair(text)) return KEY_PAIR;
  const first = fault === undefined ? '' : `. The first one ${fault}`;
  return {
    what: `holds no records: none of its first elements is a JSON object${first}`,
    hint: MAKE_UPDATES,
  };
}

function recogniseRpc(parts: readonly Part[]): Recognised {
  if (parts.some(({ name }) => name === 'error')) {
    return { what: 'is a JSON-RPC answer with an error, not records', hint: 'Look at it, and ask again.' };
  }
  if (isEmptyAnswer(parts)) {
    return {
      what: 'is a JSON-RPC answer with an empty list: no account was found',
      hint: 'Look at what was asked for, such as the address and the filters, and ask again.',
    };
  }
  const list = findList(parts, true);
  return list === undefined
    ? { what: 'is a JSON-RPC message, not records', hint: MAKE_UPDATES }
    : {
        what: `is a JSON-RPC answer: its list is in ${list}`,
        hint: MAP_IT,
        mayBeMapped: true,
      };
}

function isEmptyAnswer(parts: readonly Part[]): boolean {
  const result = parts.find(({ name }) => name === 'result');
  const list = result?.kind === OBJECT ? partsOf(result.text).find(({ name }) => name === 'value') : result;
  return list?.kind === ARRAY && list.text[skipSpace(list.text, 1)] === CLOSE_BRACKET;
}

function isSolanaAccount(parts: readonly Part[]): boolean {
  const has = (some: readonly Part[]) =>
    some.some(({ name }) => name === 'lamports') && some.some(({ name }) => name === 'owner');
  const inner = parts.find(({ name, kind }) => name === 'account' && kind === OBJECT);
  return has(parts) || (inner !== undefined && has(partsOf(inner.text)));
}

const hasOwnFields = (parts: readonly Part[]) => parts.some(({ name }) => isOwnName(name));

const isUpdate = ({ kind, text }: Part) => kind === OBJECT && hasOwnFields(partsOf(text));

/**
 * The path to the list of records: `data`, or `result.value`.
 *
 * @param takesRows Whether a list under a usual name may also be empty, or contain lists.
 */
function findList(
  parts: readonly Part[],
  takesRows: boolean,
  levels: number = LOOKED_AT_LEVELS,
): string | undefined {
  for (const { name, kind, text } of parts) {
    if (!PLAIN_NAME.test(name)) continue;
    if (kind === ARRAY) {
      const first = text.subarray(skipSpace(text, 1));
      const holdsObjects = first[0] === OPEN_BRACE;
      const mayHoldRows = takesRows && (first[0] === CLOSE_BRACKET || first[0] === OPEN_BRACKET);
      if (LIST_NAMES.has(name) && (holdsObjects || mayHoldRows)) return name;
      if (holdsObjects && hasOwnFields(partsOf(first))) return name;
    }
    const within = kind === OBJECT && levels > 1 ? findList(partsOf(text), takesRows, levels - 1) : undefined;
    if (within !== undefined) return `${name}.${within}`;
  }
  return undefined;
}

/** A list of that many small numbers is never longer than this. */
export const KEY_PAIR_BYTES = 4096;

/** 64 whole numbers from 0 to 255: a list, or a `Uint8Array` as `JSON.stringify` writes it. */
export function isKeyPair(text: Buffer): boolean {
  if (text[0] !== OPEN_BRACKET && text[0] !== OPEN_BRACE) return false;
  const numbers = partsOf(text.subarray(0, KEY_PAIR_BYTES));
  return (
    numbers.length === KEY_PAIR_NUMBERS &&
    numbers.every(
      ({ name, kind, text: number }, at) =>
        kind === INTEGER && Number(number.toString()) <= 255 && (name === '' || name === String(at)),
    )
  );
}

/** @param parts Those of the text. */
function findSecret(text: Buffer, parts: readonly Part[], levels: number): Recognised | undefined {
  if (isKeyPair(text)) return KEY_PAIR;
  if (parts.some(({ name, kind }) => kind === STRING && isSecretName(name))) return SECRET;
  if (levels === 0) return undefined;
  for (const { kind, text: within } of parts) {
    if (kind !== OBJECT && kind !== ARRAY) continue;
    const found = findSecret(within, partsOf(within), levels - 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Further parts are not inspected. */
const LOOKED_AT_PARTS = 100;

/** The parts of an object or list, as far as its text goes; the last may be cut off. */
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

/** For a value that is cut off. */
function kindOf([first]: Buffer): JsonKind {
  if (first === OPEN_BRACE) return OBJECT;
  if (first === OPEN_BRACKET) return ARRAY;
  return first === QUOTE ? STRING : ABSENT;
}
