import { IngotError } from '../../../src-shared/errors';
import type { IdlFile, Mapping, Reading, SourceReading } from '../../../src-shared/mapping';
import { type ByteSource, isFailure } from '../byte-source';
import type { ChainAccount } from '../chain-account';
import { CANONICAL } from '../field-names';
import { type PieceReader, readPieces } from '../read-pieces';
import type { RecordSource, SlotDeath, SourceRecord } from '../record';
import { openText, type TextSource } from '../text-source';
import { createCsvReader, findDelimiter } from './csv-reader';
import { type Beginning, describeReading } from './describe-reading';
import { type Around, createDocumentReader, type DocumentReader } from './document-reader';
import type { FoundFormat } from './find-format';
import { createFrameReader } from './frame-reader';
import { createMapper, type RecordView } from './record-mapper';

interface MappedReader extends PieceReader {
  read(piece: Uint8Array): SourceRecord[];
}

const EXAMPLE_ACCOUNTS = 20;

/** The stored bytes of a source. */
export interface Stored {
  readonly bytes: ByteSource;
  /** To read them a second time, if a value that records need stands after their list. Null: they can be read only once. */
  readonly openAgain: (() => Promise<ByteSource>) | null;
}

export interface MappedOptions {
  readonly skipBrokenLines: boolean;
  readonly isPreview: boolean;
  /** Files and folders of IDLs, beside those that ship with Ingot. */
  readonly idls: readonly string[];
}

/** Its libraries are loaded only here. */
const openDecoder = async (idls: readonly string[]) =>
  (await import('../decoding/open-decoder')).openDecoder(idls);

/** @throws IngotError `invalid_input` if it lacks an answer that it cannot be read without, unless it is only previewed. */
export async function openMapped(
  { bytes, openAgain }: Stored,
  text: TextSource,
  { mapping, isKnown, documents }: FoundFormat,
  reading: Reading,
  { skipBrokenLines, isPreview, idls }: MappedOptions,
): Promise<RecordSource> {
  const { name } = bytes;
  const { format, compression, pieces } = text;
  const { decode, files, unusable } = await openDecoder(idls);
  const mapper = createMapper(mapping, reading, decode);
  const usedIdls = mapping.fields.lamports === undefined && format !== 'protobuf' ? [] : files;
  const isArray = format === 'json-array';
  let reader: MappedReader & { readonly skipped?: RecordSource['skipped'] } & Partial<
      Pick<DocumentReader, 'wanted' | 'supply'>
    >;
  let tellOfDeath = (_: SlotDeath) => {};
  const onDeath = (death: SlotDeath) => tellOfDeath(death);
  const common = { mapping, isArray, skipBrokenLines, aroundPaths: mapper.aroundPaths };
  if (format === 'protobuf') {
    const { decodeUpdate } = await import('../yellowstone/geyser');
    reader = createFrameReader(decodeUpdate, reading, decode, text.offset, onDeath);
  } else if (format === 'csv') {
    reader = createCsvReader(
      mapper,
      findDelimiter(text.beginning.head().toString('utf8').split('\n', 1)[0] ?? ''),
    );
  } else {
    reader = createDocumentReader({ ...common, offset: text.offset, mapper, onDeath });
  }

  /** The accounts at the beginning, for what is shown before the run. */
  function lookAhead(): Pick<Beginning, 'accounts' | 'isKeyMissing' | 'having'> {
    const looker = createMapper(mapping, reading, decode);
    const accounts: ChainAccount[] = [];
    let isKeyMissing = false;
    let having: Beginning['having'] = null;
    const onRecord = (view: RecordView) => {
      having = {
        slots: having?.slots || looker.has(view, 'slot'),
        versions: having?.versions || looker.has(view, 'version'),
      };
      if (accounts.length === EXAMPLE_ACCOUNTS || looker.accountOf === null) return;
      try {
        accounts.push(looker.accountOf(view));
      } catch {
        // It will be rejected, and its reason shown.
      }
    };
    const head = text.beginning.head();
    let rejects: SourceRecord[] = [];
    if (format === 'csv') {
      const rows = createCsvReader(
        looker,
        findDelimiter(head.toString('utf8').split('\n', 1)[0] ?? ''),
        onRecord,
      );
      rejects = rows.read(head);
    } else if (format !== 'protobuf') {
      const options = { ...common, offset: 0, mapper: looker, onRecord };
      rejects = createDocumentReader(options).read(head);
    }
    isKeyMissing = rejects.some((record) => record.kind === 'reject' && record.field === 'id');
    return { accounts, isKeyMissing, having };
  }
  const looked = lookAhead();
  const described = describeReading(mapping, reading, { documents, isKnown, decode, ...looked });
  if (!isPreview && looked.accounts.length === 0) refuseUnanswered(name, described);

  const notes = () => [...text.notes(), ...bytes.notes];
  const skipped = () => reader.skipped ?? mapper.skipped;
  let ahead: AsyncGenerator<Around, void, void> | undefined;
  let aheadAt = -1;
  /** What stands around the list of a document, found by reading the file a second time. */
  async function findAround(document: number): Promise<Around> {
    if (openAgain === null) return [];
    ahead ??= readAround(openAgain, common);
    let next: IteratorResult<Around, void> | undefined;
    while (aheadAt < document) {
      next = await ahead.next();
      if (next.done) return [];
      aheadAt += 1;
    }
    return next && !next.done ? next.value : [];
  }

  const { chunks, progress, close } = readPieces(bytes, pieces, reader, {
    maySkip: format === 'ndjson' && mapping.list === null && !skipBrokenLines,
    onClose: () => void ahead?.return(),
    async read(piece) {
      const records = reader.read(piece);
      if (reader.wanted == null || !reader.supply || reader.fault !== undefined) return records;
      const around = await findAround(reader.wanted);
      if (around.some((value) => value !== undefined) || !isRequired(mapping))
        return records.concat(reader.supply(around));
      reader.abort('late', undefined);
      return records;
    },
  });

  return {
    name,
    bytesTotal: bytes.bytesTotal,
    format,
    compression,
    fieldMap: isKnown ? mapping.name : CANONICAL,
    get reading() {
      return { ...described, skipped: skipped(), notes: notes() };
    },
    get skipped() {
      return skipped();
    },
    idls: usedIdls,
    get notes() {
      return [
        `${name} is read as: ${mapping.title || mapping.name}.`,
        ...described.warnings,
        ...describeChoices(mapping, reading, described.needsCallbackTime),
        ...describeSkipped(name, skipped()),
        ...describeIdls(usedIdls),
        ...unusable.slice(0, SHOWN_IDLS).map(({ problem }) => `${problem}. It is passed over.`),
        ...notes(),
      ];
    },
    chunks: () => chunks(),
    onDeath(tell) {
      tellOfDeath = tell;
    },
    identify: bytes.identify,
    progress,
    close,
  };
}

function refuseUnanswered(name: string, { asks, mapping }: Pick<SourceReading, 'asks' | 'mapping'>): void {
  const ask = asks.find(({ isOptional, isAnswered, error }) => error !== null || !(isOptional || isAnswered));
  if (!ask) return;
  const answer = ask.isLong ? `${ask.name}=KEY,KEY,…` : `${ask.name}=${ask.name.toUpperCase()}`;
  throw new IngotError(
    'invalid_input',
    `${name} is read as: ${mapping.title || mapping.name}. ${ask.error ?? ask.hint}`,
    { hint: `Say what is missing: --answers "${answer}"` },
  );
}

/** Whether a record is rejected without what stands around its list. */
const isRequired = ({ fields }: Mapping) =>
  Object.values(fields).some(
    (source) => typeof source === 'object' && !Array.isArray(source) && 'around' in source,
  );

async function* readAround(
  openAgain: NonNullable<Stored['openAgain']>,
  common: Omit<Parameters<typeof createDocumentReader>[0], 'offset' | 'mapper'>,
): AsyncGenerator<Around, void, void> {
  const bytes = await openAgain();
  try {
    const text = await openText(bytes.name, bytes.pieces(), {});
    const found: Around[] = [];
    const reader = createDocumentReader({
      ...common,
      offset: text.offset,
      mapper: null,
      onDocument: (around) => found.push(around),
    });
    for await (const piece of text.pieces) {
      if (isFailure(piece)) return;
      reader.read(piece);
      yield* found.splice(0);
      if (reader.fault !== undefined) return;
    }
    reader.finish();
    yield* found;
  } finally {
    await bytes.close();
  }
}

const TOKENS: Readonly<Record<string, string>> = {
  source: 'lamports',
  lamports: 'lamports',
  amount: 'the amount of a token account',
  supply: 'the supply of a mint',
};
const TYPES: Readonly<Record<string, string>> = {
  source: 'the owner program',
  owner: 'the owner program',
  mint: 'the mint of a token account, or the owner',
  parsed: 'the kind of account, or the owner',
};

function describeChoices({ fields }: Mapping, reading: Reading, needsCallbackTime: boolean): string[] {
  const { tokens, accountType, callbackTimeMs } = reading;
  const meanings =
    fields.lamports === undefined
      ? []
      : [`Tokens are ${TOKENS[tokens] ?? tokens}; the type is ${TYPES[accountType] ?? `"${accountType}"`}.`];
  return needsCallbackTime
    ? [
        ...meanings,
        `Its records say nothing of callbacks: each is due ${callbackTimeMs} ms after its update.`,
      ]
    : meanings;
}

function describeIdls(idls: readonly IdlFile[]): string[] {
  if (idls.length === 0) return [];
  const named = idls.slice(0, SHOWN_IDLS).map(({ name, sha256 }) => `${name} (sha256 ${sha256.slice(0, 8)})`);
  const more = idls.length > SHOWN_IDLS ? `, and ${idls.length - SHOWN_IDLS} more` : '';
  return [`Accounts are also decoded by these IDLs: ${named.join(', ')}${more}.`];
}
const SHOWN_IDLS = 10;

function describeSkipped(name: string, skipped: RecordSource['skipped']): string[] {
  if (skipped.length === 0) return [];
  const parts = skipped.map(({ name: what, records }) => `${records} × ${what}`);
  return [`${name} also holds what is no account update: ${parts.join(', ')}.`];
}
