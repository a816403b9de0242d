import { type JsonText, UPDATE_LIMITS, versionText } from '../../src-shared/update';
import { type RawField, type RawRecord, readString, readText } from './decode';
import { describeReject, readExcerpt } from './describe-reject';
import type { Field } from './field-names';
import {
  ABSENT,
  ESCAPED,
  INTEGER,
  type JsonKind,
  NON_ASCII,
  OBJECT,
  STRING,
  UNICODE_ESCAPE,
  UNUSUAL_NUMBER,
} from './json-scan';
import { REASONS, type Reason } from './reasons';
import type { NumberedRecord } from './record';
import { findUnstorable, findUnstorableInText } from './storable-json';
import { createTextCache } from './text-cache';
import { isLongerThan } from './utf8';

/** Turns a scanned record into an update, or into a reject with its reason. */
export type Validate = (bytes: Buffer, raw: RawRecord, record: number) => NumberedRecord;

export const MAX_U64 = String(UPDATE_LIMITS.maxU64);
export const MAX_CALLBACK_TIME = String(UPDATE_LIMITS.maxCallbackTimeMs);
/** Integers with this many digits are below 2^53. */
const SAFE_DIGITS = 15;
const NO_DATA = '{}';
const NO_SLOT = '0';

/** One per source: it caches recurring strings. */
export function createValidate(): Validate {
  const cache = createTextCache();

  /** The value of a string or number field, as text. */
  function read(bytes: Buffer, field: RawField): string {
    if (field.kind !== STRING) return cache.read(bytes, field.start, field.end);
    if ((field.flags & (ESCAPED | NON_ASCII)) === 0) return cache.read(bytes, field.start + 1, field.end - 1);
    return readString(bytes, field.start, field.end, field.flags);
  }

  function readData(bytes: Buffer, field: RawField): string {
    if (field.kind === ABSENT) return NO_DATA;
    if ((field.flags & NON_ASCII) === 0) return cache.read(bytes, field.start, field.end);
    return readText(bytes, field.start, field.end, field.flags);
  }

  /** Milliseconds, or the reason why it is invalid. */
  function readCallbackTime(bytes: Buffer, field: RawField): number | Reason {
    if (!mayBeInteger(field.kind)) return missingOr(field.kind, 'notCallbackTime');
    if (field.kind === INTEGER && field.end - field.start <= SAFE_DIGITS) {
      let value = 0;
      for (let at = field.start; at < field.end; at++) value = 10 * value + (bytes[at] as number) - 0x30;
      return value;
    }
    const text = read(bytes, field);
    // At most 2^53-1, so exact as a number.
    return findIntegerFault(text, MAX_CALLBACK_TIME, 'notCallbackTime') ?? Number(text);
  }

  return (bytes, raw, record) => {
    const excerpt = () => readExcerpt(bytes, raw.start, raw.end);
    const reject = (field: Field, reason: Reason): NumberedRecord => ({
      record,
      kind: 'reject',
      field,
      reason: describeReject(bytes, raw, field, reason),
      excerpt: excerpt(),
    });
    if (raw.kind !== OBJECT) {
      const reason = `record: ${REASONS.notObject}`;
      return { record, kind: 'reject', field: 'record', reason, excerpt: excerpt() };
    }
    const fields = raw.fields;

    if (fields.id.kind !== STRING) return reject('id', missingOr(fields.id.kind, 'notString'));
    const id = read(bytes, fields.id);
    const idFault = findNameFault(id, fields.id.flags, UPDATE_LIMITS.idLength, 'idTooLong');
    if (idFault !== undefined) return reject('id', idFault);

    if (fields.accountType.kind !== STRING) {
      return reject('accountType', missingOr(fields.accountType.kind, 'notString'));
    }
    const accountType = read(bytes, fields.accountType);
    const typeFault = findNameFault(
      accountType,
      fields.accountType.flags,
      UPDATE_LIMITS.accountTypeLength,
      'accountTypeTooLong',
    );
    if (typeFault !== undefined) return reject('accountType', typeFault);

    if (!mayBeInteger(fields.tokens.kind)) return reject('tokens', missingOr(fields.tokens.kind, 'notU64'));
    const tokens = read(bytes, fields.tokens);
    const tokensFault = findIntegerFault(tokens, MAX_U64, 'notU64');
    if (tokensFault !== undefined) return reject('tokens', tokensFault);

    let slot = NO_SLOT;
    if (fields.slot.kind !== ABSENT) {
      if (!mayBeInteger(fields.slot.kind)) return reject('slot', 'notU64');
      slot = read(bytes, fields.slot);
      const slotFault = findIntegerFault(slot, MAX_U64, 'notU64');
      if (slotFault !== undefined) return reject('slot', slotFault);
    }

    if (!mayBeInteger(fields.version.kind))
      return reject('version', missingOr(fields.version.kind, 'notU64'));
    const writeVersion = read(bytes, fields.version);
    const versionFault = findIntegerFault(writeVersion, MAX_U64, 'notU64');
    if (versionFault !== undefined) return reject('version', versionFault);
    const version = versionText(slot, writeVersion);

    const callbackTimeMs = readCallbackTime(bytes, fields.callbackTimeMs);
    if (typeof callbackTimeMs === 'string') return reject('callbackTimeMs', callbackTimeMs);

    let data = readData(bytes, fields.data);
    let dataFlags = fields.data.kind === ABSENT ? 0 : fields.data.flags;
    if (fields.parentProgram.kind !== ABSENT) {
      data = keepParentProgram(data, readData(bytes, fields.parentProgram));
      dataFlags |= fields.parentProgram.flags;
    }
    if ((dataFlags & (UNICODE_ESCAPE | UNUSUAL_NUMBER)) !== 0) {
      const dataFault = findUnstorable(data);
      if (dataFault !== undefined) return reject('data', dataFault);
    }

    return {
      record,
      kind: 'update',
      update: { id, accountType, tokens, version, data, callbackTimeMs },
    };
  };
}

function missingOr(kind: JsonKind, reason: Reason): Reason {
  return kind === ABSENT ? 'required' : reason;
}

function mayBeInteger(kind: JsonKind): boolean {
  return kind === INTEGER || kind === STRING;
}

export function findNameFault(
  text: string,
  flags: number,
  limit: number,
  tooLong: Reason,
): Reason | undefined {
  if (text === '') return 'empty';
  if (isLongerThan(text, limit)) return tooLong;
  // Both need an escape: the text is valid UTF-8, and a raw U+0000 is not JSON.
  return (flags & UNICODE_ESCAPE) === 0 ? undefined : findUnstorableInText(text);
}

/** Checks the digits as text: a number would round them. */
export function findIntegerFault(text: string, max: string, notInRange: Reason): Reason | undefined {
  if (text === '') return notInRange;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char < 0x30 || char > 0x39) return notInRange;
  }
  if (text.length > 1 && text.charCodeAt(0) === 0x30) return 'leadingZeros';
  // With equal length and no leading zeros, text order is numeric order.
  if (text.length > max.length || (text.length === max.length && text > max)) return notInRange;
  return undefined;
}

/** The program is stored under this name, whatever the source calls it. */
const KEY = 'parentProgram';

/**
 * Adds `parentProgram` to the stored data: as a member if `data` is an object without that name, otherwise beside it, so that
 * nothing is lost. Both texts stay as in the source.
 */
export function keepParentProgram(data: JsonText, parentProgram: JsonText): JsonText {
  if (data.startsWith('{')) {
    // Safe against `__proto__`: JSON.parse creates an own member for it, like for any name.
    const members = Object.keys(JSON.parse(data) as object);
    if (members.length === 0) return `{"${KEY}":${parentProgram}}`;
    if (!members.includes(KEY)) return `{"${KEY}":${parentProgram},${data.slice(1)}`;
  }
  return `{"${KEY}":${parentProgram},"data":${data}}`;
}
