import type { FeedEvent, FeedFrame } from '../../src-shared/feed';
import type { Clock } from '../clock';

/** What a frame says has changed at the host. */
export type Change =
  | 'rows'
  /** A run started, changed its state or ended. */
  | 'runs'
  | 'database'
  /** Old history was removed. */
  | 'retention'
  /** Drop everything that was fetched. */
  | 'everything';

export function changesOf(frame: FeedFrame): ReadonlySet<Change> {
  const changes = new Set<Change>();
  if (frame.kind === 'reset') {
    changes.add('everything');
    return changes;
  }
  for (const entry of frame.events) {
    const { event } = entry;
    if (event === 'database' && entry.change === 'seen') changes.add('database').add('runs').add('rows');
    else if (event === 'database') changes.add(isReplacing(entry) ? 'database' : 'everything');
    else if (event === 'run' || event === 'summary') changes.add('runs').add('rows');
    else if (event === 'connection' || event === 'gap') changes.add('runs');
    else if (event === 'retention') changes.add('retention').add('rows');
    else if (event !== 'notice' && event !== 'report') changes.add('rows');
  }
  if (frame.omitted > 0) changes.add('rows');
  return changes;
}

/** Nothing can be fetched until it is done. */
const isReplacing = ({ change }: Extract<FeedEvent, { event: 'database' }>) =>
  change === 'resetting' || change === 'restoring' || change === 'entering';

/** With more events than this per paint, nobody reads single lines. */
const TORRENT_EVENTS = 100;
/** Interval of drawing then. Measured: twenty times a second took a third of a core in layout. */
export const TORRENT_MS = 100;

const eventsIn = (frames: readonly FeedFrame[]) =>
  frames.reduce((sum, frame) => sum + (frame.kind === 'events' ? frame.events.length : 0), 0);

/** Collects frames and passes them on together: once per paint, or ten times a second when there are very many. */
export function createFeedIntake(clock: Clock, take: (frames: readonly FeedFrame[]) => void) {
  let waiting: FeedFrame[] = [];
  let cancel: (() => void) | null = null;
  let restUntilMs = 0;
  const flush = () => {
    cancel = null;
    const frames = waiting;
    waiting = [];
    restUntilMs = eventsIn(frames) > TORRENT_EVENTS ? clock.nowMs() + TORRENT_MS : 0;
    take(frames);
  };
  const paint = () => {
    cancel = clock.beforePaint(flush);
  };
  return {
    add(frame: FeedFrame) {
      waiting.push(frame);
      if (cancel !== null) return;
      const restMs = restUntilMs - clock.nowMs();
      if (restMs > 0) cancel = clock.after(restMs, paint);
      else paint();
    },
    close() {
      cancel?.();
      waiting = [];
    },
  };
}
