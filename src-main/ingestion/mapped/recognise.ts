import { type Mapping, type MappingInput, mappingSchema } from '../../../src-shared/mapping';
import { isOwnName } from '../field-names';
import { ARRAY, INTEGER, OBJECT, STRING } from '../json-scan';
import { alternativesOf, splitPath, splitTest } from './field-scan';
import { OWN_FIELDS, SHIPPED } from './known-formats';
import { type Seen, valuesAt } from './look-at-text';

/** Whether it is a record of Ingot's own: it has a field that no other shape has. */
export const isOwn = ({ kind, parts }: Seen): boolean =>
  kind === OBJECT && parts.some(([name]) => isOwnName(name));

function meets(seen: Seen, test: string): boolean {
  return alternativesOf(test).some((one) => {
    const { path, wanted } = splitTest(one);
    const values = valuesAt(seen, splitPath(path));
    return values.some(({ text }) => wanted === null || text === wanted);
  });
}

/** A shape that is known from the first documents; undefined: none. */
export function recogniseFormat(documents: readonly Seen[]): Mapping | undefined {
  const shipped = SHIPPED.find(({ signs }) =>
    documents.some((document) => signs.every((sign) => meets(document, sign))),
  );
  return shipped?.mapping;
}

/** Whether more of the text may tell: so far there were only messages that a known format has beside its updates. */
export function mayYetBeKnown(documents: readonly Seen[]): boolean {
  return documents.every((document) =>
    SHIPPED.some(({ mapping }) => Object.values(mapping.skip).some((test) => meets(document, test))),
  );
}

const USED_LEVELS = 3;

/** Ingot's own records inside something else. */
export function recogniseWrapped(document: Seen | undefined): Mapping | undefined {
  const list = document && findOwnList(document, USED_LEVELS);
  if (list === undefined) return undefined;
  const { path, named } = list;
  const of = path === '' ? 'by their names' : `in ${path}`;
  const mapping: MappingInput = {
    name: named ? 'named-updates' : 'wrapped-updates',
    title: `Updates ${of}`,
    list: path,
    fields: named ? { ...OWN_FIELDS, id: [OWN_FIELDS.id, { key: true }] } : {},
  };
  return mappingSchema.parse(mapping);
}

function findOwnList(seen: Seen, levels: number): { path: string; named: boolean } | undefined {
  if (seen.kind !== OBJECT) return undefined;
  if (seen.parts.length > 1 && seen.parts.every(([, part]) => isOwn(part) || !part.isWhole)) {
    if (seen.parts.some(([, part]) => isOwn(part))) return { path: '', named: true };
  }
  for (const [name, part] of seen.parts) {
    const [first] = part.parts;
    if (part.kind === ARRAY && first && isOwn(first[1])) return { path: escapeName(name), named: false };
    const within = levels > 1 ? findOwnList(part, levels - 1) : undefined;
    if (within) return { path: joinPath(escapeName(name), within.path), named: within.named };
  }
  return undefined;
}

const escapeName = (name: string) => name.replace(/[\\.|=]/g, '\\$&');
const joinPath = (...parts: readonly string[]) => parts.filter((part) => part !== '').join('.');

/** Paths of the lists of objects in a document, the longest list first. */
export function listsIn(document: Seen): string[] {
  const found: { path: string; length: number }[] = [];
  const search = (seen: Seen, path: string, levels: number) => {
    if (seen.kind === ARRAY && seen.parts.some(([, part]) => part.kind === OBJECT)) {
      found.push({ path, length: seen.parts.length });
    }
    if (seen.kind !== OBJECT || levels === 0) return;
    for (const [name, part] of seen.parts) search(part, joinPath(path, escapeName(name)), levels - 1);
  };
  search(document, '', USED_LEVELS);
  return found.sort((a, b) => b.length - a.length).map(({ path }) => path);
}

/** The first records that a mapping finds. */
export function recordsIn(documents: readonly Seen[], list: string | null): Seen[] {
  if (list === null) return [...documents];
  return documents
    .flatMap((document) => valuesAt(document, splitPath(list)))
    .flatMap(({ parts }) => parts.map(([, part]) => part));
}

/** Every value in these, by its path, in the order in which they come. */
export function fieldsIn(records: readonly Seen[], without: string | null = null): Map<string, Seen[]> {
  const fields = new Map<string, Seen[]>();
  const add = (seen: Seen, path: string, levels: number) => {
    if (path !== '' && path === without) return;
    if (path !== '' && fields.size < MOST_FIELDS) fields.set(path, [...(fields.get(path) ?? []), seen]);
    if (seen.kind !== OBJECT || levels === 0) return;
    for (const [name, part] of seen.parts) add(part, joinPath(path, escapeName(name)), levels - 1);
  };
  for (const record of records.slice(0, MOST_RECORDS)) add(record, '', MOST_LEVELS);
  return fields;
}
const MOST_FIELDS = 100;
const MOST_RECORDS = 20;
const MOST_LEVELS = 5;

const KEY = /^[1-9A-HJ-NP-Za-km-z]{32,44}$/;
/** Names that a field usually has, the most usual first, without case and underscores. */
const USUAL = {
  id: /^(pubkey|address|account|accountid|accountkey|id|key|mint)$/,
  slot: /^(slot|blockslot|contextslot|lastindexedslot)$/,
  version: /^(writeversion|version|sequence|seq|nonce|revision)$/,
  lamports: /^lamports$/,
  owner: /^(owner|ownerprogram|program|programid)$/,
  executable: /^executable$/,
  rentEpoch: /^rentepoch$/,
  space: /^(space|datalen|datalength)$/,
  accountType: /^(accounttype|type|kind|interface|category|program|owner|mint)$/,
  tokens: /^(tokens|amount|balance|lamports|supply|quantity|value)$/,
  callbackTimeMs: /^(callbacktimems|delayms|ttlms)$/,
  data: /^(data|payload)$/,
  signature: /^(txnsignature|signature|txsignature)$/,
} as const;

/** A mapping to begin with, for a shape that is not known. */
export function guessMapping(documents: readonly Seen[], container: Mapping['container']): Mapping {
  const [first] = documents;
  const list = first && container === 'json' ? (listsIn(first)[0] ?? null) : null;
  const fields = fieldsIn(recordsIn(documents, list));
  const paths = [...fields.keys()];
  const find = (field: keyof typeof USUAL, fits: (values: readonly Seen[]) => boolean = () => true) =>
    paths.find((path) => {
      const name = (splitPath(path).at(-1) ?? '').replaceAll('_', '').toLowerCase();
      return USUAL[field].test(name) && fits(fields.get(path) ?? []);
    });
  const areScalars = (values: readonly Seen[]) =>
    values.every(({ kind }) => kind === STRING || kind === INTEGER);
  const areIntegers = (values: readonly Seen[]) => values.every(({ text }) => /^\d{1,20}$/.test(text));
  const areKeys = (values: readonly Seen[]) => values.every(({ text }) => KEY.test(text));
  const id =
    find('id', areKeys) ?? find('id', areScalars) ?? paths.find((path) => areKeys(fields.get(path) ?? []));
  const guessed: MappingInput['fields'] = {};
  const put = (field: keyof typeof guessed, path: string | undefined) => {
    if (path !== undefined) guessed[field] = path;
  };
  put('id', id);
  put('slot', find('slot', areIntegers));
  put('version', find('version', areIntegers));
  put('signature', find('signature'));
  const lamports = find('lamports', areIntegers);
  const owner = find('owner', areKeys);
  if (id !== undefined && areKeys(fields.get(id) ?? []) && lamports !== undefined && owner !== undefined) {
    for (const field of ['lamports', 'executable', 'rentEpoch', 'space'] as const) put(field, find(field));
    put('owner', owner);
    const data = find('data');
    if (data !== undefined) guessed.data = { path: data, decode: ['base64'] };
  } else {
    put('accountType', find('accountType', areScalars));
    put('tokens', find('tokens', areIntegers));
    put('callbackTimeMs', find('callbackTimeMs', areIntegers));
    put('data', find('data'));
    delete guessed.signature;
  }
  return mappingSchema.parse({
    name: 'guessed',
    title: 'A shape of its own',
    container,
    list,
    fields: guessed,
  });
}
