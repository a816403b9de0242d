import type { FeedEvent } from '../../src-shared/feed';

/**
 * The latest events, by their number: memory is bounded by `capacity`, however much happens. Numbers go
 * up by one from 1.
 */
export interface EventRing {
  push(event: FeedEvent): void;
  /** Number of the last event; 0 before the first. */
  readonly lastSeq: number;
  /** Everything after this number is still there. */
  readonly floorSeq: number;
  /** The events `afterSeq + 1` to `lastSeq`, both there. */
  slice(afterSeq: number, lastSeq: number): readonly FeedEvent[];
  /** Forgets everything so far. */
  forget(): void;
}

export function createEventRing(capacity: number): EventRing {
  const slots: (FeedEvent | undefined)[] = new Array(capacity);
  let lastSeq = 0;
  let forgottenSeq = 0;
  const floorSeq = () => Math.max(forgottenSeq, lastSeq - capacity);
  return {
    push(event) {
      lastSeq = event.seq;
      slots[lastSeq % capacity] = event;
    },
    get lastSeq() {
      return lastSeq;
    },
    get floorSeq() {
      return floorSeq();
    },
    slice(afterSeq, upTo) {
      const events: FeedEvent[] = [];
      for (let seq = afterSeq + 1; seq <= upTo; seq += 1) {
        const event = slots[seq % capacity];
        if (event?.seq === seq) events.push(event);
      }
      return events;
    },
    forget() {
      forgottenSeq = lastSeq;
      slots.fill(undefined);
    },
  };
}
