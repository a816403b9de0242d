import { IngotError } from '../../../src-shared/errors';
import type { Mapping, Reading, SourceReading } from '../../../src-shared/mapping';
import { findField } from '../field-names';
import { firstRecord, recogniseRecord } from '../foreign-records';
import { ARRAY, OBJECT, STRING } from '../json-scan';
import type { TextSource } from '../text-source';
import { alternativesOf, splitPath } from './field-scan';
import { CSV, SHIPPED, YELLOWSTONE_PROTOBUF } from './known-formats';
import { lookAtDocuments, type Seen, valuesAt } from './look-at-text';
import {
  guessMapping,
  isOwn,
  mayYetBeKnown,
  recogniseFormat,
  recogniseWrapped,
  recordsIn,
} from './recognise';

/** A source whose records are not Ingot's own, and what is known of it. */
export interface FoundFormat {
  readonly mapping: Mapping;
  /** Otherwise the mapping is a guess. */
  readonly isKnown: boolean;
  /** Of its beginning. */
  readonly documents: readonly Seen[];
}

/** A source is recognised within this much of its text. */
const LOOKED_AT_BYTES = 256 * 1024;
const SHOWN_ROWS = 20;

export function findShipped(name: string): Mapping | undefined {
  const other = [YELLOWSTONE_PROTOBUF, CSV].find((mapping) => mapping.name === name);
  if (other) return other;
  return SHIPPED.find(({ mapping }) => mapping.name === name)?.mapping;
}

/** @throws IngotError `invalid_input` if no format that ships with Ingot has this name. */
export function mappingOf(wanted: Exclude<Reading['mapping'], null>): Mapping {
  if (typeof wanted !== 'string') return wanted;
  const shipped = findShipped(wanted);
  if (shipped) return shipped;
  throw new IngotError('invalid_input', `There is no mapping ${wanted}.`, {
    hint: '"ingot formats" lists them.',
  });
}

/** What the text is: another format, or Ingot's own records, or something that is not known. */
export async function findFormat(
  text: TextSource,
  wanted: Reading['mapping'],
): Promise<{ known: FoundFormat | null; documents: readonly Seen[] }> {
  // Its columns are known only from its header.
  const chosen = wanted === null || wanted === CSV.name ? undefined : mappingOf(wanted);
  if (text.format === 'protobuf') {
    return {
      known: { mapping: chosen ?? YELLOWSTONE_PROTOBUF, isKnown: true, documents: [] },
      documents: [],
    };
  }
  const { head, grow } = text.beginning;
  const isCsv = text.format === 'csv';
  let isAll = false;
  for (;;) {
    isAll ||= head().length >= LOOKED_AT_BYTES;
    const seen = isCsv ? await lookAtRows(head()) : lookAtDocuments(head(), text.format === 'json-array');
    // What is cut off may look like something else: another name may follow.
    const documents = isAll ? seen : seen.filter(({ isWhole }) => isWhole);
    const found = (mapping: Mapping) => ({ known: { mapping, isKnown: true, documents }, documents });
    if (chosen) {
      if (documents.some(({ kind }) => kind === OBJECT || kind === ARRAY)) return found(chosen);
      // Numbers alone may be a key pair: none of them is read as a record.
      if (isAll) return documents.length === 0 ? found(chosen) : { known: null, documents };
    } else if (seen.some(isOwn)) {
      if (!isCsv) return { known: null, documents };
      return found({ ...CSV, fields: guessMapping(documents, 'csv').fields });
    } else {
      const mapping =
        recogniseFormat(documents) ?? (isRefused(text) ? undefined : recogniseWrapped(documents[0]));
      if (mapping) return found(asWritten(isCsv ? { ...mapping, container: 'csv' } : mapping, documents));
      if (isAll || !mayYetBeKnown(documents)) return { known: null, documents };
    }
    isAll = !(await grow(head().length + 1));
  }
}

/** Whether its first record is surely something that no mapping is for, such as an event or a backup of Ingot. */
function isRefused({ format, beginning }: TextSource): boolean {
  const first = recogniseRecord(firstRecord(beginning.head(), format));
  return first !== undefined && !first.mayBeMapped;
}

/** Some tools write the bytes of a format in hex, which could be base64 too: told by the first records together. */
function asWritten(mapping: Mapping, documents: readonly Seen[]): Mapping {
  const { data } = mapping.fields;
  if (typeof data !== 'object' || !('path' in data) || data.decode?.[0] !== 'base64') return mapping;
  const texts = recordsIn(documents, mapping.list)
    .flatMap((record) => alternativesOf(data.path).flatMap((path) => valuesAt(record, splitPath(path))))
    .flatMap(({ kind, text }) => (kind === STRING ? text : []));
  const isHex = texts.join('').length >= SURE_DIGITS && texts.every((text) => /^[0-9a-f]*$/i.test(text));
  return isHex ? { ...mapping, fields: { ...mapping.fields, data: { ...data, decode: ['hex'] } } } : mapping;
}
/** So many digits of base64 are never all digits of hex. */
const SURE_DIGITS = 32;

/** The header, a row, and one after it: so long the reader waits with a row. */
const LINES_OF_HEADER = 3;

/** The first rows of a text, as if they were JSON. */
async function lookAtRows(head: Buffer): Promise<Seen[]> {
  const { createCsvReader, findDelimiter } = await import('./csv-reader');
  const text = head.toString('utf8');
  const names = text.split('\n', 1)[0] ?? '';
  if (!text.includes('\n')) return [];
  const rows: Seen[] = [];
  const looker = {
    paths: [],
    aroundPaths: [],
    isOwn: false,
    accountOf: null,
    has: () => false,
    map: () => ({ kind: 'skipped', what: '' }) as const,
    skip: () => undefined,
    skipped: [],
  };
  const look = (bytes: Buffer) =>
    createCsvReader(looker, findDelimiter(names), (view) => {
      const row = JSON.parse(view.text()) as Record<string, string>;
      const parts = Object.entries(row).map(
        ([name, value]) =>
          [name, { kind: STRING, text: value.slice(0, 200), parts: [], isWhole: true }] as const,
      );
      if (rows.length < SHOWN_ROWS) rows.push({ kind: OBJECT, text: '', parts, isWhole: true });
    }).read(bytes);
  look(head);
  // The first row is long: its names have to do.
  if (rows.length === 0 && head.length >= LOOKED_AT_BYTES)
    look(Buffer.from(`${names}\n`.repeat(LINES_OF_HEADER)));
  return rows;
}

/** A mapping to begin with, for a shape that is not known; null: it has no objects, or only names of Ingot's own fields. */
export function guessFormat(text: TextSource, documents: readonly Seen[]): FoundFormat | null {
  const [first] = documents;
  if (first?.kind !== OBJECT || documents.some(isOwn)) return null;
  if (first.parts.every(([name]) => findField(name) !== undefined)) return null;
  const mapping = guessMapping(documents, text.format === 'csv' ? 'csv' : 'json');
  return { mapping, isKnown: false, documents };
}

export async function describeGuess(
  { mapping, documents }: FoundFormat,
  reading: Reading,
): Promise<SourceReading> {
  const { describeReading } = await import('./describe-reading');
  const none = { accounts: [], isKnown: false, isKeyMissing: false, having: null, decode: () => null };
  return { ...describeReading(mapping, reading, { documents, ...none }), skipped: [], notes: [] };
}
