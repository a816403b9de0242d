import { randomUUID } from 'node:crypto';
import { context, type DiagLogger, DiagLogLevel, diag, propagation, trace } from '@opentelemetry/api';
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
import { type ChosenIds, createChosenIds, createSpans } from './spans';

/** Traces of this program, sent by OTLP to a collector that a person named. */
export interface Tracing {
  readonly observer: Observer;
  /** Undefined: statements are not followed into the database thread. */
  readonly thread: ThreadWatch | undefined;
  /** Sends what is left, for at most `FLUSH_WITHIN_MS`, and ends. Idempotent, never rejects. */
  close(): Promise<void>;
}

export interface TracingOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly shell: 'cli' | 'web' | 'electron';
  readonly version: string;
  /** The address of a Postgres server; null for the embedded database. */
  readonly server: string | null;
  /** The most callbacks with a span of their own, for one batch and for one claim. */
  readonly callbacks: number;
}

/** The longest that a collector which never answered holds up the end of the program. */
const FLUSH_WITHIN_MS = 500;

/**
 * Starts OpenTelemetry's SDK, set by its standard variables: endpoint, protocol, headers, sampler, limits, name of
 * the service. Traces only, and no instrumentation of libraries: that would put values into spans.
 */
export function startTracing(options: TracingOptions): Tracing {
  const { clock, logger, shell, version, server, callbacks } = options;
  const ids = createChosenIds();
  const sdk = createSdk(shell, version, ids);
  const faults = noteFaultsOnce(logger);
  diag.setLogger(faults.logger, { logLevel: DiagLogLevel.INFO, suppressOverrideMessage: true });
  sdk.start();
  // Our own threads and windows use one form of context, whatever OTEL_PROPAGATORS says.
  propagation.disable();
  propagation.setGlobalPropagator(new core.W3CTraceContextPropagator());

  const tracer = trace.getTracer('ingot', version);
  let closing: Promise<void> | null = null;

  const close = async () => {
    const sent = sdk.shutdown().then(
      () => 'sent' as const,
      (error: unknown) => faults.note(error instanceof Error ? error.message : String(error)),
    );
    // A collector that is known to be away is not waited for.
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
    ...createSpans({ tracer, clock, ids, server, callbacks }),
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

/** Logs faults of the SDK. Every failed export reports that the collector is away: once is enough. */
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
    const failure = exportFailureIn(words);
    if (failure === null) warn(words);
    else note(failure);
  };
  // Only the first argument is words: the others may be whole spans.
  const diagLogger: DiagLogger = { error, warn, info: quietly, debug: quietly, verbose: quietly };
  return { logger: diagLogger, note, any: () => said };
}

/** Other faults are badly written variables. */
const MOST_WARNINGS = 20;

/** A failed export is reported as JSON with its stack; null: the words are something else. */
function exportFailureIn(words: string): string | null {
  try {
    const { message, code } = JSON.parse(words) as { message?: unknown; code?: unknown };
    return String(message || code || 'unknown');
  } catch {
    return null;
  }
}
