import type { ConnectionStatus, CoverageRange } from './connections';
import type { RunEvent, RunStatus } from './events';
import type { RetentionInfo } from './retention';
import type { EpochMs } from './update';

/** What the feed carries besides the events of a run. */
export interface HostEventMap {
  /** A run started, changed its state or ended. */
  run: { readonly status: RunStatus };
  /**
   * The database changed. While it is `resetting`, `restoring` or `entering` (another space) nothing can be fetched; otherwise all content is new, so drop
   * what was fetched and fetch again. `seen`: this window is read-only, and the holder changed something.
   */
  database: {
    readonly change:
      | 'resetting'
      | 'restoring'
      | 'reset'
      | 'restored'
      | 'entering'
      | 'entered'
      | 'lost'
      | 'reopened'
      | 'trouble'
      | 'seen';
  };
  /** A connection began, was established or lost, or ended. Its figures in between: `connections.list`. */
  connection: { readonly status: ConnectionStatus };
  /** Something of a connection was lost, or may be. */
  gap: { readonly range: CoverageRange };
  /** Old history was removed: so many updates since the last event, and what was removed in all. */
  retention: { readonly updates: number; readonly info: RetentionInfo };
  notice: {
    readonly level: 'info' | 'warning' | 'error';
    readonly message: string;
    /** The name of the alert that fires, of level `error` if it is critical. */
    readonly alert?: string;
  };
}
export type HostEvent = {
  [Name in keyof HostEventMap]: { readonly event: Name } & HostEventMap[Name];
}[keyof HostEventMap];

/** What the engine says: events of a run, and the host's own. */
export type EngineEvent = RunEvent | HostEvent;

/** `seq` counts from 1 without gaps while the host lives. */
export type FeedEvent = {
  readonly seq: number;
  readonly timeMs: EpochMs;
} & EngineEvent;

/** Totals since the host started: a rate is the difference between two frames. */
export interface FeedStats {
  readonly timeMs: EpochMs;
  /** Of any outcome. */
  readonly updates: number;
  readonly fired: number;
  readonly cancelled: number;
  /** In the database. */
  readonly pending: number;
  readonly callbacksPaused: boolean;
  /** Callbacks that are not in the counts of `status`: settled after its last counts, or outside any run. */
  readonly sinceRun: { readonly fired: number; readonly cancelled: number };
  /** Of the callbacks fired since the last frame, in wall-clock milliseconds; null if none. */
  readonly latenessMs: { readonly p50: number; readonly p99: number; readonly max: number } | null;
}

export const MAX_FRAMES_PER_SECOND = 20;
/** Events above this are left out of the frame and counted in `omitted`. */
export const MAX_EVENTS_PER_FRAME = 500;
/** How many of the latest events the host keeps for clients that connect or reconnect. */
export const FEED_RING_EVENTS = 10_000;

export type FeedFrame =
  | {
      readonly kind: 'events';
      /** Another host has another id and counts its events from 1 again. */
      readonly feedId: string;
      /** Positions before the first event and at the last event of this frame. */
      readonly afterSeq: number;
      readonly lastSeq: number;
      readonly events: readonly FeedEvent[];
      readonly omitted: number;
      readonly status: RunStatus | null;
      readonly stats: FeedStats;
    }
  | {
      /** The client's position is no longer in the ring: drop live state and refetch. */
      readonly kind: 'reset';
      readonly feedId: string;
      readonly reason: 'lagged' | 'restarted' | 'database';
      readonly lastSeq: number;
      readonly status: RunStatus | null;
      readonly stats: FeedStats;
    };
