/** Every expected failure. The code is for programs, the message for people. */
const ERROR_CODES = [
  /** The source is missing, not readable, or in no known format. */
  'source_unreadable',
  /** The source ended early or is not JSON. The message names the record and the byte. */
  'source_broken',
  /** A setting, flag, variable or request has an invalid value. */
  'invalid_input',
  'not_found',
  /** Not possible in this state: a run is active, no run is, or the callback is already settled. */
  'conflict',
  /** The database refused a statement; see `sqlstate` and `statement`. */
  'database_error',
  'database_unavailable',
  /** Another process holds the data directory, or it is damaged or of another major version. */
  'database_unusable',
  /** The schema is newer than this program, a landed migration was changed, or another program owns it. */
  'schema_mismatch',
  'disk_full',
  /** Wrong sender, origin, host or token. */
  'forbidden',
  /** The client is not connected, or lost its connection while waiting. */
  'disconnected',
  /** A bug in Ingot. */
  'internal',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/** Why a database cannot be opened. Each has its own way out. */
export type DatabaseTrouble =
  | 'held'
  /** Files are missing or broken. */
  | 'damaged'
  | 'postgres_version'
  /** It holds files, but no database. */
  | 'not_a_database'
  /** It was removed, moved or replaced while open. */
  | 'gone'
  /** It cannot be created, read, written or locked. */
  | 'not_writable'
  | 'schema_newer'
  /** Too old for this program to migrate. */
  | 'schema_older'
  /** A landed migration differs from the one that made it. */
  | 'migration_changed'
  /** On a server: another program has a schema with this name. */
  | 'schema_taken';

export interface IngotErrorDetails {
  readonly sqlstate?: string;
  /** The system's error code, such as `EMFILE`. */
  readonly errno?: string;
  readonly statement?: string;
  /** Where in a person's query, in UTF-16 units from 0. */
  readonly offset?: number;
  /** From 0. */
  readonly record?: number;
  /** In the decompressed source, from 0. */
  readonly byteOffset?: number;
  /** The process that holds what was asked for. */
  readonly pid?: number;
  /** Which field of what was asked for is wrong. */
  readonly field?: string;
  /** What a person can do about it. */
  readonly hint?: string;
  readonly trouble?: DatabaseTrouble;
}

export class IngotError extends Error {
  override readonly name = 'IngotError';
  readonly code: ErrorCode;
  readonly details: IngotErrorDetails;

  constructor(code: ErrorCode, message: string, details: IngotErrorDetails = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = details;
  }
}

/** An error on the wire: plain data, without stack and cause. */
export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: IngotErrorDetails;
}

/** Never throws. Hides the text of an unknown error: a person gets a general sentence instead. */
export function toWireError(error: unknown): WireError {
  if (error instanceof IngotError) {
    return { code: error.code, message: error.message, details: error.details };
  }
  return {
    code: 'internal',
    message: 'Something went wrong inside Ingot. The log has the details.',
    details: {},
  };
}

export function fromWireError(error: WireError): IngotError {
  return new IngotError(error.code, error.message, error.details);
}

/** Also where the loss of the database was its consequence. */
export function isDiskFull(error: unknown): boolean {
  if (!(error instanceof IngotError)) return false;
  return error.code === 'disk_full' || isDiskFull(error.cause);
}
