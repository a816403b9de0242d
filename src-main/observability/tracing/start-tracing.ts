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

/** This program's traces, sent by OTLP to a configured collector. */
export interface Tracing {
  readonly observer: Observer;
  /** Undefined: statements are not traced in the database thread. */
  readonly thread: ThreadWatch | undefined;
  /** Sends what is left, within `FLUSH_WITHIN_MS`, and ends. Idempotent, never rejects. */
  close(): Promise<void>;
}

export interface TracingOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly shell: 'cli' | 'web' | 'electron';
  readonly version: string;
  /** The address of a Postgres server; null for the embedded database. */
  readonly server: string | null;
  /** How many callbacks get a span of their own, per batch and per claim. */
  readonly callbacks: number;
}

/** How long a collector that never answered may delay the end of the program. */
const FLUSH_WITHIN_MS = 500;

/**
 * Starts OpenTelemetry's SDK, configured by its standard variables: endpoint, protocol, headers, sampler, limits, service name.
 * Traces only, and no instrumentation of libraries, which would put values into spans.
 */
export function startTracing(options: TracingOptions): Tracing {
  const { clock, logger, shell, version, server, callbacks } = options;
  const ids = createChosenIds();
  const sdk = createSdk(shell, version, ids);
  const faults = noteFaultsOnce(logger);
  diag.setLogger(faults.logger, { logLevel: DiagLogLevel.INFO, suppressOverrideMessage: true });
  sdk.start();
  // Our threads and windows use one form of context, whatever OTEL_PROPAGATORS says.
  propagation.disable();
  propagation.setGlobalPropagator(new core.W3CTraceContextPropagator());

  const tracer = trace.getTracer('ingot', version);
  let closing: Promise<void> | null = null;

  const close = async () => {
    const sent = sdk.shutdown().then(
      () => 'sent' as const,
      (error: unknown) => faults.note(error instanceof Error ? error.message : String(error)),
    );
    // Do not wait for a collector that is known to be down.
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
  // Otherwise the SDK would write to standard output, where a run's events go.
  delete process.env.OTEL_LOG_LEVEL;
  return new NodeSDK({
    idGenerator,
    // If omitted, the SDK sends metrics and logs too.
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
    // The variables take precedence. The SDK's detectors would include the command line, and with it a server's password.
    resourceDetectors: [resources.envDetector],
  });
}

/** Logs faults of the SDK. Every failed export reports that the collector is down: once is enough. */
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
  // Only the first argument is text: the others may be whole spans.
  const diagLogger: DiagLogger = { error, warn, info: quietly, debug: quietly, verbose: quietly };
  return { logger: diagLogger, note, any: () => said };
}

/** Other faults are invalid variables. */
const MOST_WARNINGS = 20;

/** A failed export is reported as JSON with its stack; null: another message. */
function exportFailureIn(words: string): string | null {
  try {
    const { message, code } = JSON.parse(words) as { message?: unknown; code?: unknown };
    return String(message || code || 'unknown');
  } catch {
    return null;
  }
}
