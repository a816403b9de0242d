import { pino } from 'pino';

/** From everything to nothing. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Writes one entry: a plain sentence, beside it the fields that belong to it. An error goes as `err`. */
export interface LogWriter {
  (message: string): void;
  (fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** What the rooms of Ingot know of logging: only this type, never the library behind it. */
export interface Logger {
  readonly trace: LogWriter;
  readonly debug: LogWriter;
  readonly info: LogWriter;
  readonly warn: LogWriter;
  readonly error: LogWriter;
  readonly fatal: LogWriter;
  /** A logger that adds these fields to each of its entries. */
  child(fields: Readonly<Record<string, unknown>>): Logger;
}

/** Where entries go: whole lines, line feed included. */
export interface LogDestination {
  write(line: string): void;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  /** For a person at a terminal; else one JSON object a line. */
  readonly pretty: boolean;
  /** Only with `pretty`. */
  readonly colors?: boolean;
  /** Standard error if left out, written synchronously, so that the last words of a crash are not lost. */
  readonly destination?: LogDestination;
}

export async function createLogger(options: LoggerOptions): Promise<Logger> {
  const destination = options.destination ?? pino.destination({ dest: 2, sync: true });
  const settings = {
    level: options.level,
    // No process id and no host name: there is one process, and a log is often shown to others.
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  if (!options.pretty) {
    const logger: Logger = pino(settings, destination);
    return logger;
  }
  // As a function, not as a stream or transport: entries keep their place among other lines of a terminal.
  const { prettyFactory } = await import('pino-pretty');
  const prettify = prettyFactory({
    colorize: options.colors ?? false,
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true,
  });
  const logger: Logger = pino(settings, { write: (line: string) => void destination.write(prettify(line)) });
  return logger;
}
