import type { FeedEvent, FeedFrame } from '../../src-shared/feed';
import type { Clock } from '../clock';

/** What of the host's content a frame says has changed. */
export type Change =
  /** Rows were added or changed. */
  | 'rows'
  /** A run began, changed its state or ended. */
  | 'runs'
  /** All of it: forget what was fetched. */
  | 'everything';

export function changesOf(frame: FeedFrame): ReadonlySet<Change> {
  const changes = new Set<Change>();
  if (frame.kind === 'reset') {
    changes.add('everything');
    return changes;
  }
  for (const { event } of frame.events) {
    if (event === 'database') changes.add('everything');
    else if (event === 'run' || event === 'summary') changes.add('runs').add('rows');
    else if (event !== 'notice' && event !== 'report') changes.add('rows');
  }
  if (frame.omitted > 0) changes.add('rows');
  return changes;
}

export type Notice = Extract<FeedEvent, { event: 'notice' }>;

/** Collects frames and hands them on together, once before each paint. */
export function createFeedIntake(clock: Clock, take: (frames: readonly FeedFrame[]) => void) {
  let waiting: FeedFrame[] = [];
  let cancel: (() => void) | null = null;
  const flush = () => {
    cancel = null;
    const frames = waiting;
    waiting = [];
    take(frames);
  };
  return {
    add(frame: FeedFrame) {
      waiting.push(frame);
      cancel ??= clock.beforePaint(flush);
    },
    close() {
      cancel?.();
      waiting = [];
    },
  };
}
