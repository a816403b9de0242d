import type { RunEvent, RunStatus } from './events';
import type { EpochMs } from './update';

/** What the feed carries beside the events of a run. */
export interface HostEventMap {
  /** A run began, changed its state or ended. */
  run: { readonly status: RunStatus };
  /**
   * The state of the database changed. While it is `resetting` or `restoring` there is nothing to fetch; after the
   * others the whole content is another: forget what was fetched, fetch again. `seen`: it was opened read-only, and the
   * process that holds it has changed something.
   */
  database: {
    readonly change:
      | 'resetting'
      | 'restoring'
      | 'reset'
      | 'restored'
      | 'lost'
      | 'reopened'
      | 'trouble'
      | 'seen';
  };
  /** Something a person should read. */
  notice: { readonly level: 'info' | 'warning' | 'error'; readonly message: string };
}
export type HostEvent = {
  [Name in keyof HostEventMap]: { readonly event: Name } & HostEventMap[Name];
}[keyof HostEventMap];

/** One entry of the feed. `seq` counts from 1 without gaps for as long as the host lives. */
export type FeedEvent = {
  readonly seq: number;
  /** When the feed got it. */
  readonly timeMs: EpochMs;
} & (RunEvent | HostEvent);

/** Totals since the host started, for plots: a rate is the difference of two frames. */
export interface FeedStats {
  readonly timeMs: EpochMs;
  /** Records of any outcome. */
  readonly updates: number;
  readonly fired: number;
  readonly cancelled: number;
  /** Callbacks waiting in the database. */
  readonly pending: number;
  /** Whether a person has paused all callbacks: none of them fires. */
  readonly callbacksPaused: boolean;
  /** Callbacks that the counts of `status` have not: settled after its last counts, or without any run. */
  readonly sinceRun: { readonly fired: number; readonly cancelled: number };
  /** Of the callbacks fired since the last frame; null if there was none. Milliseconds of the wall clock. */
  readonly latenessMs: { readonly p50: number; readonly p99: number; readonly max: number } | null;
}

/** At most this many frames a second reach a client. */
export const MAX_FRAMES_PER_SECOND = 20;
/** At most this many events go out in one frame; what is over is left out and counted in `omitted`. */
export const MAX_EVENTS_PER_FRAME = 500;
/** The host keeps this many of the latest events for clients that come, or come back. */
export const FEED_RING_EVENTS = 10_000;

export type FeedFrame =
  | {
      readonly kind: 'events';
      /** Of this feed: another host has another id, and counts its events from 1 again. */
      readonly feedId: string;
      /** Feed position before the first and at the last event that this frame covers. */
      readonly afterSeq: number;
      readonly lastSeq: number;
      readonly events: readonly FeedEvent[];
      /** Events inside the range that were left out because the frame was full. */
      readonly omitted: number;
      readonly status: RunStatus | null;
      readonly stats: FeedStats;
    }
  | {
      /** The client asked for, or fell behind to, a position that is gone: drop live state and refetch. */
      readonly kind: 'reset';
      readonly feedId: string;
      readonly reason: 'lagged' | 'restarted' | 'database';
      readonly lastSeq: number;
      readonly status: RunStatus | null;
      readonly stats: FeedStats;
    };
