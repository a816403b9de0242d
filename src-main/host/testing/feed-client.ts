import type { EngineEvent, FeedFrame } from '../../../src-shared/feed';
import { runEvent } from '../../../src-shared/testing/events';

export const stale = (record: number): EngineEvent => runEvent('stale', { record });
export const staleOnes = (count: number) => Array.from({ length: count }, (_, index) => stale(index));
export const fired = (latenessMs: number, runId = '1'): EngineEvent =>
  runEvent('fired', { latenessMs, runId });
export const cancelled = (callbackRunId = '1'): EngineEvent => runEvent('cancelled', { callbackRunId });
export const notice = (message: string): EngineEvent => ({ event: 'notice', level: 'info', message });

/** A client of the feed that records frames, and takes as much as the test says. */
export function createFeedClient() {
  const frames: FeedFrame[] = [];
  const client = {
    frames,
    buffered: 0,
    send: (frame: FeedFrame) => frames.push(structuredClone(frame)),
    bufferedBytes: () => client.buffered,
    last: () => frames.at(-1),
    seqs: () =>
      frames.flatMap((frame) => (frame.kind === 'events' ? frame.events.map(({ seq }) => seq) : [])),
  };
  return client;
}

export const oneTo = (last: number, first = 1) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);
