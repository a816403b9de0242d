import {
  type Decoding,
  type FoundField,
  MAPPED_FIELDS,
  type MappedField,
  type Mapping,
  type SourceReading,
} from '../../src-shared/mapping';

type FieldSource = NonNullable<Mapping['fields'][MappedField]>;

export const ORIGINS = ['none', 'path', 'around', 'constant', 'key', 'ask', 'subscription'] as const;
/** Where the value of a field comes from. `several`: the first place that has something, as only a known mapping says. */
export type Origin = (typeof ORIGINS)[number] | 'several';

/** One field of the mapping as a person edits it. */
export interface FieldRow {
  readonly field: MappedField;
  readonly origin: Origin;
  /** A path, a constant, or the name of a question; unused by `none` and `key`. */
  readonly value: string;
  /** Of a path. */
  readonly decode: readonly Decoding[];
  /** All of `several`. */
  readonly places: FieldSource | null;
}

export function rowsOf({ fields }: Mapping): readonly FieldRow[] {
  return MAPPED_FIELDS.map((field) => ({ field, ...readSource(fields[field]) }));
}

function readSource(source: FieldSource | undefined): Omit<FieldRow, 'field'> {
  const row = (origin: Origin, value = '', decode: readonly Decoding[] = []) => ({
    origin,
    value,
    decode,
    places: null,
  });
  if (source === undefined) return row('none');
  if (Array.isArray(source)) return { ...row('several'), places: source };
  if (typeof source === 'string') return row('path', source);
  if ('path' in source) return row('path', source.path, source.decode);
  if ('around' in source) return row('around', source.around);
  if ('constant' in source) return row('constant', source.constant);
  if ('key' in source) return row('key');
  if ('ask' in source) return row('ask', source.ask);
  return row('subscription', source.subscription);
}

/** The mapping with this field changed. */
export function withField(mapping: Mapping, row: FieldRow): Mapping {
  const { [row.field]: _, ...others } = mapping.fields;
  const source = writeSource(row);
  return { ...mapping, fields: source === null ? others : { ...others, [row.field]: source } };
}

function writeSource({ origin, value, decode, places }: FieldRow): FieldSource | null {
  switch (origin) {
    case 'several':
      return places;
    case 'none':
      return null;
    case 'path':
      return decode.length === 0 ? value : { path: value, decode: [...decode] };
    case 'around':
      return { around: value };
    case 'constant':
      return { constant: value };
    case 'key':
      return { key: true };
    case 'ask':
      return { ask: value };
    case 'subscription':
      return { subscription: value };
  }
}

/** The first value that the field has in the source, as text before its decoding; null: none, or it is not among those found. */
export function exampleOf({ origin, value }: FieldRow, found: SourceReading): string | null {
  if (origin === 'constant') return value;
  const among: readonly FoundField[] =
    origin === 'path' ? found.fields : origin === 'around' ? found.around : [];
  return among.find(({ path }) => path === value)?.examples[0] ?? null;
}

/** Whether the value that says that an account was closed is in the source; null: its path does not name one value. */
export function closedExample(path: string, found: SourceReading): string | null {
  if (path === '' || path.includes('|')) return null;
  const field = found.fields.find((each) => each.path === path);
  if (field === undefined) return 'not in the first records';
  return field.kinds.includes('null')
    ? 'null in some of the first records'
    : 'never null in the first records';
}

/** What is no update: its name, and the test that it meets. */
export interface SkipRow {
  readonly name: string;
  readonly test: string;
}

/** Rows that are not complete are left out. */
export const skipOf = (rows: readonly SkipRow[]): Mapping['skip'] =>
  Object.fromEntries(rows.flatMap(({ name, test }) => (name && test ? [[name, test]] : [])));

/** The rows as they were typed, while they make what the mapping has. */
export function skipRowsOf({ skip }: Mapping, typed: readonly SkipRow[]): readonly SkipRow[] {
  const isTyped = JSON.stringify(inOrder(skipOf(typed))) === JSON.stringify(inOrder(skip));
  return isTyped ? typed : Object.entries(skip).map(([name, test]) => ({ name, test }));
}

const USUAL: readonly (readonly Decoding[])[] = [
  [],
  ['base64'],
  ['base58'],
  ['hex'],
  ['bytes'],
  ['base64', 'zstd'],
];
/** The usual ones, and the one in use. */
export function decodingsFor(inUse: readonly Decoding[]): readonly (readonly Decoding[])[] {
  const isUsual = USUAL.some((decode) => decode.join() === inUse.join());
  return isUsual ? USUAL : [...USUAL, inUse];
}

/** Whatever the order of their names: the database does not keep it. */
export const isSameMapping = (a: Mapping, b: Mapping): boolean =>
  JSON.stringify(inOrder(a)) === JSON.stringify(inOrder(b));

function inOrder(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(inOrder);
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, one]) => [name, inOrder(one)]);
}
