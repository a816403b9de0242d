import { join } from 'node:path';
import { pino } from 'pino';
import type { LogsInfo } from '../../src-shared/logs';
import { makeDirectory } from '../database/make-directory';
import type { Clock } from '../time/clock';
import { createFloodLimit } from './flood-limit';
import { createLogRing, type LogRing } from './log-ring';
import { createLogger, LEVEL_NUMBERS, type Logger, type LogLevel } from './logger';

/** The log of one process: the root logger, where its lines go, and which of them. */
export interface Logs {
  /** The root logger; each component makes a child of it. */
  readonly logger: Logger;
  /** What a window shows. */
  readonly ring: LogRing;
  info(): LogsInfo;
  /** Changes what is kept, until the program ends. The terminal stays as it is. */
  setLevel(level: LogLevel): void;
  /** Writes `debug` and above everywhere, and the next time as before. */
  toggleDebug(): void;
  /** Reports what was left out of a flood so far, without waiting for its second to end. */
  settle(): void;
  /** Settles, then closes the file. Idempotent. */
  close(): void;
}

export interface LogsOptions {
  readonly clock: Clock;
  readonly terminal: TerminalOptions & { readonly level: LogLevel };
  /** What is kept at first, in files and for the window. */
  readonly level: LogLevel;
  /** Where files lie; null: none are written. */
  readonly directory: string | null;
  readonly limits?: FileLimits;
  /** Entries of one kind that are let through each second. */
  readonly floodLimit?: number;
}

export interface TerminalOptions {
  /** For a person at a terminal; else one JSON object a line. */
  readonly pretty: boolean;
  /** Only with `pretty`. */
  readonly colors?: boolean;
  /** Standard error if left out, written synchronously, so that the last words of a crash are not lost. */
  readonly destination?: { write(text: string): void };
}

/** The newest files are kept. */
export interface FileLimits {
  readonly maxFiles: number;
  readonly maxFileBytes: number;
}

/** 50 MB in all. */
const FILE_LIMITS: FileLimits = { maxFiles: 10, maxFileBytes: 5 * 1024 ** 2 };
/** Kept while a disk is full, and written once there is room; the rest is lost. */
const MOST_UNWRITTEN_BYTES = 256 * 1024;
/** A person reads a few lines a second. Beyond this the sentence with a count says as much. */
const FLOOD_LIMIT = 100;

/** Never rejects: where no file can be written, the log says so and continues without. */
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

/** @param stacks with `pretty`: shows where an error happened, not just what it says. */
async function openTerminal({ pretty, colors = false, destination }: TerminalOptions, stacks: boolean) {
  const out = destination ?? pino.destination({ dest: 2, sync: true });
  if (!pretty) return (line: string) => void out.write(line);
  // As a function, not as a stream or transport: entries keep their place among other lines of a terminal.
  const { prettyFactory } = await import('pino-pretty');
  const prettify = prettyFactory({
    colorize: colors,
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true,
    // Without its stack an error is one of the fields.
    ...(!stacks && { errorLikeObjectKeys: [] }),
  });
  return (line: string) => void out.write(prettify(stacks ? line : withoutStack(line)));
}

/** A person gets what an error says, and what to do about it, on the line itself. */
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
 * Appends to the newest of `ingot.1.log`, `ingot.2.log`, ... in a directory, which is made. Every line is handed
 * to the system at once: an entry costs some microseconds, and the last words of a crash are there.
 *
 * @param onFault a file cannot be written any more.
 * @param onRecovery it can again, and what was kept meanwhile is written.
 * @throws the system's error if the directory cannot be made or written.
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
    // Before the fault is logged: that writes, too.
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
