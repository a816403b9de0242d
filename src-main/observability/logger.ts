import { trace } from '@opentelemetry/api';
import { pino } from 'pino';
import { LOG_LEVELS, type LogLevel } from '../../src-shared/logs';
import type { FloodLimit } from './flood-limit';

export { LOG_LEVELS, type LogLevel };

/** The parts of the program that a log tells apart, in its field `component`. */
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

/** Writes one entry: a plain sentence, and the fields that belong to it. An error goes as `err`. */
export interface LogWriter {
  (message: string): void;
  (fields: Readonly<Record<string, unknown>>, message: string): void;
}

/**
 * All that other folders know of logging. Each makes a child of the root logger: `logger.child({ component: 'engine' })`.
 * Never of another component's child: its lines would name two.
 */
export interface Logger {
  readonly trace: LogWriter;
  readonly debug: LogWriter;
  readonly info: LogWriter;
  readonly warn: LogWriter;
  readonly error: LogWriter;
  readonly fatal: LogWriter;
  /** Whether an entry of this level is written: ask before making one that costs something. */
  isLevelEnabled(level: LogLevel): boolean;
  /** A logger that adds these fields to each of its entries. */
  child(fields: Readonly<Record<string, unknown>>): Logger;
}

/** Takes whole lines, line feed included, with the level as in `LEVEL_NUMBERS`. */
export interface LogDestination {
  write(line: string, level: number): void;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Standard error if left out, written synchronously, so that the last words of a crash are not lost. */
  readonly destination?: LogDestination;
  readonly flood?: FloodLimit;
}

/** A logger whose level can be changed while it is used, with that of all its children. */
export interface RootLogger extends Logger {
  setLevel(level: LogLevel): void;
}

/** `trace` is 10, `fatal` 60. */
export const LEVEL_NUMBERS: Readonly<Record<LogLevel, number>> = {
  ...(pino.levels.values as Record<Exclude<LogLevel, 'silent'>, number>),
  silent: Number.POSITIVE_INFINITY,
};

/** Between two looks for children that are gone. A component has one child, and so has a run. */
const CHILDREN_BETWEEN_LOOKS = 256;

/** Writes NDJSON. */
export function createLogger({ level, destination, flood }: LoggerOptions): RootLogger {
  // A child of pino keeps the level that it was made with.
  let children: WeakRef<pino.Logger>[] = [];
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
        if (children.push(new WeakRef(child)) % CHILDREN_BETWEEN_LOOKS === 0) {
          children = children.filter((reference) => reference.deref());
        }
      },
      hooks: { streamWrite: maskSecrets, ...(flood && { logMethod: holdBack(flood) }) },
    },
    toStream(destination ?? pino.destination({ dest: 2, sync: true })),
  );
  return Object.assign(logger as Logger, {
    setLevel(next: LogLevel) {
      for (const one of [logger, ...children.map((reference) => reference.deref())])
        if (one) one.level = next;
    },
  });
}

/** The ids of the current span lead from a line to its trace, and back. */
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

/** The logger whose entries are left out reports how many they were. */
function holdBack(flood: FloodLimit) {
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

const components = new WeakMap<pino.Logger, string>();

/** Kept, since `bindings` parses JSON. */
function componentOf(logger: pino.Logger): string {
  const component = components.get(logger) ?? String(logger.bindings().component ?? '');
  components.set(logger, component);
  return component;
}

/** Fields that are never written, in the first two depths of an entry. */
export const SECRET_FIELDS: readonly string[] = [
  'password',
  'passwd',
  'secret',
  'token',
  'cookie',
  'authorization',
].flatMap((name) => [name, `*.${name}`]);

/** A line without this holds no secret in its texts: most lines are not searched further. */
const SUSPECT = /:\/\/|(?:password|token|secret)=/i;
/*
 * These match inside of JSON texts, at most to the end of the text. As `maskPassword`, from the first : to the last @:
 * rather too much than too little. In a server's address blanks are hidden as well, but no frame of a stack and no
 * sentence behind an address and a colon. Other addresses end at a blank: what follows is rarely part of them.
 */
const SERVER_PASSWORD =
  /(postgres(?:ql)?:\/\/(?:[^\s:"\\]|\\[^n])*):(?!\s)(?:[^"\\]|\\[^n]|\\n(?!\s+at\s))*@/gi;
const SERVER_PARAMETER =
  /(postgres(?:ql)?:\/\/(?:[^\s"\\]|\\[^n])*[?&](?:ssl)?password=)(?:[^&"\\]|\\[^n])*/gi;
/** `https://ada:secret@host`. */
const PASSWORD = /(:\/\/(?:[^\s/?#:"\\]|\\[^n])*):(?:[^\s"\\]|\\.)*@/g;
/** `?token=secret`. */
const PARAMETER = /((?:password|token|secret)=)(?:[^&#\s"\\]|\\[^n])*/gi;

/** A line of JSON without the passwords and tokens of the addresses in it. */
function maskSecrets(line: string): string {
  if (!SUSPECT.test(line)) return line;
  return line
    .replace(SERVER_PASSWORD, '$1:***@')
    .replace(SERVER_PARAMETER, '$1***')
    .replace(PASSWORD, '$1:***@')
    .replace(PARAMETER, '$1***');
}
