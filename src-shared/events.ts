import type { Moment } from './run-clock';
import type { Account, EpochMs, RunState, TypeLeaders, U64Text, VersionText } from './update';

/** What every event of a run carries: when it happened, on the clock of the run that did it. */
type Stamp = Moment;

/** The record's own content, where the update changed no latest state. */
interface Unchanged {
  readonly accountType: string;
  readonly tokens: U64Text;
}

/**
 * Everything that a run can say, one payload an event, published only after the commit that made it
 * true, in order. The same objects go to the command line, the feed and the renderer.
 */
export interface RunEventMap {
  /** The update became its account's latest state, and its callback is scheduled. */
  indexed: Stamp & {
    readonly record: number;
    readonly id: string;
    readonly version: VersionText;
    readonly accountType: string;
    readonly tokens: U64Text;
    /** On the run's clock. */
    readonly dueMs: number;
  };
  /** Kept in the history, below the `latest` version known: changes nothing else. */
  stale: Stamp &
    Unchanged & {
      readonly record: number;
      readonly id: string;
      readonly version: VersionText;
      readonly latest: VersionText;
    };
  /** Seen before with the same content. */
  duplicate: Stamp &
    Unchanged & { readonly record: number; readonly id: string; readonly version: VersionText };
  /** Seen before with other content: the first wins. */
  conflict: Stamp &
    Unchanged & { readonly record: number; readonly id: string; readonly version: VersionText };
  /** Not valid; `reason` is `field: what is wrong`. Kept among the run's rejects. */
  rejected: Stamp & { readonly record: number; readonly reason: string };
  /**
   * A newer version committed before the callback was claimed, at the time of that version; or nothing superseded it: a
   * person cancelled it, or it was skipped, on the clock of its own run.
   */
  cancelled: Stamp & {
    /** The run whose callback it was. */
    readonly callbackRunId: string;
    readonly id: string;
    readonly version: VersionText;
    readonly supersededBy: VersionText | null;
    /** It was overdue at start, and the settings say to skip such callbacks. */
    readonly skipped: boolean;
  };
  /** The callback was due and claimed, or fired by hand; on the clock of its own run. `late`: it was overdue when the engine took it up at start. */
  fired: Stamp & {
    readonly id: string;
    readonly version: VersionText;
    readonly late: boolean;
    /** A person fired it, perhaps before it was due. */
    readonly byHand: boolean;
    /** How long after its due time it was claimed, in milliseconds of the wall clock, never negative. */
    readonly latenessMs: number;
    readonly account: Account;
  };
  /** The leaders of each account type, ordered by type; within `REPORT_LIMITS`. */
  report: Stamp & {
    readonly types: readonly TypeLeaders[];
    /** There are more types than these. */
    readonly moreTypes: boolean;
    /** False: the database was lost, so the leaders are not known. */
    readonly complete: boolean;
  };
  /** The last event of a run. */
  summary: Stamp & {
    readonly counts: RunCounts;
    /** False: the database was lost. The counts are those of the events published until then. */
    readonly complete: boolean;
  };
}

export type RunEventName = keyof RunEventMap;
export type RunEvent = {
  [Name in RunEventName]: { readonly event: Name } & RunEventMap[Name];
}[RunEventName];

/**
 * A run's records by outcome, and its own callbacks by what became of them: `indexed` is always the sum of `fired`,
 * `cancelled` and `pending`. Plain numbers: each is bounded by the records of one source.
 */
export interface RunCounts {
  readonly records: number;
  readonly indexed: number;
  readonly stale: number;
  readonly duplicate: number;
  readonly conflict: number;
  readonly rejected: number;
  readonly fired: number;
  readonly cancelled: number;
  readonly pending: number;
}

export const NO_COUNTS: RunCounts = {
  records: 0,
  indexed: 0,
  stale: 0,
  duplicate: 0,
  conflict: 0,
  rejected: 0,
  fired: 0,
  cancelled: 0,
  pending: 0,
};

/** Where a run is: small, and sent with every frame of the feed. */
export interface RunStatus {
  readonly runId: string;
  readonly source: string;
  readonly state: RunState;
  readonly counts: RunCounts;
  /** Bytes of the source read so far, as stored (compressed if it is); null for a stream of unknown size. */
  readonly bytesRead: number;
  readonly bytesTotal: number | null;
  /** Records in the source, those before a resume included: an estimate until all is read. Null where none can be made. */
  readonly expectedRecords: number | null;
  /** By the wall clock, also of a virtual run. */
  readonly startedAtMs: EpochMs;
  readonly endedAtMs: EpochMs | null;
  /** Milliseconds of the run's clock since its start. */
  readonly at: number;
  /** How many milliseconds of the run's clock pass in one of the wall's: 0 while paused, and of a virtual run. */
  readonly rate: number;
  /** The rate while it is not paused. */
  readonly speed: number;
  /** Whether it has a virtual clock. */
  readonly simulated: boolean;
  readonly fieldMap: string | null;
  /** Whether all records of its source have been taken in. */
  readonly sourceEnded: boolean;
  /** Why it failed, for a person. */
  readonly failure: string | null;
}
