import { trace } from '@opentelemetry/api';
import { pino } from 'pino';
import { LOG_LEVELS, type LogLevel } from '../../src-shared/logs';
import type { FloodLimit } from './flood-limit';
import { maskSecrets, SECRET_FIELDS } from './log-secrets';

export { LOG_LEVELS, type LogLevel };

/** The rooms that a log tells apart, in its field `component`. */
export type Component =
  | 'engine'
  | 'ingestion'
  | 'accounts'
  | 'callbacks'
  | 'database'
  | 'host'
  | 'web'
  | 'electron'
  | 'cli';

/** Writes one entry: a plain sentence, beside it the fields that belong to it. An error goes as `err`. */
export interface LogWriter {
  (message: string): void;
  (fields: Readonly<Record<string, unknown>>, message: string): void;
}

/**
 * What the rooms of Ingot know of logging: only this type, never the library behind it. A room is handed the
 * program's logger and makes its own: `logger.child({ component: 'engine' })`. Never of another room's: its
 * lines would name two.
 */
export interface Logger {
  readonly trace: LogWriter;
  readonly debug: LogWriter;
  readonly info: LogWriter;
  readonly warn: LogWriter;
  readonly error: LogWriter;
  readonly fatal: LogWriter;
  /** Whether an entry of this level is written: to be asked before making one that costs something. */
  isLevelEnabled(level: LogLevel): boolean;
  /** A logger that adds these fields to each of its entries. */
  child(fields: Readonly<Record<string, unknown>>): Logger;
}

/** Where entries go: whole lines, line feed included, with the level in numbers as `LEVEL_NUMBERS` has it. */
export interface LogDestination {
  write(line: string, level: number): void;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Standard error if left out, written synchronously, so that the last words of a crash are not lost. */
  readonly destination?: LogDestination;
  /** Holds floods back; nothing is if left out. */
  readonly flood?: FloodLimit;
}

/** A logger whose level can be changed while it is used, with that of all its children. */
export interface RootLogger extends Logger {
  setLevel(level: LogLevel): void;
}

/** `trace` is 10, `fatal` 60, `silent` above all. */
export const LEVEL_NUMBERS: Readonly<Record<LogLevel, number>> = {
  trace: 10,
  debug: 20,
  info: 30,
  warn: 40,
  error: 50,
  fatal: 60,
  silent: Number.POSITIVE_INFINITY,
};

/** Writes NDJSON. */
export function createLogger({ level, destination, flood }: LoggerOptions): RootLogger {
  // A child keeps the level that it was born with: those that live are told when it changes.
  const children = new Set<WeakRef<pino.Logger>>();
  const logger = pino(
    {
      level,
      // No process id and no host name: there is one process, and a log is often shown to others.
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label: string) => ({ level: label }) },
      redact: { paths: [...SECRET_FIELDS], censor: '***' },
      mixin: traceFields,
      onChild: (child) => {
        if (children.size >= FORGET_AFTER_CHILDREN) forgetTheDead(children);
        children.add(new WeakRef(child));
      },
      hooks: { streamWrite: maskSecrets, ...(flood && { logMethod: holdBack(flood) }) },
    },
    toStream(destination ?? pino.destination({ dest: 2, sync: true })),
  );
  return Object.assign(logger as Logger, {
    setLevel(next: LogLevel) {
      logger.level = next;
      for (const reference of children) {
        const child = reference.deref();
        if (child) child.level = next;
        else children.delete(reference);
      }
    },
  });
}

/** A room has one child, and so has a run. */
const FORGET_AFTER_CHILDREN = 256;

function forgetTheDead(children: Set<WeakRef<pino.Logger>>): void {
  for (const reference of children) if (!reference.deref()) children.delete(reference);
}

/** The span under way, if anybody traces: its ids lead from a line to the trace, and back. */
function traceFields(): Record<string, string> {
  const span = trace.getActiveSpan()?.spanContext();
  return span ? { trace_id: span.traceId, span_id: span.spanId } : {};
}

/** Tells the destination the level of each line: pino sets it just before, on streams that ask for it. */
function toStream(destination: LogDestination): pino.DestinationStream {
  const stream = {
    [Symbol.for('pino.metadata')]: true,
    lastLevel: 0,
    write: (line: string) => destination.write(line, stream.lastLevel),
  };
  return stream;
}

/** Said of what was left out, by the logger whose entries they were. */
function holdBack(flood: FloodLimit) {
  const components = new WeakMap<pino.Logger, string>();
  const componentOf = (logger: pino.Logger): string => {
    let component = components.get(logger);
    if (component === undefined) {
      component = String(logger.bindings().component ?? '');
      components.set(logger, component);
    }
    return component;
  };
  return function (this: pino.Logger, args: Parameters<pino.LogFn>, method: pino.LogFn, level: number) {
    const [fields, text] = args as readonly unknown[];
    const message = String(typeof fields === 'string' ? fields : text);
    const sumUp = (leftOut: number) => {
      const many = leftOut.toLocaleString('en-US');
      method.call(this, { leftOut, like: message }, `${many} more like this were left out: ${message}`);
    };
    if (level >= LEVEL_NUMBERS.fatal || flood.admit(`${componentOf(this)} ${level} ${message}`, sumUp)) {
      method.apply(this, args);
    }
  };
}
