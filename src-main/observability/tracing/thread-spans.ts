import { context, propagation, type Span, type Tracer, trace } from '@opentelemetry/api';
import type { ThreadWatch } from '../../database/thread-watch';
import type { SpanTime } from './span-time';

/**
 * Shows the work of the database thread as a span inside that of the statement: what is left of the statement's
 * is waiting. The thread only tells when; the span is made here, and OpenTelemetry is not loaded there.
 */
export function followThread(
  tracer: Tracer,
  time: SpanTime,
  committing: () => Span | undefined,
): ThreadWatch {
  return {
    traceparent(statement) {
      const here = context.active();
      const commit = statement === 'commit' ? committing() : undefined;
      const asking = commit ?? trace.getSpan(here);
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
}
