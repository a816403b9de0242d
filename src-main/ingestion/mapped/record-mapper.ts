import {
  type Decoding,
  MAPPED_FIELDS,
  type MappedField,
  type Mapping,
  type OneSource,
  type Reading,
  type Skipped,
} from '../../../src-shared/mapping';
import { type EpochMs, UPDATE_LIMITS, versionText } from '../../../src-shared/update';
import type { ChainAccount } from '../chain-account';
import type { Decode } from '../decoding/decoded';
import { INTEGER, STRING, UNICODE_ESCAPE, WORD } from '../json-scan';
import { REASONS } from '../reasons';
import type { SlotDeath } from '../record';
import { findUnstorable } from '../storable-json';
import { type Made, toUpdate } from '../to-update';
import { findIntegerFault, findNameFault, MAX_CALLBACK_TIME, MAX_U64 } from '../validate';
import { readAnyNumber, readData, readKey, readTruth, SIGNATURE_BYTES, ValueFault } from './account-values';
import { alternativesOf, type FoundValue, splitTest } from './field-scan';

/** One record of a list, and what stands around it. */
export interface RecordView {
  /** By index in `Mapper.paths`. */
  value(slot: number): FoundValue | undefined;
  /** By index in `Mapper.aroundPaths`. */
  around(slot: number): FoundValue | undefined;
  /** Its name, if the list is an object. */
  readonly key: string | null;
  /** In its list, from 0. */
  readonly place: number;
  /** Its JSON. */
  text(): string;
}

/** What a record is: an update or a reject, or no update at all. */
export type Mapped = Made | Skip;

interface Skip {
  readonly kind: 'skipped';
  readonly what: string;
  /** It says that this slot died. */
  readonly death?: Omit<SlotDeath, 'after'>;
}

export interface Mapper {
  /** What it wants of each record. */
  readonly paths: readonly string[];
  /** What it wants of what stands outside the list. */
  readonly aroundPaths: readonly string[];
  map(view: RecordView): Mapped;
  /** Whether a record, or what stands around it, has something for this field. */
  has(view: RecordView, field: MappedField): boolean;
  /** Records are Ingot's own updates. */
  readonly isOwn: boolean;
  /** As the source gives it, before a choice; null: it has no accounts of the chain. @throws ValueFault */
  readonly accountOf: ((view: RecordView) => ChainAccount) | null;
  /** Counts what is no update. */
  skip(what: string): void;
  readonly skipped: readonly Skipped[];
}

/** Reads the value of a field; undefined if the record lacks it. */
type Read = (
  view: RecordView,
) => { readonly value: FoundValue; readonly decode?: readonly Decoding[] } | undefined;

const textValue = (text: string): FoundValue => ({ kind: STRING, text });

/** A field that fails, and why. */
class FieldFault extends Error {
  constructor(
    readonly field: MappedField,
    message: string,
  ) {
    super(message);
  }
}

export function keysOf(answer: string): string[] {
  return answer.split(/[\s,;]+/).filter((key) => key !== '');
}

/** Makes updates of records. One per source: it learns subscriptions. */
export function createMapper(mapping: Mapping, reading: Reading, decode: Decode): Mapper {
  const paths: string[] = [];
  const aroundPaths: string[] = [];
  const counts = new Map<string, number>();
  const keys = keysOf(reading.answers.keys ?? '');
  const slotFor = (list: string[], path: string) =>
    list.includes(path) ? list.indexOf(path) : list.push(path) - 1;
  const subscriptions = createSubscriptions((path) => slotFor(paths, path));

  function readOne(source: OneSource): Read {
    if (typeof source === 'string' || 'path' in source) {
      const { path, decode } = typeof source === 'string' ? { path: source, decode: undefined } : source;
      const slots = alternativesOf(path).map((one) => slotFor(paths, one));
      return (view) => {
        for (const slot of slots) {
          const value = view.value(slot);
          if (value && !(value.kind === WORD && value.text === 'null'))
            return { value, ...(decode && { decode }) };
        }
        return undefined;
      };
    }
    if ('around' in source) {
      const slots = alternativesOf(source.around).map((one) => slotFor(aroundPaths, one));
      return (view) => {
        const value = slots.map((slot) => view.around(slot)).find((one) => one !== undefined);
        return value && { value };
      };
    }
    if ('subscription' in source) {
      const slot = slotFor(paths, source.subscription);
      subscriptions.isWanted = true;
      return (view) => {
        const key = subscriptions.keyOf(view.value(slot)?.text);
        return key === undefined ? undefined : { value: textValue(key) };
      };
    }
    const text = (of: string | undefined | null) => (of ? { value: textValue(of) } : undefined);
    if ('constant' in source) return () => ({ value: textValue(source.constant) });
    if ('key' in source) return ({ key }) => text(key);
    if (source.ask === 'keys') return ({ place }) => text(keys[place]);
    return () => text(reading.answers[source.ask]?.trim());
  }

  const fields = new Map(
    MAPPED_FIELDS.map((field): [MappedField, readonly Read[]] => {
      const source = mapping.fields[field];
      const reads = source === undefined ? [] : (Array.isArray(source) ? source : [source]).map(readOne);
      return [field, reads];
    }),
  );
  const closedSlot = mapping.closed === null ? null : slotFor(paths, mapping.closed);
  const testsOf = (test: string) =>
    alternativesOf(test).map((one) => {
      const { path, wanted } = splitTest(one);
      return { wanted, slot: slotFor(paths, path) };
    });
  const skips = Object.entries(mapping.skip).map(([name, test]) => ({ name, tests: testsOf(test) }));
  const dead = mapping.dead && {
    tests: testsOf(mapping.dead.test),
    slot: slotFor(paths, mapping.dead.slot),
  };
  const meets = (view: RecordView, tests: ReturnType<typeof testsOf>) =>
    tests.some(({ wanted, slot }) => {
      const value = view.value(slot);
      return value !== undefined && value.text !== 'null' && (wanted === null || value.text === wanted);
    });
  const isChain = mapping.fields.lamports !== undefined;

  const find = (view: RecordView, field: MappedField) => {
    for (const read of fields.get(field) ?? []) {
      const found = read(view);
      if (found) return found;
    }
    return undefined;
  };
  function attempt<T>(field: MappedField, read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (error instanceof ValueFault) throw new FieldFault(field, error.message);
      throw error;
    }
  }
  function needed(view: RecordView, field: MappedField) {
    const found = find(view, field);
    if (found) return found;
    throw new FieldFault(field, REASONS.required);
  }
  function integer(view: RecordView, field: MappedField, max = MAX_U64): string | null {
    const found = find(view, field);
    if (!found) return null;
    const { kind, text } = found.value;
    const fault = kind === INTEGER || kind === STRING ? findIntegerFault(text, max, 'notU64') : 'notU64';
    if (fault) throw new FieldFault(field, max === MAX_U64 ? REASONS[fault] : REASONS.notCallbackTime);
    return text;
  }
  /** A mapped slot must be there, unless it is only asked for. */
  function slotOf(view: RecordView): string | null {
    const slot = integer(view, 'slot');
    const source = mapping.fields.slot;
    if (slot === null && source !== undefined && !isOptional(source))
      throw new FieldFault('slot', REASONS.required);
    return slot;
  }

  function accountOf(view: RecordView): ChainAccount {
    const id = attempt('id', () => readKey(needed(view, 'id').value));
    const slot = slotOf(view);
    const writeVersion = integer(view, 'version');
    const signed = find(view, 'signature');
    const signature =
      signed && signed.value.text !== ''
        ? attempt('signature', () => readKey(signed.value, SIGNATURE_BYTES))
        : null;
    const closed = closedSlot === null ? undefined : view.value(closedSlot);
    const isNull = closed?.kind === WORD && closed.text === 'null';
    const lamports = isNull ? '0' : integer(view, 'lamports');
    if (lamports === null) throw new FieldFault('lamports', REASONS.required);
    // An account without lamports does not exist on the chain.
    if (lamports === '0') return { id, slot, writeVersion, state: null, signature };
    const owner = attempt('owner', () => readKey(needed(view, 'owner').value));
    const executable = find(view, 'executable');
    const rentEpoch = find(view, 'rentEpoch');
    const space = integer(view, 'space', MAX_CALLBACK_TIME);
    const data = find(view, 'data');
    return {
      id,
      slot,
      writeVersion,
      signature,
      state: {
        lamports,
        owner,
        executable: executable ? attempt('executable', () => readTruth(executable.value)) : false,
        rentEpoch: rentEpoch ? attempt('rentEpoch', () => readAnyNumber(rentEpoch.value)) : null,
        data: attempt('data', () =>
          readData(data?.value, data?.decode, space === null ? null : Number(space)),
        ),
      },
    };
  }

  /** An update of a source whose records are not accounts of the chain. */
  function plainOf(view: RecordView): Made {
    const text = (
      field: 'id' | 'accountType',
      limit: number,
      tooLong: 'idTooLong' | 'accountTypeTooLong',
    ) => {
      const { kind, text } = needed(view, field).value;
      if (kind !== STRING && kind !== INTEGER) throw new FieldFault(field, REASONS.notString);
      const fault = findNameFault(text, UNICODE_ESCAPE, limit, tooLong);
      if (fault) throw new FieldFault(field, REASONS[fault]);
      return text;
    };
    const id = text('id', UPDATE_LIMITS.idLength, 'idTooLong');
    const isChosen = !MEANINGS_OF_TYPE.has(reading.accountType);
    const accountType = isChosen
      ? reading.accountType
      : text('accountType', UPDATE_LIMITS.accountTypeLength, 'accountTypeTooLong');
    const tokens = integer(view, 'tokens');
    if (tokens === null) throw new FieldFault('tokens', REASONS.required);
    const slot = integer(view, 'slot');
    const version = integer(view, 'version');
    const callback = integer(view, 'callbackTimeMs', MAX_CALLBACK_TIME);
    const callbackTimeMs = callback === null ? reading.callbackTimeMs : Number(callback);
    const found = find(view, 'data')?.value;
    const written = found ? (found.kind === STRING ? JSON.stringify(found.text) : found.text) : null;
    const data = written ?? (mapping.fields.data === undefined ? view.text() : '{}');
    const fault = findUnstorable(data);
    if (fault) throw new FieldFault('data', REASONS[fault]);
    const content = { id, accountType, tokens, data, callbackTimeMs };
    if (version === null) return { kind: 'unnumbered', update: { ...content, slot } };
    return { kind: 'update', update: { ...content, version: versionText(slot ?? '0', version) } };
  }

  function arrivalOf(view: RecordView): { arrivalMs?: EpochMs } {
    const arrival = integer(view, 'arrivalMs', MAX_CALLBACK_TIME);
    return arrival === null ? {} : { arrivalMs: Number(arrival) };
  }

  function skip(what: string): void {
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }

  return {
    paths,
    aroundPaths,
    isOwn: Object.keys(mapping.fields).length === 0,
    accountOf: isChain ? accountOf : null,
    has: (view, field) => find(view, field) !== undefined,
    map(view) {
      subscriptions.learn(view);
      const slot = dead && meets(view, dead.tests) ? view.value(dead.slot)?.text : undefined;
      const isDeath = slot !== undefined && findIntegerFault(slot, MAX_U64, 'notU64') === undefined;
      const skip = skips.find(({ tests }) => meets(view, tests));
      if (isDeath) {
        const death = { slot, ...arrivalOf(view) };
        return { kind: 'skipped', what: skip?.name ?? 'dead slot', death };
      }
      if (skip) return { kind: 'skipped', what: skip.name };
      try {
        const made = isChain ? toUpdate(accountOf(view), reading, decode) : plainOf(view);
        return made.kind === 'reject' ? made : { ...made, ...arrivalOf(view) };
      } catch (error) {
        if (!(error instanceof FieldFault)) throw error;
        const { field, message } = error;
        return { kind: 'reject', field, reason: `${field}: ${message}` };
      }
    },
    skip,
    get skipped() {
      return [...counts].map(([name, records]) => ({ name, records }));
    },
  };
}

const MEANINGS_OF_TYPE: ReadonlySet<string> = new Set(['source', 'owner', 'mint', 'parsed']);

export function isOptional(source: OneSource | readonly OneSource[]): boolean {
  const sources = Array.isArray(source) ? source : [source as OneSource];
  return sources.some((one) => typeof one === 'object' && 'ask' in one && one.ask === 'slot');
}

/** Which key a subscription of `accountSubscribe` is for: the request names it, the answer to the request the subscription. */
function createSubscriptions(slotFor: (path: string) => number) {
  const asked = new Map<string, string>();
  const keys = new Map<string, string>();
  const [id, method, key, result] = ['id', 'method', 'params.0', 'result'].map(slotFor);
  const MOST = 100_000;
  return {
    isWanted: false,
    learn(view: RecordView): void {
      if (!this.isWanted) return;
      const request = view.value(id as number)?.text;
      if (request === undefined) return;
      const subscription = view.value(result as number);
      const named = view.value(key as number);
      if (view.value(method as number)?.text === 'accountSubscribe' && named?.kind === STRING) {
        if (asked.size < MOST) asked.set(request, named.text);
      } else if (subscription?.kind === INTEGER) {
        const of = asked.get(request);
        if (of !== undefined && keys.size < MOST) keys.set(subscription.text, of);
      }
    },
    keyOf: (subscription: string | undefined) =>
      subscription === undefined ? undefined : keys.get(subscription),
  };
}
