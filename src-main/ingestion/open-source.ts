import { stat } from 'node:fs/promises';
import type { SourcePreview } from '../../src-shared/contract';
import { IngotError, toWireError, type WireError } from '../../src-shared/errors';
import { readingFrom } from '../../src-shared/mapping';
import { createBatchRoom } from './batch-room';
import { type ByteSource, openBytes, type SourceSpec } from './byte-source';
import { CANONICAL, MIXED } from './field-names';
import { openFolder } from './folder-source';
import { firstRecord, recogniseNoRecords, recogniseRecord } from './foreign-records';
import { type Recognised, recogniseText, refusal, WANTED } from './foreign-text';
import type { FoundFormat } from './mapped/find-format';
import { readPieces } from './read-pieces';
import { REASONS } from './reasons';
import type { RecordSource, SourceRecord } from './record';
import { createRecordReader } from './record-reader';
import { openText, type ReadOptions } from './text-source';

export type { FileSpec, SourceSpec } from './byte-source';
export type { ReadOptions } from './text-source';

/**
 * Opens a source and reads enough to know its format and that it holds records.
 *
 * @throws IngotError `source_unreadable` if it cannot be read, is empty, or certainly has no updates.
 */
export function openSource(spec: SourceSpec, options: ReadOptions = {}): Promise<RecordSource> {
  return open(spec, options, false);
}

/** A directory gives its JSON files. */
async function openStored(spec: SourceSpec, { skipBrokenLines }: ReadOptions): Promise<ByteSource> {
  const isFolder = spec.kind === 'file' && (await stat(spec.path).catch(() => undefined))?.isDirectory();
  return isFolder ? openFolder(spec.path, spec.name, skipBrokenLines) : openBytes(spec);
}

async function open(spec: SourceSpec, options: ReadOptions, guesses: boolean): Promise<RecordSource> {
  const bytes = await openStored(spec, options);
  try {
    return await openRecords(spec, bytes, options, guesses);
  } catch (error) {
    await bytes.close();
    throw error;
  }
}

/** The start of a source before its run, and why it ends early if it is broken there. */
export interface PreviewWithFault extends SourcePreview {
  readonly fault: WireError | null;
}

/** Records may be large: a preview ends with the one that crosses this limit. */
const PREVIEW_CHARACTERS = 1024 * 1024;

/**
 * Reads the beginning of a source and closes it. A stream is used up by this.
 *
 * @param count At most this many records, from 1; fewer if they are large.
 * @throws IngotError `source_unreadable`, as
 * `openSource` does.
 */
export async function previewSource(
  spec: SourceSpec,
  count: number,
  options: ReadOptions = {},
): Promise<PreviewWithFault> {
  const source = await open(spec, options, true);
  const records: SourcePreview['records'][number][] = [];
  const room = createBatchRoom(count, PREVIEW_CHARACTERS);
  let fault: WireError | null = null;
  try {
    for await (const chunk of source.chunks()) {
      for (const record of chunk) {
        if (room.isFull()) break;
        records.push(toPreviewRecord(record));
        room.add(record);
      }
      if (room.isFull()) break;
    }
  } catch (error) {
    if (!(error instanceof IngotError)) throw error;
    fault = toWireError(error);
  }
  const { name, bytesTotal: sizeBytes, format, compression, reading, fieldMap, notes } = source;
  return { name, sizeBytes, format, compression, reading, fieldMap, notes, records, fault };
}

function toPreviewRecord(source: SourceRecord): SourcePreview['records'][number] {
  const { record, kind } = source;
  switch (kind) {
    case 'update':
      return { record, kind, slot: null, ...source.update };
    case 'unnumbered':
      return { record, kind: 'update', version: null, ...source.update };
    case 'reject':
      return { record, kind, reason: source.reason, excerpt: source.excerpt };
  }
}

/** @param guesses Whether a shape that is not known is read by a guess, instead of refused. */
async function openRecords(
  spec: SourceSpec,
  bytes: ByteSource,
  options: ReadOptions,
  guesses: boolean,
): Promise<RecordSource> {
  const { name } = bytes;
  const text = await openText(name, bytes.pieces(), options);
  const { compression, pieces, offset, suspect } = text;
  const { skipBrokenLines = false, idls = [] } = options;
  const reading = readingFrom(options);
  const { describeGuess, findFormat, guessFormat } = await import('./mapped/find-format');
  const found = await findFormat(text, reading.mapping);
  const isFile = spec.kind === 'file' && bytes.bytesTotal !== null;
  const openAgain = isFile ? () => openStored(spec, options) : null;
  /** Loaded with its libraries when it is needed: a source of Ingot's own updates does without. */
  const openFound = async (format: FoundFormat) => {
    const { openMapped } = await import('./mapped/open-mapped');
    return openMapped({ bytes, openAgain }, text, format, reading, {
      skipBrokenLines,
      isPreview: guesses,
      idls,
    });
  };
  if (found.known) return openFound(found.known);
  const format = text.format === 'json-array' ? 'json-array' : 'ndjson';
  const isText = format === text.format && !text.hasPrompts;
  const guess = guesses ? guessFormat(text, found.documents) : null;
  const isRefused = !isText || recogniseRecord(firstRecord(text.beginning.head(), format))?.mayBeMapped;
  if (guess && isRefused) return openFound(guess);
  if (!isText) throw refusal(name, suspect ?? { what: 'holds no account updates', hint: WANTED });
  const guessed = guess && (await describeGuess(guess, reading));
  const reader = createRecordReader({ format, offset, skipBrokenLines });
  const beginning = createBeginning();

  const { readPiece, isAtEnd, chunks, progress, close } = readPieces(bytes, pieces, reader, {
    maySkip: format === 'ndjson' && !skipBrokenLines,
    read(piece) {
      if (reader.recordCount === 0 || beginning.isShort()) beginning.add(piece);
      return reader.read(piece);
    },
  });

  /**
   * Reads until a record is valid, or an object that does not look foreign, or far enough to know.
   * @throws IngotError
   * `source_unreadable` if the source certainly has no updates.
   */
  async function readAhead(): Promise<SourceRecord[]> {
    const records: SourceRecord[] = [];
    let found: Recognised | undefined;
    for (;;) {
      for (const record of await readPiece()) records.push(record);
      // The same records are inspected, however the text is cut into pieces.
      const looked = records.slice(0, LOOK_WITHIN_RECORDS);
      if (looked.some(({ kind }) => kind === 'update')) return records;
      const hasObject = looked.some((record) => record.kind === 'reject' && record.field !== 'record');
      const isOver = reader.fault !== undefined || isAtEnd() || records.length >= LOOK_WITHIN_RECORDS;
      if (records.length > 0 || isOver) found ??= recogniseRecord(firstRecord(beginning.text(), format));
      if (hasObject && found === undefined) return records;
      if (!isOver) continue;
      while (!isAtEnd() && !beginning.hasLine()) await readPiece();
      if (!hasObject) found ??= suspect ?? recogniseText(beginning.firstLine());
      if (!hasObject && records.length > 0) {
        const [first] = records;
        const isBroken = first?.kind === 'reject' && first.reason !== `record: ${REASONS.notObject}`;
        const fault = isBroken ? first.reason.replace('record: ', '') : undefined;
        found ??= recogniseNoRecords(beginning.text(), fault);
      }
      if (found !== undefined) throw refusal(name, found);
      return records;
    }
  }

  let ahead = await readAhead();

  return {
    name,
    bytesTotal: bytes.bytesTotal,
    format,
    compression,
    reading: guessed,
    skipped: [],
    idls: [],
    get fieldMap() {
      return reader.usedNames.describe();
    },
    get notes() {
      return [...describeNames(name, reader.usedNames.describe()), ...text.notes(), ...bytes.notes];
    },
    chunks() {
      const records = ahead;
      ahead = [];
      return chunks(records);
    },
    onDeath: () => undefined,
    identify: bytes.identify,
    progress,
    close,
  };
}

/** Before its run, a source is judged by at most this many records. */
const LOOK_WITHIN_RECORDS = 1000;
/** This much text is kept at least, to recognise the source. */
const BEGINNING_BYTES = 4096;

/** The text of a source up to the end of its first record, or a little more. */
function createBeginning() {
  const pieces: Buffer[] = [];
  let length = 0;
  const text = () => Buffer.concat(pieces);
  return {
    add(piece: Uint8Array): void {
      pieces.push(Buffer.from(piece));
      length += piece.length;
    },
    isShort: () => length < BEGINNING_BYTES,
    hasLine: () => length >= BEGINNING_BYTES || text().includes('\n'),
    text,
    firstLine: () => text().toString('utf8', 0, BEGINNING_BYTES).split('\n', 1)[0]?.trimEnd() ?? '',
  };
}

function describeNames(name: string, names: string): string[] {
  if (names === CANONICAL) return [];
  return names.startsWith(MIXED)
    ? [`${name} mixes names of the same field: ${names.slice(MIXED.length)}. Each record is read by its own.`]
    : [`${name} uses other names of the fields: ${names}.`];
}
