import { IngotError } from '../../../src-shared/errors';
import type { LogLevel } from '../../../src-shared/logs';

/** Scripts depend on these. */
export const EXIT = {
  done: 0,
  /** The run failed, or something it needs did. */
  failed: 1,
  /** Wrong usage, an invalid setting, or an unreadable source. */
  misused: 2,
  /** Ended early, by a signal or because the reader of its output went away. */
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The error that `process.cwd()` throws then. */
function isWorkingDirectoryGone(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall === 'uv_cwd';
}

export function exitCodeOf(error: unknown): ExitCode {
  if (isWorkingDirectoryGone(error)) return EXIT.misused;
  if (!(error instanceof IngotError)) return EXIT.failed;
  return error.code === 'invalid_input' || error.code === 'source_unreadable' ? EXIT.misused : EXIT.failed;
}

/** Before the settings are known there is no log that has them. */
let showsStacks = true;

/** A person at a terminal gets one sentence. Stacks are for collectors of standard error, and for `debug` and `trace`. */
export function showStacksAt(level: LogLevel): void {
  showsStacks = process.stderr.isTTY !== true || level === 'debug' || level === 'trace';
}

/** An uncaught error still ends the process, but is worded like the others. */
export function reportUncaught(): void {
  process.on('uncaughtException', (error) => {
    process.stderr.write(`ingot: ${describeError(error)}\n`, () => process.exit(EXIT.failed));
  });
}

/** One or a few lines for a person. A bug of Ingot's shows its stack, if wanted. */
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
  // The message of a refused statement names it; that of a lost connection or a full disk does not.
  if (statement !== undefined && sqlstate !== undefined && !error.message.includes(sqlstate)) {
    parts.push(`(${statement}: SQLSTATE ${sqlstate})`);
  }
  if (hint !== undefined) parts.push(hint);
  return parts.join(' ');
}
