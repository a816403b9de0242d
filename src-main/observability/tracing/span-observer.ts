import {
  type Context,
  context,
  type Link,
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
import type { EngineEvent } from '../../../src-shared/feed';
import type { Attributes, Observer, Work } from '../observer';
import type { ChosenIds } from './chosen-ids';
import type { SpanTime, SpanTimeMs } from './span-time';

export interface SpanObserverDeps {
  readonly tracer: Tracer;
  readonly time: SpanTime;
  readonly ids: ChosenIds;
  /** Is told when each piece of work began. */
  readonly began: { set(span: Span, timeMs: SpanTimeMs): void };
  /** Where a Postgres server is; null for the embedded database. */
  readonly server: string | null;
  readonly hear: (events: readonly EngineEvent[]) => void;
}

/**
 * Statements beyond this are not shown in one span: waiting for callbacks goes on for as long as a run likes,
 * and collectors refuse a trace that grows without end.
 */
export const MOST_STATEMENTS_OF_A_SPAN = 100;

interface SpanObserver extends Observer {
  /** The commit under way in the piece of work that is active now. */
  committing(): Span | undefined;
}

/**
 * Makes a span of each piece of work.
 *
 *   window ── call ── ...            a trace that the window began
 *   run                              a trace of its own, or part of that of the call which began it
 *   batch ── classify ── statement   a trace of its own, linked to its run: see docs/decisions/0015
 *         └─ store ──── statement
 *   claim ── statement               a trace of its own, linked to whatever waited for it
 *
 * A span holds names, counts and codes: never a bound value, nor an error's message.
 */
export function createSpanObserver({
  tracer,
  time,
  ids,
  began,
  server,
  hear,
}: SpanObserverDeps): SpanObserver {
  const place = placeOf(server);
  const statements = new WeakMap<Span, number>();
  const commits = new WeakMap<Span, Span>();

  /** Whether one more statement may be shown here; nowhere to show it is a no as well. */
  const mayShowStatement = (parent: Span | undefined): parent is Span => {
    if (!parent?.isRecording()) return false;
    const shown = statements.get(parent) ?? 0;
    statements.set(parent, shown + 1);
    if (shown < MOST_STATEMENTS_OF_A_SPAN) return true;
    parent.setAttribute('ingot.statements.left_out', shown + 1 - MOST_STATEMENTS_OF_A_SPAN);
    return false;
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
  const start = (name: string, options: SpanOptions, parent: Context) => {
    const startTime = time.now();
    const span = tracer.startSpan(name, { ...options, startTime }, parent);
    began.set(span, startTime);
    return span;
  };

  return {
    hear,
    committing: () => {
      const active = trace.getActiveSpan();
      return active && commits.get(active);
    },
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
        const span = start(nameOf(work, attributes), optionsOf(work, attributes, active), within);
        return follow(span, trace.setSpan(within, span), doThis);
      };
      const caller = work === 'call' ? callerOf(attributes) : undefined;
      if (!caller) return aroundHere(doIt);
      // The window's own span, from the arrival of the call to the answer.
      const name = `window ${attributes.method}`;
      const window = ids.choose(caller, () => start(name, { root: true, kind: SpanKind.CLIENT }, here));
      return follow(window, trace.setSpan(here, window), () => aroundHere(doIt));
    },
  };
}

function nameOf(work: Work, { method }: Attributes): string {
  return work === 'call' ? `call ${method}` : work;
}

function optionsOf(work: Work, attributes: Attributes, active: Span | undefined): SpanOptions {
  const options = { attributes: spanAttributes(attributes) };
  if (work === 'call') return { ...options, kind: SpanKind.SERVER };
  if (work !== 'batch' && work !== 'claim') return options;
  return { ...options, root: true, links: active?.isRecording() ? [linkTo(active)] : [] };
}

function linkTo(span: Span): Link {
  return { context: span.spanContext() };
}

function callerOf({ traceparent }: Attributes): SpanContext | undefined {
  if (traceparent === undefined) return undefined;
  return trace.getSpanContext(propagation.extract(ROOT_CONTEXT, { traceparent: String(traceparent) }));
}

/** `runId` -> `ingot.run_id`. */
function spanAttributes(attributes: Attributes): Record<string, string | number | boolean> {
  return Object.fromEntries(
    Object.entries(attributes)
      .filter(([key]) => key !== 'traceparent')
      .map(([key, value]) => [
        `ingot.${key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`,
        value,
      ]),
  );
}

function placeOf(server: string | null): Record<string, string | number> {
  const place = { [ATTR_DB_SYSTEM_NAME]: DB_SYSTEM_NAME_VALUE_POSTGRESQL };
  if (server === null || !URL.canParse(server)) return place;
  const { hostname, port, pathname } = new URL(server);
  return {
    ...place,
    [ATTR_SERVER_ADDRESS]: hostname,
    [ATTR_SERVER_PORT]: port === '' ? 5432 : Number(port),
    [ATTR_DB_NAMESPACE]: `${decoded(pathname.slice(1))}.ingot`,
  };
}

/** As it stands if it is no such text: whoever connects says what is wrong with it. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function statementOptions(
  name: string,
  { operation }: Attributes,
  place: SpanOptions['attributes'],
): SpanOptions {
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
