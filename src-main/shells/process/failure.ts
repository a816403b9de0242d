import { IngotError } from '../../../src-shared/errors';
import type { LogLevel } from '../../../src-shared/logs';

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

/** What `process.cwd()` throws then. */
function isWorkingDirectoryGone(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall === 'uv_cwd';
}

export function exitCodeOf(error: unknown): ExitCode {
  if (isWorkingDirectoryGone(error)) return EXIT.misused;
  if (!(error instanceof IngotError)) return EXIT.failed;
  return error.code === 'invalid_input' || error.code === 'source_unreadable' ? EXIT.misused : EXIT.failed;
}

/** The same error, with another thing to do about it. */
export function withHint({ code, message, details, cause }: IngotError, hint: string): IngotError {
  return new IngotError(code, message, { ...details, hint }, cause);
}

/** A person at a terminal gets the sentence. Stacks are for what collects standard error, and for who asks. */
let showsStacks = process.stderr.isTTY !== true;

/** `debug` and `trace` ask for stacks, also on a terminal. */
export function showStacksAt(level: LogLevel): void {
  if (level === 'debug' || level === 'trace') showsStacks = true;
}

/** A fault that nothing catches ends the process, as it would anyway, but in the same words as others. */
export function reportUncaught(): void {
  process.on('uncaughtException', (error) => {
    process.stderr.write(`ingot: ${describeError(error)}\n`, () => process.exit(EXIT.failed));
  });
}

/** One line or a few for a person. A fault of Ingot's own shows where it happened, if that is wanted. */
export function describeError(error: unknown, withStack = showsStacks): string {
  if (isWorkingDirectoryGone(error)) {
    return 'The working directory no longer exists. Change to another directory.';
  }
  if (!(error instanceof IngotError)) {
    const { message, stack = message } = error instanceof Error ? error : new Error(String(error));
    const where = withStack ? stack : `${message} (--log-level debug shows where)`;
    return `Something went wrong inside Ingot: ${where}`;
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
