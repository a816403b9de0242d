import { randomBytes } from 'node:crypto';
import type { SpanContext } from '@opentelemetry/api';

/** What the SDK asks for the ids of a new span. */
interface Ids {
  generateTraceId(): string;
  generateSpanId(): string;
}

/**
 * Ids by chance, but for a span that somebody else has begun and cannot send itself: a window's call. It is recorded
 * here in its name, so it gets the ids that the window chose.
 */
export interface ChosenIds extends Ids {
  /** Does `begin`, which begins one span, with these ids. */
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
