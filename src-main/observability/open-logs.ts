import { join } from 'node:path';
import { pino } from 'pino';
import type { LogsInfo } from '../../src-shared/logs';
import { makeDirectory } from '../database/make-directory';
import type { Clock } from '../time/clock';
import { createFloodLimit } from './flood-limit';
import { createLogRing, type LogRing } from './log-ring';
import { createLogger, LEVEL_NUMBERS, type Logger, type LogLevel } from './logger';

/** The log of one process: the root logger, and where its lines go. */
export interface Logs {
  /** The root logger; each component makes a child of it. */
  readonly logger: Logger;
  /** For windows. */
  readonly ring: LogRing;
  info(): LogsInfo;
  /** Until the program ends. The terminal's level does not change. */
  setLevel(level: LogLevel): void;
  /** Writes `debug` and above everywhere; the next call restores the levels. */
  toggleDebug(): void;
  /** Reports suppressed entries now, without waiting for the second to end. */
  settle(): void;
  /** Settles, then closes the file. Idempotent. */
  close(): void;
}

export interface LogsOptions {
  readonly clock: Clock;
  readonly terminal: TerminalOptions & { readonly level: LogLevel };
  /** The initial level of files and windows. */
  readonly level: LogLevel;
  /** Null: no files are written. */
  readonly directory: string | null;
  readonly limits?: FileLimits;
  /** Entries of one kind allowed per second. */
  readonly floodLimit?: number;
}

export interface TerminalOptions {
  /** For a person at a terminal; otherwise one JSON object per line. */
  readonly pretty: boolean;
  /** Only with `pretty`. */
  readonly colors?: boolean;
  /** Default: standard error, written synchronously, so that the last lines of a crash are not lost. */
  readonly destination?: { write(text: string): void };
}

/** The newest files are kept. */
export interface FileLimits {
  readonly maxFiles: number;
  readonly maxFileBytes: number;
}

/** 50 MB in all. */
const FILE_LIMITS: FileLimits = { maxFiles: 10, maxFileBytes: 5 * 1024 ** 2 };
/** Kept while a disk is full and written once there is space; the rest is lost. */
const MOST_UNWRITTEN_BYTES = 256 * 1024;
/** A person reads a few lines a second. Beyond this, a count says as much. */
const FLOOD_LIMIT = 100;

/** Never rejects: if no file can be written, the log reports that and continues without. */
export async function openLogs(options: LogsOptions): Promise<Logs> {
  const { clock, directory, limits = FILE_LIMITS, floodLimit = FLOOD_LIMIT } = options;
  const writeToTerminal = await openTerminal(
    options.terminal,
    LEVEL_NUMBERS[options.terminal.level] <= LEVEL_NUMBERS.debug,
  );
  const ring = createLogRing();
  const flood = createFloodLimit({ clock, perSecond: floodLimit });
  let files: LogFiles | null = null;
  let problem: string | null = null;
  let level = options.level;
  let debugging = false;
  let closed = false;

  const keptLevel = (): LogLevel => (debugging ? lower(level, 'debug') : level);
  const terminalLevel = (): LogLevel =>
    debugging ? lower(options.terminal.level, 'debug') : options.terminal.level;
  const logger = createLogger({
    level: lower(keptLevel(), terminalLevel()),
    flood,
    destination: {
      write(line, number) {
        if (number >= LEVEL_NUMBERS[terminalLevel()]) writeToTerminal(line);
        if (number < LEVEL_NUMBERS[keptLevel()]) return;
        ring.write(line);
        files?.write(line);
      },
    },
  });
  const setLevels = () => logger.setLevel(lower(keptLevel(), terminalLevel()));

  const noteFault = (error: unknown) => {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code ?? message;
    problem = `Log files cannot be written to ${directory}: ${reason}.`;
    logger.warn({ reason, directory }, 'log files cannot be written');
  };
  const noteRecovery = () => {
    problem = null;
  };
  if (directory !== null) {
    files = await openFiles(directory, limits, noteFault, noteRecovery).catch((error: unknown) => {
      noteFault(error);
      return null;
    });
  }

  return {
    logger,
    ring,
    info: () => ({ level: keptLevel(), directory: files && directory, problem, ...limits }),
    setLevel(next) {
      logger.info({ from: keptLevel(), to: next }, 'the level of the log is changed');
      debugging = false;
      level = next;
      setLevels();
    },
    toggleDebug() {
      debugging = !debugging;
      setLevels();
      logger.info({ level: keptLevel() }, 'the level of the log is changed by a signal');
    },
    settle: flood.settle,
    close() {
      if (closed) return;
      closed = true;
      flood.settle();
      files?.close();
      files = null;
    },
  };
}

function lower(one: LogLevel, other: LogLevel): LogLevel {
  return LEVEL_NUMBERS[one] < LEVEL_NUMBERS[other] ? one : other;
}

/** @param stacks with `pretty`: shows where an error happened. */
async function openTerminal({ pretty, colors = false, destination }: TerminalOptions, stacks: boolean) {
  const out = destination ?? pino.destination({ dest: 2, sync: true });
  if (!pretty) return (line: string) => void out.write(line);
  // A function, not a stream or transport: entries keep their order among other terminal output.
  const { prettyFactory } = await import('pino-pretty');
  const prettify = prettyFactory({
    colorize: colors,
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true,
    // Without its stack an error is an ordinary field.
    ...(!stacks && { errorLikeObjectKeys: [] }),
  });
  return (line: string) => void out.write(prettify(stacks ? line : withoutStack(line)));
}

/** A person gets the error's message and hint on the line itself. */
function withoutStack(line: string): string | object {
  const { err, ...entry } = JSON.parse(line);
  if (err === undefined) return line;
  const hint = err.details?.hint;
  return { ...entry, err: hint === undefined ? err.message : `${err.message} ${hint}` };
}

interface LogFiles {
  write(line: string): void;
  close(): void;
}

/**
 * Appends to the newest of `ingot.1.log`, `ingot.2.log`, ... in a directory, which is created. Every line goes to the system at
 * once: an entry costs some microseconds, and the last lines of a crash are there.
 *
 * @param onFault a file can no longer be written.
 * @param onRecovery it can again, and the kept lines were written.
 * @throws the system's error if the directory cannot be created or written.
 */
async function openFiles(
  directory: string,
  { maxFiles, maxFileBytes }: FileLimits,
  onFault: (error: Error) => void,
  onRecovery: () => void,
): Promise<LogFiles> {
  // Other users must not read the names of files and accounts.
  makeDirectory(directory, 0o700);
  const { default: openRollingFile } = await import('pino-roll');
  const stream = await openRollingFile({
    file: join(directory, 'ingot'),
    extension: 'log',
    size: `${maxFileBytes}b`,
    limit: { count: maxFiles, removeOtherLogFiles: true },
    sync: true,
    mode: 0o600,
    maxLength: MOST_UNWRITTEN_BYTES,
  });
  let faulty = false;
  stream.on('error', (error: Error) => {
    if (faulty) return;
    // Before the fault is logged, because logging writes too.
    faulty = true;
    onFault(error);
  });
  stream.on('write', () => {
    if (!faulty) return;
    faulty = false;
    onRecovery();
  });
  return {
    write: (line) => void stream.write(line),
    close: () => stream.destroy(),
  };
}
