import { randomBytes } from 'node:crypto';
import {
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import {
  ATTR_DB_NAMESPACE,
  ATTR_DB_OPERATION_NAME,
  ATTR_DB_QUERY_SUMMARY,
  ATTR_DB_RESPONSE_STATUS_CODE,
  ATTR_DB_SYSTEM_NAME,
  ATTR_ERROR_TYPE,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  DB_SYSTEM_NAME_VALUE_POSTGRESQL,
} from '@opentelemetry/semantic-conventions';
import { IngotError } from '../../../src-shared/errors';
import type { RunEvent } from '../../../src-shared/events';
import { TIMELINE_KINDS } from '../../../src-shared/timeline';
import { foldEvents, NO_TOTALS } from '../../../src-shared/totals';
import type { ThreadWatch } from '../../database/thread-watch';
import type { Clock } from '../../time/clock';
import type { Attributes, Observer, Work } from '../observer';

/**
 * More statements are not shown in one span: a run waits for callbacks for as long as it likes, and collectors
 * refuse a trace without end.
 */
export const MOST_STATEMENTS_OF_A_SPAN = 100;
/** Callbacks whose batch is remembered; beyond that the oldest is forgotten. A few megabytes. */
const MOST_REMEMBERED = 10_000;
/** The stopwatch stands still while the machine sleeps: beyond this difference it is set again. */
const MOST_APART_MS = 1_000;

export interface SpansDeps {
  readonly tracer: Tracer;
  readonly clock: Pick<Clock, 'now' | 'monotonicMs'>;
  readonly ids: ChosenIds;
  /** The address of a Postgres server; null for the embedded database. */
  readonly server: string | null;
  /** The most callbacks with a span of their own, for one batch and for one claim. */
  readonly callbacks: number;
}

export interface Spans {
  readonly observer: Observer;
  readonly thread: ThreadWatch;
}

/**
 * Makes a span of each piece of work, of what becomes of callbacks, and of the database thread's work.
 *
 *   window ── call ── ...                       a trace that the window began
 *   run                                         a trace of its own, or part of that of the call which began it
 *   batch ── classify ── statement ── execute   a trace of its own, linked to its run: see docs/decisions/0015
 *         ├─ store ──── statement ── execute
 *         └─ callback                           ends the trace; linked to the work that settled it
 *   claim ── statement ── execute               a trace of its own, linked to whatever waited for it
 *
 * A span holds names, counts and codes: never a bound value, nor an error's message.
 */
export function createSpans({ tracer, clock, ids, server, callbacks: limit }: SpansDeps): Spans {
  const time = createSpanTime(clock);
  const place = placeOf(server);
  const began = new WeakMap<Span, number>();
  const statements = new WeakMap<Span, number>();
  const commits = new WeakMap<Span, Span>();
  /**
   * The batch that scheduled each callback. In memory only: the database knows nothing of traces, so a callback
   * that outlives its program has no span.
   */
  const batches = new Map<string, SpanContext>();

  const start = (name: string, options: SpanOptions, parent: Context) => {
    const startTime = time.now();
    const span = tracer.startSpan(name, { ...options, startTime }, parent);
    began.set(span, startTime);
    return span;
  };
  const follow = async <T>(span: Span, within: Context, doIt: () => Promise<T>): Promise<T> => {
    try {
      return await context.with(within, doIt);
    } catch (error) {
      noteFailure(span, error);
      throw error;
    } finally {
      span.end(time.now());
    }
  };
  const mayShowStatement = (parent: Span | undefined): parent is Span => {
    if (!parent?.isRecording()) return false;
    const shown = statements.get(parent) ?? 0;
    statements.set(parent, shown + 1);
    if (shown < MOST_STATEMENTS_OF_A_SPAN) return true;
    parent.setAttribute('ingot.statements.left_out', shown + 1 - MOST_STATEMENTS_OF_A_SPAN);
    return false;
  };

  const remember = (key: string, batch: SpanContext) => {
    const [oldest] = batches.size >= MOST_REMEMBERED ? batches.keys() : [];
    if (oldest !== undefined) batches.delete(oldest);
    batches.set(key, batch);
  };
  /** A fired callback's span begins when it was due: its length is the lateness. */
  const showCallback = (event: Settled, batch: SpanContext, settling: Span | undefined) => {
    const nowMs = time.now();
    const claimedMs = (settling && began.get(settling)) ?? nowMs;
    const isElsewhere = settling && settling.spanContext().spanId !== batch.spanId;
    const span = tracer.startSpan(
      `callback ${event.event}`,
      {
        startTime: event.event === 'fired' ? claimedMs - event.latenessMs : nowMs,
        links: isElsewhere ? [{ context: settling.spanContext() }] : [],
        attributes: { 'ingot.account.id': event.id, 'ingot.account.version': event.version },
      },
      trace.setSpanContext(context.active(), batch),
    );
    if (event.event === 'fired') span.setAttribute('ingot.callback.lateness_ms', event.latenessMs);
    else if (event.supersededBy !== null) span.setAttribute('ingot.superseded_by', event.supersededBy);
    span.end(nowMs);
    if (isElsewhere) settling.addLink({ context: batch });
  };

  const observer: Observer = {
    around(work, attributes, doIt) {
      const here = context.active();
      const active = trace.getSpan(here);
      if (work === 'statement') {
        if (!mayShowStatement(active)) return doIt();
        const name = String(attributes.statement);
        const span = start(name, statementOptions(name, attributes, place), here);
        if (name === 'commit') commits.set(active, span);
        return follow(span, trace.setSpan(here, span), doIt);
      }
      const aroundHere = <Result>(doThis: () => Promise<Result>) => {
        const within = context.active();
        const name = work === 'call' ? `call ${attributes.method}` : work;
        const span = start(name, optionsOf(work, attributes, active), within);
        return follow(span, trace.setSpan(within, span), doThis);
      };
      const caller = work === 'call' ? callerOf(attributes) : undefined;
      if (!caller) return aroundHere(doIt);
      // The window's own span, from the arrival of the call to the answer.
      const name = `window ${attributes.method}`;
      const window = ids.choose(caller, () => start(name, { root: true, kind: SpanKind.CLIENT }, here));
      return follow(window, trace.setSpan(here, window), () => aroundHere(doIt));
    },
    // A burst must not drown a collector: spans are limited, and the counts are attributes of the work's own span.
    hear(events) {
      const active = trace.getActiveSpan();
      const here = active?.isRecording() ? active : undefined;
      let remembered = 0;
      let shown = 0;
      for (const event of events) {
        if (event.event === 'indexed' && here && remembered < limit) {
          remembered += 1;
          remember(keyOf(event), here.spanContext());
        }
        if (event.event !== 'fired' && event.event !== 'cancelled') continue;
        const batch = batches.get(keyOf(event));
        if (!batch) continue;
        batches.delete(keyOf(event));
        if (shown >= limit) continue;
        shown += 1;
        showCallback(event, batch, here);
      }
      const totals = here && foldEvents(NO_TOTALS, events);
      for (const kind of totals ? TIMELINE_KINDS : []) {
        const subject = kind === 'fired' || kind === 'cancelled' ? 'callbacks' : 'updates';
        if (totals?.[kind]) here?.setAttribute(`ingot.${subject}.${kind}`, totals[kind]);
      }
    },
  };

  // The rest of a statement's span is waiting. The thread only reports times: OpenTelemetry is not loaded there.
  const thread: ThreadWatch = {
    traceparent(statement) {
      const here = context.active();
      const active = trace.getSpan(here);
      const asking = (statement === 'commit' && active && commits.get(active)) || active;
      if (!asking?.isRecording()) return undefined;
      const carrier: { traceparent?: string } = {};
      propagation.inject(trace.setSpan(here, asking), carrier);
      return carrier.traceparent;
    },
    worked(statement, { traceparent, beganMs, endedMs }) {
      const parent = propagation.extract(context.active(), { traceparent });
      const startTime = time.ofMonotonicMs(beganMs);
      const attributes = { 'thread.name': 'ingot-database' };
      tracer
        .startSpan(`execute ${statement}`, { startTime, attributes }, parent)
        .end(time.ofMonotonicMs(endedMs));
    },
  };
  return { observer, thread };
}

type Settled = Extract<RunEvent, { event: 'fired' | 'cancelled' }>;

const keyOf = ({ id, version }: { readonly id: string; readonly version: string }) => `${version} ${id}`;

/**
 * Milliseconds since 1970 with a fraction: the clock's are whole, and most statements take less than one; the
 * stopwatch has fractions, and all threads of a process share it.
 */
function createSpanTime(clock: Pick<Clock, 'now' | 'monotonicMs'>) {
  let originMs = clock.now() - clock.monotonicMs();
  const now = () => {
    const timeMs = originMs + clock.monotonicMs();
    const wholeMs = clock.now();
    if (Math.abs(wholeMs - timeMs) <= MOST_APART_MS) return timeMs;
    originMs += wholeMs - timeMs;
    return wholeMs;
  };
  return { now, ofMonotonicMs: (monotonicMs: number) => originMs + monotonicMs };
}

/**
 * Random ids for the SDK, except for the span of a window's call: the window began it and cannot send it, so it is
 * recorded here with the ids that the window chose.
 */
export interface ChosenIds {
  generateTraceId(): string;
  generateSpanId(): string;
  /** Calls `begin`, which begins one span, with these ids. */
  choose<T>(ids: Pick<SpanContext, 'traceId' | 'spanId'>, begin: () => T): T;
}

export function createChosenIds(): ChosenIds {
  let chosen: Pick<SpanContext, 'traceId' | 'spanId'> | null = null;
  return {
    generateTraceId: () => chosen?.traceId ?? randomBytes(16).toString('hex'),
    generateSpanId: () => chosen?.spanId ?? randomBytes(8).toString('hex'),
    choose(ids, begin) {
      chosen = ids;
      try {
        return begin();
      } finally {
        chosen = null;
      }
    },
  };
}

function optionsOf(work: Work, attributes: Attributes, active: Span | undefined): SpanOptions {
  const options = { attributes: spanAttributes(attributes) };
  if (work === 'call') return { ...options, kind: SpanKind.SERVER };
  if (work !== 'batch' && work !== 'claim') return options;
  return { ...options, root: true, links: active?.isRecording() ? [{ context: active.spanContext() }] : [] };
}

function callerOf({ traceparent }: Attributes): SpanContext | undefined {
  if (traceparent === undefined) return undefined;
  return trace.getSpanContext(propagation.extract(ROOT_CONTEXT, { traceparent: String(traceparent) }));
}

/** `runId` -> `ingot.run_id`. */
function spanAttributes({ traceparent: _, ...attributes }: Attributes): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).map(([key, value]) => [
      `ingot.${key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`,
      value,
    ]),
  );
}

function placeOf(server: string | null): Record<string, string | number> {
  const place = { [ATTR_DB_SYSTEM_NAME]: DB_SYSTEM_NAME_VALUE_POSTGRESQL };
  if (server === null || !URL.canParse(server)) return place;
  const { hostname, port, pathname } = new URL(server);
  let database = pathname.slice(1);
  try {
    database = decodeURIComponent(database);
  } catch {
    // Badly escaped. Opening the database reports it.
  }
  return {
    ...place,
    [ATTR_SERVER_ADDRESS]: hostname,
    [ATTR_SERVER_PORT]: port === '' ? 5432 : Number(port),
    [ATTR_DB_NAMESPACE]: `${database}.ingot`,
  };
}

function statementOptions(name: string, { operation }: Attributes, place: Attributes): SpanOptions {
  return {
    kind: SpanKind.CLIENT,
    attributes: {
      ...place,
      [ATTR_DB_QUERY_SUMMARY]: name,
      ...(operation !== undefined && { [ATTR_DB_OPERATION_NAME]: operation }),
    },
  };
}

function noteFailure(span: Span, error: unknown): void {
  span.setStatus({ code: SpanStatusCode.ERROR });
  if (!(error instanceof IngotError)) {
    span.setAttribute(ATTR_ERROR_TYPE, error instanceof Error ? error.name : '_OTHER');
    return;
  }
  const { sqlstate } = error.details;
  span.setAttribute(ATTR_ERROR_TYPE, sqlstate ?? error.code);
  if (sqlstate !== undefined) span.setAttribute(ATTR_DB_RESPONSE_STATUS_CODE, sqlstate);
}
