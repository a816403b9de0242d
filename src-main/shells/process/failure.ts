import { IngotError } from '../../../src-shared/errors';

/** What others script against. */
export const EXIT = {
  done: 0,
  /** The run failed, or something it needs did. */
  failed: 1,
  /** Wrong usage, a setting that cannot be used, or a source that cannot be read. */
  misused: 2,
  /** Ended early, by a signal or because the reader of its output went away. */
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export function exitCodeOf(error: unknown): ExitCode {
  if (!(error instanceof IngotError)) return EXIT.failed;
  return error.code === 'invalid_input' || error.code === 'source_unreadable' ? EXIT.misused : EXIT.failed;
}

/** The same error, with another thing to do about it. */
export function withHint({ code, message, details, cause }: IngotError, hint: string): IngotError {
  return new IngotError(code, message, { ...details, hint }, cause);
}

/** One line or a few for a person. A fault of Ingot's own shows where it happened. */
export function describeError(error: unknown): string {
  if (!(error instanceof IngotError)) {
    return `Something went wrong inside Ingot: ${error instanceof Error ? (error.stack ?? error.message) : error}`;
  }
  const { hint, sqlstate, statement } = error.details;
  const parts = [error.message];
  // A statement that was refused says so itself; one that met a lost connection or a full disk does not.
  if (statement !== undefined && sqlstate !== undefined && !error.message.includes(sqlstate)) {
    parts.push(`(${statement}: SQLSTATE ${sqlstate})`);
  }
  if (hint !== undefined) parts.push(hint);
  return parts.join(' ');
}
