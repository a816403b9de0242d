import { randomUUID } from 'node:crypto';
import {
  context,
  type DiagLogger,
  DiagLogLevel,
  diag,
  propagation,
  type Span,
  trace,
} from '@opentelemetry/api';
import { core, NodeSDK, resources } from '@opentelemetry/sdk-node';
import {
  ATTR_SERVICE_INSTANCE_ID,
  ATTR_SERVICE_NAME,
  ATTR_SERVICE_VERSION,
} from '@opentelemetry/semantic-conventions';
import type { ThreadWatch } from '../../database/thread-watch';
import type { Clock } from '../../time/clock';
import type { Logger } from '../logger';
import type { Observer } from '../observer';
import { followCallbacks } from './callback-spans';
import { type ChosenIds, createChosenIds } from './chosen-ids';
import { createSpanObserver } from './span-observer';
import { createSpanTime, type SpanTimeMs } from './span-time';
import { followThread } from './thread-spans';

/** Traces of what this program does, sent by OTLP to a collector that a person named. */
export interface Tracing {
  /** Makes a span of each piece of work, and of what becomes of callbacks. */
  readonly observer: Observer;
  /** Follows statements into the database thread; undefined: nobody does. */
  readonly thread: ThreadWatch | undefined;
  /** Sends what is left, for at most `FLUSH_WITHIN_MS`, and ends. Idempotent, never rejects. */
  close(): Promise<void>;
}

export interface TracingOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Which of the shells this is, and of which version. */
  readonly shell: 'cli' | 'web' | 'electron';
  readonly version: string;
  /** Of a Postgres server, its address; null for the embedded database. */
  readonly server: string | null;
  /** At most so many callbacks of one batch, and of one claim, have a span of their own. */
  readonly callbacks: number;
}

/** A collector that is away holds up the end of the program for this long at most, and only if it never answered. */
const FLUSH_WITHIN_MS = 500;

/**
 * Starts OpenTelemetry's SDK as its standard variables say: endpoint, protocol, headers, sampler, limits, name of
 * the service. Traces only; and no instrumentation of what others wrote, which would put values into spans.
 */
export function startTracing(options: TracingOptions): Tracing {
  const { clock, logger, shell, version, server, callbacks } = options;
  const ids = createChosenIds();
  const sdk = createSdk(shell, version, ids);
  const faults = noteFaultsOnce(logger);
  diag.setLogger(faults.logger, { logLevel: DiagLogLevel.INFO, suppressOverrideMessage: true });
  sdk.start();
  // Context goes between our own threads and windows in one form, whatever OTEL_PROPAGATORS says of others.
  propagation.disable();
  propagation.setGlobalPropagator(new core.W3CTraceContextPropagator());

  const tracer = trace.getTracer('ingot', version);
  const time = createSpanTime(clock);
  const began = new WeakMap<Span, SpanTimeMs>();
  const hear = followCallbacks({ tracer, time, began, limit: callbacks });
  const observer = createSpanObserver({ tracer, time, ids, began, server, hear });
  let closing: Promise<void> | null = null;

  const close = async () => {
    const sent = sdk.shutdown().then(
      () => 'sent' as const,
      (error: unknown) => faults.note(error instanceof Error ? error.message : String(error)),
    );
    // Who has been told that the collector is away need not wait to be told again.
    if (!faults.any()) {
      const ended = new AbortController();
      const enough = clock.waitUntil(clock.now() + FLUSH_WITHIN_MS, ended.signal);
      if ((await Promise.race([sent, enough])) !== 'sent') {
        faults.note(`the last could not be sent within ${FLUSH_WITHIN_MS / 1000} s`);
      }
      ended.abort();
    }
    trace.disable();
    context.disable();
    propagation.disable();
    diag.disable();
  };
  return {
    observer,
    thread: followThread(tracer, time, observer.committing),
    close() {
      closing ??= close();
      return closing;
    },
  };
}

function createSdk(shell: string, version: string, idGenerator: ChosenIds): NodeSDK {
  // The SDK would write to the console: to standard output, where a run's events go.
  delete process.env.OTEL_LOG_LEVEL;
  return new NodeSDK({
    idGenerator,
    // Left out, the SDK sends metrics and logs as well.
    metricReaders: [],
    logRecordProcessors: [],
    resource: resources.defaultResource().merge(
      resources.resourceFromAttributes({
        [ATTR_SERVICE_NAME]: 'ingot',
        [ATTR_SERVICE_VERSION]: version,
        [ATTR_SERVICE_INSTANCE_ID]: randomUUID(),
        'ingot.shell': shell,
        'process.pid': process.pid,
      }),
    ),
    // What the variables say wins. The SDK's own detectors would tell the command line, and with it the password
    // of a Postgres server.
    resourceDetectors: [resources.envDetector],
  });
}

/** A collector that is away says so with every export: once is enough. */
function noteFaultsOnce(logger: Logger) {
  let said = false;
  const warned = new Set<string>();
  const note = (reason: string) => {
    const level = said ? 'debug' : 'warn';
    said = true;
    logger[level]({ reason }, 'traces do not reach their collector; this is said once');
  };
  const quietly = (words: string) => logger.debug({ words }, 'OpenTelemetry says');
  const warn = (words: string) => {
    if (warned.has(words) || warned.size >= MOST_WARNINGS) return quietly(words);
    warned.add(words);
    logger.warn({ words }, 'OpenTelemetry says');
  };
  const error = (words: string) => {
    const failure = failureIn(words);
    if (failure === null) warn(words);
    else note(failure);
  };
  // Only the first argument is words: behind it there may be whole spans.
  const diagLogger: DiagLogger = { error, warn, info: quietly, debug: quietly, verbose: quietly };
  return { logger: diagLogger, note, any: () => said };
}

/** What else there is to say is how a variable was written wrong. */
const MOST_WARNINGS = 20;

/** An export that failed is told as JSON, with its stack; null: something else is told. */
function failureIn(words: string): string | null {
  try {
    const { message, code } = JSON.parse(words) as { message?: unknown; code?: unknown };
    return String(message || code || 'unknown');
  } catch {
    return null;
  }
}
