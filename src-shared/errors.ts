/** Every way in which Ingot fails by design. A code is for programs, a message for people. */
const ERROR_CODES = [
  /** The source is not there, not readable, or of no known format. */
  'source_unreadable',
  /** The source broke off or is not JSON: the message names the record and the byte. */
  'source_broken',
  /** A setting, flag, variable or request has a value that cannot be used. */
  'invalid_input',
  /** No such account, run, callback, backup or upload. */
  'not_found',
  /** Refused in this state: a run is under way, none is, or the callback is settled already. */
  'conflict',
  /** The database refused a statement; `sqlstate` and `statement` say which and why. */
  'database_error',
  /** The database cannot be reached, crashed or was closed. */
  'database_unavailable',
  /** The data directory is held by another process, damaged, or of another major version. */
  'database_unusable',
  /** The schema is newer than this program, a landed migration was changed, or it is another program's. */
  'schema_mismatch',
  /** No room left on the disk. */
  'disk_full',
  /** The caller is not allowed: wrong sender, origin, host or token. */
  'forbidden',
  /** The client is not connected, or lost its connection while it waited. */
  'disconnected',
  /** A fault of Ingot's own. */
  'internal',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/** Why a data directory cannot be opened, for programs: each has a way out of its own. */
export type DatabaseTrouble =
  /** Another process has it. */
  | 'held'
  /** Files of it are missing or broken. */
  | 'damaged'
  /** Made by another major version of Postgres. */
  | 'postgres_version'
  /** It holds files, but no database. */
  | 'not_a_database'
  /** It was removed, moved or replaced while it was open. */
  | 'gone'
  /** It cannot be made, read, written or locked. */
  | 'not_writable'
  /** Made by a newer version of this program. */
  | 'schema_newer'
  /** Older than this program can bring up to date. */
  | 'schema_older'
  /** Made by another text of a landed migration. */
  | 'migration_changed'
  /** On a server, another program has a schema of that name. */
  | 'schema_taken';

export interface IngotErrorDetails {
  /** Five characters, from Postgres. */
  readonly sqlstate?: string;
  /** The system's code of a fault around the database, such as `EMFILE`. */
  readonly errno?: string;
  /** Name of the SQL statement that failed. */
  readonly statement?: string;
  /** Index of the record in its source, from 0. */
  readonly record?: number;
  /** Offset in the (decompressed) source, in bytes from 0. */
  readonly byteOffset?: number;
  /** Process that has what was asked for. */
  readonly pid?: number;
  /** What a person can do about it. */
  readonly hint?: string;
  /** With `database_unusable` and `schema_mismatch`. */
  readonly trouble?: DatabaseTrouble;
}

/** The one error class. `cause` keeps what it came from. */
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

/** The shape of an error on the wire: plain data, no stack, no cause. */
export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: IngotErrorDetails;
}

/** Never throws. An unknown error's own text stays inside: a person gets a plain sentence. */
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
