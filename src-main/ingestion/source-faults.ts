import { IngotError } from '../../src-shared/errors';
import { MAX_DEPTH, MAX_RECORD_BYTES } from './limits';

export type TextFaultKind =
  /** The text ends where it must not. */
  | 'cut'
  | 'syntax'
  | 'utf8'
  | 'depth'
  | 'long'
  /** Something comes after the end of the array. */
  | 'trailing'
  /** A byte order mark stands where none belongs. */
  | 'mark'
  /** The compressed stream ends where it must not. */
  | 'gzip-cut'
  | 'gzip-damaged'
  /** The file or stream itself failed while it was read. */
  | 'unreadable';

/** What ended the reading of a source, and where. */
export interface TextFault {
  readonly kind: TextFaultKind;
  /** Index of the record that is broken, or that would have come next. */
  readonly record: number;
  /** Where in the decompressed text. */
  readonly byteOffset: number;
  /** For `syntax`: what would have been right there. */
  readonly expected?: string;
  /** The byte that stands there instead. */
  readonly found?: number | undefined;
  readonly cause?: unknown;
}

interface Wording {
  readonly what: (fault: TextFault) => string;
  readonly hint: string;
}

const REPAIR =
  'Records before it were read. Repair the source and run it again: what is known already changes nothing.';

const SKIP = 'Or reject such lines and read on: skip broken lines, --skip-broken-lines.';
const LONGEST = `${MAX_RECORD_BYTES / 1024 / 1024} MiB`;

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
    what: () => `has a record longer than ${LONGEST}, or one that never ends`,
    hint: 'Look for a quote or bracket that is not closed.',
  },
  trailing: {
    what: (fault) => `goes on after the end of the array: found ${describeByte(fault.found)}`,
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
    hint: 'Get it anew; `gzip -t` checks a file.',
  },
  unreadable: {
    what: (fault) => `could not be read further (${describeCause(fault.cause)})`,
    hint: 'Check the disk or the connection it comes from, and run it again.',
  },
};

/** Faults of one line of NDJSON: the next line may be sound. */
const IN_A_LINE: ReadonlySet<TextFaultKind> = new Set(['syntax', 'utf8', 'depth', 'long', 'mark']);

/** What is wrong with one line, and where. */
export function describeBroken(fault: TextFault): string {
  const what =
    fault.kind === 'long' ? `is longer than ${LONGEST}, or never ends` : WORDINGS[fault.kind].what(fault);
  return `${what}, at byte ${fault.byteOffset}`;
}

/**
 * @param name What a person knows the source by.
 * @param maySkip That it is NDJSON, of which broken lines could be skipped.
 */
export function toSourceError(name: string, fault: TextFault, maySkip: boolean): IngotError {
  const { what, hint: repair } = WORDINGS[fault.kind];
  const { record, byteOffset } = fault;
  const hint = maySkip && IN_A_LINE.has(fault.kind) ? `${repair} ${SKIP}` : repair;
  return new IngotError(
    'source_broken',
    `${name} ${what(fault)}, in record ${record} at byte ${byteOffset}.`,
    { record, byteOffset, hint },
    fault.cause,
  );
}

/** For a stream that fails before it has given any text. */
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

/** The system's short code if there is one: its long text may hold paths. */
export function describeCause(cause: unknown): string {
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code;
  return cause instanceof Error ? cause.message : 'unknown reason';
}
