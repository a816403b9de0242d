import type { LogsInfo } from '../../src-shared/logs';
import type { Clock } from '../time/clock';
import { createFloodLimit } from './flood-limit';
import { LOG_FILE_LIMITS, type LogFileLimits, type LogFiles, openLogFiles } from './log-files';
import { createLogRing, type LogRing } from './log-ring';
import { openTerminalLog, type TerminalLogOptions } from './log-terminal';
import { createLogger, LEVEL_NUMBERS, type Logger, type LogLevel } from './logger';

/** The log of one process: what its rooms write to, where that goes, and how much of it. */
export interface Logs {
  /** Of no room yet: each makes its own of it. */
  readonly logger: Logger;
  /** What a window shows. */
  readonly ring: LogRing;
  info(): LogsInfo;
  /** Changes what is kept, until the program ends. What goes to the terminal stays as it is. */
  setLevel(level: LogLevel): void;
  /** Writes `debug` and above everywhere; again, and all is as before. */
  toggleDebug(): void;
  /** Says what was left out of a flood so far, without waiting for its second to end. */
  settle(): void;
  /** Last words, then no file any more. Idempotent. */
  close(): void;
}

export interface LogsOptions {
  readonly clock: Clock;
  readonly terminal: TerminalLogOptions & { readonly level: LogLevel };
  /** What is kept at first, in files and for the window. */
  readonly level: LogLevel;
  /** Where files lie; null: none are written. */
  readonly directory: string | null;
  readonly limits?: LogFileLimits;
  /** Entries of one kind that are let through each second. */
  readonly floodLimit?: number;
}

/** A person reads a few lines a second. Beyond this the sentence alone, with a count, says as much. */
const FLOOD_LIMIT = 100;

/** Never rejects: where no file can be written, the log says so and goes on without. */
export async function openLogs(options: LogsOptions): Promise<Logs> {
  const { clock, directory, limits = LOG_FILE_LIMITS, floodLimit = FLOOD_LIMIT } = options;
  const terminal = await openTerminalLog({
    ...options.terminal,
    stacks: LEVEL_NUMBERS[options.terminal.level] <= LEVEL_NUMBERS.debug,
  });
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
        if (number >= LEVEL_NUMBERS[terminalLevel()]) terminal.write(line);
        if (number < LEVEL_NUMBERS[keptLevel()]) return;
        ring.write(line);
        files?.write(line);
      },
    },
  });
  const setLevels = () => logger.setLevel(lower(keptLevel(), terminalLevel()));

  const noteFault = (error: Error) => {
    problem = `Log files cannot be written to ${directory}: ${codeOf(error)}.`;
    logger.warn({ reason: codeOf(error), directory }, 'log files cannot be written');
  };
  if (directory !== null) {
    try {
      files = await openLogFiles(directory, limits, {
        onFault: noteFault,
        onRecovery: () => {
          problem = null;
        },
      });
    } catch (error) {
      noteFault(error instanceof Error ? error : new Error(String(error)));
    }
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

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : error.message;
}
