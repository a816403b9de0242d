import type { FeedFrame } from '../../../src-shared/feed';
import type { EngineEvent } from '../../engine/interface';

const stamp = { runId: '1', at: 0, wallMs: 0 };

export const stale = (record: number): EngineEvent => ({
  event: 'stale',
  ...stamp,
  record,
  id: 'a',
  version: '1',
  latest: '2',
  accountType: 'mint',
  tokens: '1',
});
export const staleOnes = (count: number) => Array.from({ length: count }, (_, index) => stale(index));
export const fired = (latenessMs: number, runId = '1'): EngineEvent => ({
  event: 'fired',
  ...stamp,
  runId,
  id: 'a',
  version: '1',
  late: false,
  byHand: false,
  latenessMs,
  account: { id: 'a', accountType: 'mint', tokens: '1', version: '1', data: '{}' },
});
export const cancelled = (callbackRunId = '1'): EngineEvent => ({
  event: 'cancelled',
  ...stamp,
  callbackRunId,
  id: 'a',
  version: '1',
  supersededBy: null,
  skipped: false,
});
export const notice = (message: string): EngineEvent => ({ event: 'notice', level: 'info', message });

/** A client of the feed that keeps what it gets, and takes as much as the test says. */
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
