import { randomUUID } from 'node:crypto';
import type { RunStatus } from '../../src-shared/events';
import {
  type EngineEvent,
  FEED_RING_EVENTS,
  type FeedEvent,
  type FeedFrame,
  type FeedStats,
  MAX_EVENTS_PER_FRAME,
  MAX_FRAMES_PER_SECOND,
} from '../../src-shared/feed';
import { foldEvents, NO_TOTALS, type Totals, withNewContent } from '../../src-shared/totals';
import type { Alarm, Clock } from '../time/clock';

const FRAME_MS = 1000 / MAX_FRAMES_PER_SECOND;
/** While a run is active, a client gets a frame at least this often. */
const HEARTBEAT_MS = 1000;
/**
 * A client that joins gets this many past events, so that a reload keeps its log. Fewer than the ring holds, so that none is
 * overwritten before it is sent.
 */
export const JOIN_EVENTS = 2_000;
/** A client with this much unsent gets no further frame until it catches up. */
export const MAX_BUFFERED_BYTES = 1024 * 1024;

export interface FeedClient {
  send(frame: FeedFrame): void;
  /** Bytes sent that the client has not received yet. */
  bufferedBytes(): number;
}

export interface FeedSubscription {
  /**
   * Sends everything after a position that the client has seen, each event once and in order. Null joins: the latest
   * `JOIN_EVENTS` events come first.
   *
   * @param ofFeed `feedId` of the position's feed. Another host counts from 1 again.
   */
  start(afterSeq: number | null, ofFeed?: string): void;
  end(): void;
}

export interface Feed {
  /** Takes the events of one commit, in order. Fast: clients get them with the next frame. */
  publish(events: readonly EngineEvent[]): void;
  /**
   * All content changed: clients drop what they have, then get `events` as new. Without events it is the first content: what was
   * said before stays.
   */
  startAfresh(pending: number, events: readonly EngineEvent[]): void;
  /** Sets the number of pending callbacks in the database; events update it from then on. */
  setPending(pending: number): void;
  /** Since the host started. */
  totals(): Totals;
  subscribe(client: FeedClient): FeedSubscription;
  close(): void;
}

export interface FeedDeps {
  readonly clock: Clock;
  /** The current run, or the last one. */
  readonly status: () => RunStatus | null;
  readonly callbacksPaused?: () => boolean;
  /** A client got no frame because it is behind. */
  readonly onDropped?: () => void;
}

interface Follower {
  readonly client: FeedClient;
  sentSeq: number;
  /** Why the client must drop what it has: other content or another host. Null: it only needs what is new. */
  startOver: 'database' | 'restarted' | null;
  /** Up to here everything is sent, oldest first, with nothing left out: the past before the client joined or reconnected. */
  replayUntil: number;
  /** It gets a frame even if nothing happened. */
  owed: boolean;
}

/**
 * The live, ordered stream of events for any number of clients. All share one ring and one alarm; a client is only a position in
 * the ring, so a slow one costs no memory. If its position is gone, it starts over.
 */
export function createFeed({
  clock,
  status,
  callbacksPaused = () => false,
  onDropped = () => undefined,
}: FeedDeps): Feed {
  const feedId = randomUUID();
  const ring = createEventRing(FEED_RING_EVENTS);
  const followers = new Set<Follower>();
  let totals = NO_TOTALS;
  /** Clients that have seen no more than this have not seen the present content. */
  let freshFromSeq = -1;
  let lastFrameMs = Number.NEGATIVE_INFINITY;
  let alarm: (Alarm & { at: number }) | null = null;
  let closed = false;

  const arm = (at: number) => {
    if (closed || followers.size === 0 || (alarm && alarm.at <= at)) return;
    alarm?.clear();
    alarm = { at, ...clock.setAlarm(at, sendFrames) };
  };
  const armFrame = () => arm(Math.max(clock.now(), lastFrameMs + FRAME_MS));

  const isUnderWay = () => {
    const run = status();
    return run !== null && run.endedAtMs === null;
  };

  function sendFrames() {
    alarm = null;
    const nowMs = clock.now();
    const heartbeat = isUnderWay() && nowMs - lastFrameMs >= HEARTBEAT_MS;
    lastFrameMs = nowMs;
    let more = false;
    for (const follower of followers) {
      if (heartbeat) follower.owed = true;
      if (follower.client.bufferedBytes() > MAX_BUFFERED_BYTES) {
        more = true;
        onDropped();
      } else {
        sendTo(follower);
        more ||= isBehind(follower);
      }
    }
    if (more) armFrame();
    else if (isUnderWay()) arm(nowMs + HEARTBEAT_MS);
  }

  const isBehind = (follower: Follower) =>
    follower.owed || follower.startOver !== null || follower.sentSeq < ring.lastSeq;
  const joinSeq = () => Math.max(ring.floorSeq, ring.lastSeq - JOIN_EVENTS);

  const statsOf = (latenessMs: FeedStats['latenessMs']): FeedStats => ({
    timeMs: clock.now(),
    updates: totals.records,
    fired: totals.fired,
    cancelled: totals.cancelled,
    pending: totals.pending,
    callbacksPaused: callbacksPaused(),
    sinceRun: totals.sinceRun,
    latenessMs,
  });

  function sendTo(follower: Follower) {
    if (!isBehind(follower)) return;
    follower.owed = false;
    if (follower.startOver !== null || follower.sentSeq < ring.floorSeq) return sendReset(follower);
    const afterSeq = follower.sentSeq;
    const replaying = afterSeq < follower.replayUntil;
    const lastSeq = replaying
      ? Math.min(afterSeq + MAX_EVENTS_PER_FRAME, follower.replayUntil)
      : ring.lastSeq;
    const covered = ring.slice(afterSeq, lastSeq);
    const events = pickEvents(covered);
    follower.sentSeq = lastSeq;
    follower.client.send({
      kind: 'events',
      feedId,
      afterSeq,
      lastSeq,
      events,
      omitted: covered.length - events.length,
      status: status(),
      stats: statsOf(latenessOf(covered)),
    });
  }

  function sendReset(follower: Follower) {
    const reason = follower.startOver ?? 'lagged';
    // A slow client gets no past: the events it missed are gone, so its log starts here.
    follower.sentSeq =
      reason === 'lagged'
        ? ring.lastSeq
        : reason === 'database'
          ? Math.max(freshFromSeq, ring.floorSeq)
          : joinSeq();
    follower.startOver = null;
    follower.replayUntil = reason === 'restarted' ? ring.lastSeq : 0;
    follower.client.send({
      kind: 'reset',
      feedId,
      reason,
      lastSeq: follower.sentSeq,
      status: status(),
      stats: statsOf(null),
    });
  }

  const publish = (events: readonly EngineEvent[]) => {
    const timeMs = clock.now();
    totals = foldEvents(totals, events);
    for (const event of events) {
      ring.push({ seq: ring.lastSeq + 1, timeMs, ...withoutLargeData(event) });
    }
    if (events.length > 0) armFrame();
  };

  return {
    publish,
    startAfresh(pending, events) {
      if (events.length > 0) {
        ring.forget();
        if (ring.lastSeq > 0) freshFromSeq = ring.lastSeq;
      }
      for (const follower of followers) follower.startOver = 'database';
      totals = withNewContent(totals, pending);
      publish(events);
      armFrame();
    },
    setPending(pending) {
      totals = { ...totals, pending };
    },
    totals: () => totals,
    subscribe(client) {
      const follower: Follower = { client, sentSeq: 0, startOver: null, replayUntil: 0, owed: false };
      return {
        start(afterSeq, ofFeed = feedId) {
          const isForeign = afterSeq !== null && (ofFeed !== feedId || afterSeq > ring.lastSeq);
          const isOutdated = afterSeq !== null && afterSeq <= freshFromSeq;
          follower.sentSeq = afterSeq ?? joinSeq();
          follower.startOver = isForeign ? 'restarted' : isOutdated ? 'database' : null;
          follower.replayUntil = ring.lastSeq;
          follower.owed = true;
          followers.add(follower);
          armFrame();
        },
        end() {
          followers.delete(follower);
        },
      };
    },
    close() {
      closed = true;
      alarm?.clear();
      followers.clear();
    },
  };
}

/** The largest JSON of an account, in characters, that is sent with its callback. */
const LARGEST_DATA = 1024;

/** The feed's copy of a report ends with the type that crosses this number of leaders; views read the report itself. */
const REPORTED_LEADERS = 1_000;

/** Ten thousand events are kept, so each must be small: a record may have megabytes. Notes what is left out. */
function withoutLargeData(event: EngineEvent): EngineEvent {
  if (event.event === 'report') return withinLeaders(event);
  if (event.event !== 'fired' || event.account.data.length <= LARGEST_DATA) return event;
  const data = JSON.stringify(`${event.account.data.length} characters, left out of the feed`);
  return { ...event, account: { ...event.account, data } };
}

function withinLeaders(report: Extract<EngineEvent, { event: 'report' }>): EngineEvent {
  let leaders = 0;
  const last = report.types.findIndex((type) => {
    leaders += type.leaders.length;
    return leaders > REPORTED_LEADERS;
  });
  if (last === -1 || last === report.types.length - 1) return report;
  return { ...report, types: report.types.slice(0, last + 1), moreTypes: true };
}

/** Few, and each says something that nothing later repeats: never left out of a frame. */
const KEPT_EVENTS: ReadonlySet<FeedEvent['event']> = new Set([
  'run',
  'database',
  'connection',
  'gap',
  'retention',
  'notice',
  'report',
  'summary',
]);

/**
 * At most `MAX_EVENTS_PER_FRAME` of `events`, in order: all that must not be left out, then the newest.
 * Only if there are more of the former than fit do the oldest of them go as well.
 */
function pickEvents(events: readonly FeedEvent[]): readonly FeedEvent[] {
  if (events.length <= MAX_EVENTS_PER_FRAME) return events;
  const kept = events.filter(({ event }) => KEPT_EVENTS.has(event)).slice(-MAX_EVENTS_PER_FRAME);
  let room = MAX_EVENTS_PER_FRAME - kept.length;
  const picked = new Set(kept.map(({ seq }) => seq));
  for (let index = events.length - 1; index >= 0 && room > 0; index -= 1) {
    const event = events[index];
    if (!event || picked.has(event.seq)) continue;
    picked.add(event.seq);
    room -= 1;
  }
  return events.filter(({ seq }) => picked.has(seq));
}

/** Of the callbacks that fired by themselves among `events`, those left out of a frame included; null if there is none. */
function latenessOf(events: readonly FeedEvent[]): FeedStats['latenessMs'] {
  const values: number[] = [];
  for (const event of events) if (event.event === 'fired' && !event.byHand) values.push(event.latenessMs);
  if (values.length === 0) return null;
  values.sort((a, b) => a - b);
  return { p50: percentile(values, 0.5), p99: percentile(values, 0.99), max: percentile(values, 1) };
}

/** The smallest value that at least `share` of all do not exceed. */
function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(Math.ceil(sorted.length * share) - 1, 0)] ?? 0;
}

/**
 * The latest events, by their number: memory is bounded by `capacity`, however much happens. Numbers go
 * up by one from 1.
 */
interface EventRing {
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

function createEventRing(capacity: number): EventRing {
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
