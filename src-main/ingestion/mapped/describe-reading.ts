import type {
  Ask,
  FoundField,
  MappedField,
  Mapping,
  Meaning,
  OneSource,
  Reading,
  SourceReading,
} from '../../../src-shared/mapping';
import type { ChainAccount } from '../chain-account';
import { type Decode, decodedIntegers } from '../decoding/decoded';
import { ABSENT, ARRAY, type JsonKind, OBJECT, STRING, WORD } from '../json-scan';
import { leaveOutSecrets } from '../secrets';
import { decodingOf, tokenFactsOf } from '../to-update';
import { readKey } from './account-values';
import type { Seen } from './look-at-text';
import { fieldsIn, listsIn, recordsIn } from './recognise';
import { isOptional, keysOf } from './record-mapper';

/** What the beginning of a source tells about how it is read. */
export interface Beginning {
  readonly documents: readonly Seen[];
  /** Of the first records. */
  readonly accounts: readonly ChainAccount[];
  readonly isKnown: boolean;
  /** Keys that are still asked for: subscriptions without their request. */
  readonly isKeyMissing: boolean;
  /** Whether any record has one; null: none is whole in the beginning. */
  readonly having: { readonly slots: boolean; readonly versions: boolean } | null;
  readonly decode: Decode;
}

export function describeReading(
  mapping: Mapping,
  reading: Reading,
  { documents, accounts, isKnown, isKeyMissing, having, decode }: Beginning,
): Omit<SourceReading, 'skipped' | 'notes'> {
  const { name, title, url, fields, list } = mapping;
  const records = recordsIn(documents, list);
  const isChain = fields.lamports !== undefined;
  // An account of the chain without the slot that it should have is rejected.
  const isSlotNeeded = isChain && fields.slot !== undefined && !isOptional(fields.slot);
  const mayHave = (field: 'slot' | 'version') =>
    sourcesOf(fields[field]).some((source) => {
      const ask = askOf(source);
      return ask === null || (reading.answers[ask] ?? '') !== '';
    });
  const hasSlots = isSlotNeeded || (having?.slots ?? mayHave('slot'));
  const hasVersions = having?.versions ?? mayHave('version');
  const isPaired = sourcesOf(fields.id).some(
    (source) => typeof source === 'object' && 'subscription' in source,
  );
  const isAsked = (name: string) =>
    (name === 'key' ? !isPaired || isKeyMissing : name !== 'slot' || !having?.slots) ||
    name in reading.answers;
  const length = list === null ? null : wholeLength(documents, list);
  const asks = asksOf(mapping, reading, length).filter(({ name }) => isAsked(name));
  const warnings: string[] = [];
  const isOwn = Object.keys(fields).length === 0;
  if (!isOwn && !hasSlots && !hasVersions) {
    warnings.push(
      'The source has no slots: each import counts as newer than the last. In a database that has slots too, whatever has a slot counts as newer than all of it.',
    );
  }
  const mints = new Set(accounts.flatMap(({ state }) => (state && tokenFactsOf(state)?.mint) ?? []));
  if (reading.tokens === 'amount' && reading.accountType !== 'mint' && mints.size > 1) {
    warnings.push(
      `Amounts of ${mints.size} mints or more would be compared within one type. Choose the mint as the type.`,
    );
  }
  const needsCallbackTime = !isOwn && fields.callbackTimeMs === undefined;
  return {
    format: isKnown ? { name, title, url } : null,
    mapping,
    asks,
    tokens: isChain ? tokensMeanings(accounts, decode) : [],
    accountType: isChain ? typeMeanings(accounts, decode) : [],
    needsCallbackTime,
    hasSlots,
    warnings,
    fields: describeFields(fieldsIn(records)),
    lists: documents[0] ? listsIn(documents[0]) : [],
    around: list === null || !documents[0] ? [] : describeFields(fieldsIn(documents.slice(0, 1), list)),
  };
}

const ASKS: Readonly<Record<string, Pick<Ask, 'label' | 'hint' | 'isLong'>>> = {
  keys: {
    label: 'Public keys, in the order of the request',
    hint: 'The answer does not repeat the keys that were asked for. One a line.',
    isLong: true,
  },
  key: {
    label: 'Public key of the account',
    hint: 'The source does not say which account this is.',
    isLong: false,
  },
  slot: {
    label: 'Slot',
    hint: 'If you know at which slot this was read. Left out: each import counts as newer than the last.',
    isLong: false,
  },
};

const sourcesOf = (source: Mapping['fields'][MappedField]): readonly OneSource[] =>
  source === undefined ? [] : [source].flat();
const askOf = (source: OneSource): string | null =>
  typeof source === 'object' && 'ask' in source ? source.ask : null;

function asksOf(mapping: Mapping, reading: Reading, records: number | null): Ask[] {
  const names = new Set(
    Object.values(mapping.fields)
      .flatMap(sourcesOf)
      .flatMap((one) => askOf(one) ?? []),
  );
  return [...names].map((name) => {
    const answer = reading.answers[name]?.trim() ?? '';
    const known = ASKS[name] ?? { label: name, hint: 'The source does not contain it.', isLong: false };
    return {
      name,
      ...known,
      isOptional: name === 'slot',
      isAnswered: answer !== '',
      error: answer === '' ? null : findAnswerFault(name, answer, records),
    };
  });
}

function findAnswerFault(name: string, answer: string, records: number | null): string | null {
  if (name === 'slot') return /^(0|[1-9]\d{0,18})$/.test(answer) ? null : 'A slot is a whole number.';
  if (name !== 'key' && name !== 'keys') return null;
  const keys = keysOf(answer);
  const wrong = keys.find((text) => !isKey(text));
  if (wrong !== undefined) return `${wrong.slice(0, 50)} is not a public key.`;
  if (name === 'key') return keys.length === 1 ? null : 'One key is needed.';
  if (records === null || records === keys.length) return null;
  return `The answer has ${records} accounts, and here are ${keys.length} keys.`;
}

function isKey(text: string): boolean {
  try {
    readKey({ kind: STRING, text });
    return true;
  } catch {
    return false;
  }
}

/** Null: its end was not read, or it is long. */
function wholeLength(documents: readonly Seen[], list: string): number | null {
  const [first] = documents;
  if (!first?.isWhole) return null;
  const { length } = recordsIn([first], list);
  return length < 64 ? length : null;
}

function tokensMeanings(accounts: readonly ChainAccount[], decode: Decode): Meaning[] {
  const facts = accounts.flatMap(({ state }) => (state && tokenFactsOf(state)) ?? []);
  const amount = facts.find(({ type }) => type === 'account')?.amount ?? null;
  const supply = facts.find(({ type }) => type === 'mint')?.amount ?? null;
  const lamports = accounts.find(({ state }) => state !== null)?.state?.lamports ?? null;
  return [
    { value: 'lamports', label: 'Lamports', example: lamports },
    { value: 'amount', label: 'Amount of a token account', example: amount },
    { value: 'supply', label: 'Supply of a mint', example: supply },
    ...decodedMeanings(accounts, decode),
  ];
}

/** More fields than this are too many to choose from; they can be named. */
const MOST_FIELDS = 12;

/** The decoded numbers that tokens can be. */
function decodedMeanings(accounts: readonly ChainAccount[], decode: Decode): Meaning[] {
  const found = new Map<string, string>();
  for (const { state } of accounts) {
    const decoding = state && decodingOf(state, decode);
    for (const [path, value] of decodedIntegers(decoding)) if (!found.has(path)) found.set(path, value);
  }
  return [...found]
    .slice(0, MOST_FIELDS)
    .map(([path, example]) => ({ value: `decoded:${path}`, label: `Decoded ${path}`, example }));
}

function typeMeanings(accounts: readonly ChainAccount[], decode: Decode): Meaning[] {
  const states = accounts.flatMap(({ state }) => state ?? []);
  const [state] = states;
  const facts = states.map(tokenFactsOf);
  const parsed = states.flatMap((one) => {
    if (one.data.kind === 'parsed') return one.data.type ?? [];
    const decoding = decodingOf(one, decode);
    return decoding && 'type' in decoding ? decoding.type : [];
  });
  return [
    { value: 'owner', label: 'Owner program', example: state?.owner ?? null },
    {
      value: 'mint',
      label: 'Mint of a token account',
      example: facts.find((one) => one?.mint)?.mint ?? null,
    },
    {
      value: 'parsed',
      label: 'Kind of account',
      example: facts.find((one) => one)?.type ?? parsed[0] ?? null,
    },
  ];
}

const SHOWN = 60;
const EXAMPLES = 3;

function describeFields(fields: ReadonlyMap<string, readonly Seen[]>): FoundField[] {
  return [...fields].map(([path, values]) => {
    const kinds = new Set(values.flatMap(({ kind, text }) => kindName(kind, text)));
    const texts = values.flatMap(({ kind, text }) => (kind === OBJECT || kind === ARRAY ? [] : text));
    const examples = [...new Set(texts.map((text) => toExample(path, text)))].slice(0, EXAMPLES);
    return { path, kinds: [...kinds], examples };
  });
}

function kindName(kind: JsonKind, text: string): FoundField['kinds'][number] | [] {
  if (kind === ABSENT) return [];
  if (kind === STRING) return 'text';
  if (kind === OBJECT) return 'object';
  if (kind === ARRAY) return 'list';
  if (kind === WORD) return text === 'null' ? 'null' : 'true or false';
  return 'number';
}

/** Never a secret. */
function toExample(path: string, text: string): string {
  const name = JSON.stringify(path.split('.').at(-1));
  const shown = leaveOutSecrets(`${name}:${JSON.stringify(text)}`, false);
  return shown.includes('[left out]') ? '[left out]' : text.slice(0, SHOWN);
}
