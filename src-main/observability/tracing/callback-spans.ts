import { context, type Span, type SpanContext, type Tracer, trace } from '@opentelemetry/api';
import type { RunEvent } from '../../../src-shared/events';
import type { EngineEvent } from '../../../src-shared/feed';
import type { SpanTime, SpanTimeMs } from './span-time';

/** Callbacks whose batch is remembered; beyond, the longest remembered is forgotten. A few megabytes. */
const MOST_REMEMBERED = 10_000;

export interface CallbackSpansDeps {
  readonly tracer: Tracer;
  readonly time: SpanTime;
  /** When each piece of work that is under way began. */
  readonly began: { get(span: Span): SpanTimeMs | undefined };
  /** At most so many callbacks of one batch, and of one claim, are shown. */
  readonly limit: number;
}

type Settled = Extract<RunEvent, { event: 'fired' | 'cancelled' }>;

/**
 * Ends the trace of an update with what became of its callback: a span in the trace of the batch that scheduled
 * it, linked to the work that settled it. Which batch that was is remembered here, in memory, while the callback
 * waits: the database knows nothing of traces, so a callback that outlives its program has no such span.
 *
 * A burst must not drown a collector: of one batch at most `limit` callbacks are remembered, and at most `limit`
 * that one piece of work settles are shown; how many there were stands on that work's own span.
 */
export function followCallbacks({
  tracer,
  time,
  began,
  limit,
}: CallbackSpansDeps): (events: readonly EngineEvent[]) => void {
  const batches = new Map<string, SpanContext>();

  const remember = (key: string, batch: SpanContext) => {
    const [longest] = batches.size >= MOST_REMEMBERED ? batches.keys() : [];
    if (longest !== undefined) batches.delete(longest);
    batches.set(key, batch);
  };

  /** A fired one begins when it was due: its length shows how long after it was said to have fired. */
  const show = (event: Settled, batch: SpanContext, settling: Span | undefined) => {
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

  return (events) => {
    const active = trace.getActiveSpan();
    const here = active?.isRecording() ? active : undefined;
    const counts = new Map<string, number>();
    let remembered = 0;
    let shown = 0;
    for (const event of events) {
      const counted = COUNTED_AS.get(event.event);
      if (counted !== undefined) counts.set(counted, (counts.get(counted) ?? 0) + 1);
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
      show(event, batch, here);
    }
    for (const [counted, count] of counts) here?.setAttribute(counted, count);
  };
}

const keyOf = ({ id, version }: { readonly id: string; readonly version: string }) => `${version} ${id}`;

/** The attribute of a batch or a claim under which its events are counted. */
const COUNTED_AS: ReadonlyMap<EngineEvent['event'], string> = new Map([
  ['indexed', 'ingot.updates.indexed'],
  ['stale', 'ingot.updates.stale'],
  ['duplicate', 'ingot.updates.duplicate'],
  ['conflict', 'ingot.updates.conflict'],
  ['rejected', 'ingot.updates.rejected'],
  ['fired', 'ingot.callbacks.fired'],
  ['cancelled', 'ingot.callbacks.cancelled'],
]);
