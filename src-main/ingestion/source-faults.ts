import { IngotError } from '../../src-shared/errors';
import { MAX_DEPTH, MAX_RECORD_BYTES } from './limits';

export type TextFaultKind =
  /** The text ends too early. */
  | 'cut'
  | 'syntax'
  | 'utf8'
  | 'depth'
  | 'long'
  /** Text follows the end of the array. */
  | 'trailing'
  /** A misplaced byte order mark. */
  | 'mark'
  /** The compressed stream ends too early. */
  | 'gzip-cut'
  | 'gzip-damaged'
  | 'zstd-cut'
  | 'zstd-damaged'
  /** It needs more memory than is given to it. */
  | 'zstd-window'
  /** A row of CSV. */
  | 'csv'
  /** A message of protobuf. */
  | 'message'
  /** What stands after a long list is needed to read it, and the source can be read only once. */
  | 'late'
  /** Reading the file or stream failed. */
  | 'unreadable';

/** Why and where the reading of a source ended. */
export interface TextFault {
  readonly kind: TextFaultKind;
  /** The broken record, or the one that would have come next. */
  readonly record: number;
  /** In the decompressed text. */
  readonly byteOffset: number;
  /** For `syntax`: what would be valid there. */
  readonly expected?: string;
  /** For `long`; absent: that of a record of Ingot's own shape. */
  readonly limitBytes?: number;
  /** The byte found instead. */
  readonly found?: number | undefined;
  readonly cause?: unknown;
}

interface Wording {
  readonly what: (fault: TextFault) => string;
  readonly hint: string;
}

const REPAIR =
  'Records before it were read. Repair the source and run it again: known records change nothing.';

const SKIP = 'Or reject such lines and read on: skip broken lines, --skip-broken-lines.';
const longest = ({ limitBytes = MAX_RECORD_BYTES }: TextFault) => `${limitBytes / 1024 / 1024} MiB`;

/** Of the library. */
const CSV_FAULTS: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quote is not closed',
  INVALID_OPENING_QUOTE: 'a quote stands inside a value that does not begin with one',
  CSV_INVALID_CLOSING_QUOTE: 'something other than a comma or a line end follows a quote',
};

const WORDINGS: Record<TextFaultKind, Wording> = {
  cut: {
    what: () => 'breaks off',
    hint: 'It was probably not written or copied to its end. Get it whole and run it again.',
  },
  syntax: {
    what: (fault) => `is not valid JSON: expected ${fault.expected}, found ${describeByte(fault.found)}`,
    hint: REPAIR,
  },
  utf8: { what: () => 'is not valid UTF-8', hint: 'Save it as UTF-8 and run it again.' },
  depth: { what: () => `is nested deeper than ${MAX_DEPTH} levels`, hint: REPAIR },
  long: {
    what: (fault) => `has a record longer than ${longest(fault)}, or one that never ends`,
    hint: 'Look for a quote or bracket that is not closed.',
  },
  trailing: {
    what: (fault) => `continues after the end of the array: found ${describeByte(fault.found)}`,
    hint: 'A source is one array, or objects one after the other without an array around them.',
  },
  mark: {
    what: () => 'has a byte order mark in the middle of its text',
    hint: 'It was probably put together from several files. Take the mark out; of several arrays make one.',
  },
  'gzip-cut': {
    what: () => 'breaks off inside its gzip stream',
    hint: 'It was probably not written or copied to its end. Get it whole and run it again.',
  },
  'gzip-damaged': {
    what: () => 'has a damaged gzip stream',
    hint: 'Get it again; `gzip -t` checks a file.',
  },
  'zstd-cut': {
    what: () => 'breaks off inside its zstd stream',
    hint: 'It was probably not written or copied to its end. Get it whole and run it again.',
  },
  'zstd-damaged': {
    what: () => 'has a damaged zstd stream',
    hint: 'Get it again; `zstd -t` checks a file.',
  },
  'zstd-window': {
    what: () => 'is compressed with a window of more than 128 MiB',
    hint: 'Decompress it first: zstd -d --long=31 FILE',
  },
  csv: {
    what: ({ cause }) => `is not valid CSV: ${CSV_FAULTS[describeCause(cause)] ?? describeCause(cause)}`,
    hint: 'A quote within a value is written twice, and the value stands in quotes. Records before it were read.',
  },
  message: {
    what: () => 'has bytes that are no message of the Yellowstone protocol',
    hint: 'Each message stands after its length as a varint. Records before it were read.',
  },
  late: {
    what: () =>
      'has a value that its records need after a list of more than 8 MiB, and a pipe is read only once',
    hint: 'Give the file itself, or answer what is asked for.',
  },
  unreadable: {
    what: (fault) => `could not be read further (${describeCause(fault.cause)})`,
    hint: 'Check the disk or the connection it comes from, and run it again.',
  },
};

interface Named {
  readonly name: string;
  readonly partAt?: (byteOffset: number) => { readonly name: string; readonly from: number } | undefined;
}

/** Faults of one NDJSON line: the next line may be sound. */
const IN_A_LINE: ReadonlySet<TextFaultKind> = new Set(['syntax', 'utf8', 'depth', 'long', 'mark']);

export function describeBroken(fault: TextFault): string {
  const what =
    fault.kind === 'long'
      ? `is longer than ${longest(fault)}, or never ends`
      : WORDINGS[fault.kind].what(fault);
  return `${what}, at byte ${fault.byteOffset}`;
}

/**
 * @param source Its name for a person. Of several files, the one that has the fault is named, with the byte in it.
 * @param maySkip It is NDJSON, whose broken lines could be skipped.
 */
export function toSourceError(source: Named, fault: TextFault, maySkip: boolean): IngotError {
  const { what, hint: repair } = WORDINGS[fault.kind];
  const { record } = fault;
  const part = source.partAt?.(fault.byteOffset);
  const name = part ? `${source.name}/${part.name}` : source.name;
  const byteOffset = fault.byteOffset - (part?.from ?? 0);
  const hint = maySkip && IN_A_LINE.has(fault.kind) ? `${repair} ${SKIP}` : repair;
  return new IngotError(
    'source_broken',
    `${name} ${what(fault)}, in record ${record} at byte ${byteOffset}.`,
    { record, byteOffset, hint },
    fault.cause,
  );
}

/** For a stream that fails before it gives any text. */
export function toOpeningError(name: string, failed: { failure: TextFaultKind; cause: unknown }): IngotError {
  const { what, hint } = WORDINGS[failed.failure];
  const fault = { kind: failed.failure, record: 0, byteOffset: 0, cause: failed.cause };
  return new IngotError(
    'source_unreadable',
    `${name} ${what(fault)}, before any record.`,
    { hint },
    failed.cause,
  );
}

function describeByte(byte: number | undefined): string {
  if (byte === undefined) return 'the end';
  if (byte > 0x20 && byte < 0x7f) return byte === 0x22 ? 'a double quote' : `"${String.fromCharCode(byte)}"`;
  return `byte 0x${byte.toString(16).padStart(2, '0')}`;
}

/** The system's short code if there is one: its long text may contain paths. */
export function describeCause(cause: unknown): string {
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code;
  return cause instanceof Error ? cause.message : 'unknown reason';
}
