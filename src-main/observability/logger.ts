import { trace } from '@opentelemetry/api';
import { pino } from 'pino';
import { LOG_LEVELS, type LogLevel } from '../../src-shared/logs';
import type { FloodLimit } from './flood-limit';

export { LOG_LEVELS, type LogLevel };

/** Values of the field `component`. */
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

/** Writes one entry: a plain sentence and its fields. An error goes in `err`. */
export interface LogWriter {
  (message: string): void;
  (fields: Readonly<Record<string, unknown>>, message: string): void;
}

/**
 * The part of logging that other folders know. Each makes a child of the root logger: `logger.child({ component: 'engine' })`.
 * Never of another component's child: its lines would have two.
 */
export interface Logger {
  readonly trace: LogWriter;
  readonly debug: LogWriter;
  readonly info: LogWriter;
  readonly warn: LogWriter;
  readonly error: LogWriter;
  readonly fatal: LogWriter;
  /** Whether entries of this level are written: check before building an expensive one. */
  isLevelEnabled(level: LogLevel): boolean;
  /** A logger that adds these fields to each entry. */
  child(fields: Readonly<Record<string, unknown>>): Logger;
}

/** Receives whole lines with line feed, and the level as in `LEVEL_NUMBERS`. */
export interface LogDestination {
  write(line: string, level: number): void;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Default: standard error, written synchronously, so that the last lines of a crash are not lost. */
  readonly destination?: LogDestination;
  readonly flood?: FloodLimit;
}

/** A logger whose level, with that of all its children, can be changed. */
export interface RootLogger extends Logger {
  setLevel(level: LogLevel): void;
}

/** `trace` is 10, `fatal` 60. */
export const LEVEL_NUMBERS: Readonly<Record<LogLevel, number>> = {
  ...(pino.levels.values as Record<Exclude<LogLevel, 'silent'>, number>),
  silent: Number.POSITIVE_INFINITY,
};

/** How many new children between two cleanups of dead ones. A component has one child, and so has a run. */
const CHILDREN_BETWEEN_LOOKS = 256;

/** Writes NDJSON. */
export function createLogger({ level, destination, flood }: LoggerOptions): RootLogger {
  // A child of pino keeps the level it was created with.
  let children: WeakRef<pino.Logger>[] = [];
  const logger = pino(
    {
      level,
      // No process id and no host name: there is one process, and logs are often shown to others.
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

/** The current span's ids connect a line with its trace. */
function traceFields(): Record<string, string> {
  const span = trace.getActiveSpan()?.spanContext();
  return span ? { trace_id: span.traceId, span_id: span.spanId } : {};
}

/** Passes the level of each line to the destination: pino sets it just before, on streams that ask for it. */
function toStream(destination: LogDestination): pino.DestinationStream {
  const stream = {
    [Symbol.for('pino.metadata')]: true,
    lastLevel: 0,
    write: (line: string) => destination.write(line, stream.lastLevel),
  };
  return stream;
}

/** The logger whose entries are suppressed reports their number. */
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

/** Cached, because `bindings` parses JSON. */
function componentOf(logger: pino.Logger): string {
  const component = components.get(logger) ?? String(logger.bindings().component ?? '');
  components.set(logger, component);
  return component;
}

/** Fields that are never written, at the first two depths of an entry. */
const SECRET_FIELDS: readonly string[] = [
  'password',
  'passwd',
  'secret',
  'token',
  'cookie',
  'authorization',
].flatMap((name) => [name, `*.${name}`]);

/** A line without this contains no secret: most lines need no further search. */
const SUSPECT = /:\/\/|(?:password|token|secret)=/i;
/*
 * These match inside JSON texts, at most to the end of the text. Like `maskPassword`, they mask from the first : to the last @,
 * rather too much than too little. In a server's address blanks are masked too, but no stack frame and no sentence after an
 * address and a colon. Other addresses end at a blank.
 */
const SERVER_PASSWORD =
  /(postgres(?:ql)?:\/\/(?:[^\s:"\\]|\\[^n])*):(?!\s)(?:[^"\\]|\\[^n]|\\n(?!\s+at\s))*@/gi;
const SERVER_PARAMETER =
  /(postgres(?:ql)?:\/\/(?:[^\s"\\]|\\[^n])*[?&](?:ssl)?password=)(?:[^&"\\]|\\[^n])*/gi;
/** `https://ada:secret@host`. */
const PASSWORD = /(:\/\/(?:[^\s/?#:"\\]|\\[^n])*):(?:[^\s"\\]|\\.)*@/g;
/** `?token=secret`. */
const PARAMETER = /((?:password|token|secret)=)(?:[^&#\s"\\]|\\[^n])*/gi;

/** A line of JSON without the passwords and tokens of its addresses. */
function maskSecrets(line: string): string {
  if (!SUSPECT.test(line)) return line;
  return line
    .replace(SERVER_PASSWORD, '$1:***@')
    .replace(SERVER_PARAMETER, '$1***')
    .replace(PASSWORD, '$1:***@')
    .replace(PARAMETER, '$1***');
}
