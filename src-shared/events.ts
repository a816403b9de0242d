import type { Skipped } from './mapping';
import type { Moment } from './run-clock';
import type { RunGoal } from './run-goal';
import type { Account, EpochMs, RunState, TypeLeaders, U64Text, VersionText } from './update';

/** Every event carries its time on the clock of its run. */
type Stamp = Moment;

/** The record's content, for an update that changed no latest state. */
interface Unchanged {
  readonly accountType: string;
  readonly tokens: U64Text;
}

/**
 * All events of a run with their payloads, in order. An event is published only after its commit. The command line, the feed and
 * the renderer get the same objects.
 */
export interface RunEventMap {
  /** The update became the latest state of its account, and its callback is scheduled. */
  indexed: Stamp & {
    readonly record: number;
    readonly id: string;
    readonly version: VersionText;
    readonly accountType: string;
    readonly tokens: U64Text;
    readonly dueMs: number;
  };
  /** Kept in the history, but below the account's `latest` version, or its slot is dead. */
  stale: Stamp &
    Unchanged & {
      readonly record: number;
      readonly id: string;
      readonly version: VersionText;
      /** Null: its slot is dead, and the account has no other version. */
      readonly latest: VersionText | null;
    };
  duplicate: Stamp &
    Unchanged & { readonly record: number; readonly id: string; readonly version: VersionText };
  /** Seen before with other content; the first stays. */
  conflict: Stamp &
    Unchanged & { readonly record: number; readonly id: string; readonly version: VersionText };
  /** Invalid; `reason` is `field: what is wrong`. Stored in the run's rejects. */
  rejected: Stamp & { readonly record: number; readonly reason: string };
  /**
   * A newer version committed before the callback was claimed; the time is that of the newer version. Or a person cancelled it,
   * or it was skipped; the time is on the clock of its own run. Or its slot is dead.
   */
  cancelled: Stamp & {
    readonly callbackRunId: string;
    readonly id: string;
    readonly version: VersionText;
    readonly supersededBy: VersionText | null;
    /** It was overdue at start, and `overdue` is `skip`. */
    readonly skipped: boolean;
    /** The slot of its version is dead; the time is that of the run that learned it. */
    readonly deadSlot?: U64Text;
  };
  /** A slot was declared dead: its updates are retracted. `accounts`: so many had their latest state in it, and fell back. */
  retracted: Stamp & { readonly slot: U64Text; readonly accounts: number };
  /**
   * The callback was due and claimed, or fired by hand; the time is on the clock of its own run. `late`: it was overdue when the
   * engine started.
   */
  fired: Stamp & {
    readonly id: string;
    readonly version: VersionText;
    readonly late: boolean;
    /** A person fired it, perhaps early. */
    readonly byHand: boolean;
    /** Time from due to claimed in wall-clock milliseconds, never negative. */
    readonly latenessMs: number;
    readonly account: Account;
  };
  /** Ordered by type, within `REPORT_LIMITS`. */
  report: Stamp & {
    readonly types: readonly TypeLeaders[];
    readonly moreTypes: boolean;
    /** False: the database was lost, so the leaders are unknown. */
    readonly complete: boolean;
  };
  summary: Stamp & {
    readonly counts: RunCounts;
    /** Not among the records: what of the source was no account update. */
    readonly skipped?: readonly Skipped[];
    /** False: the database was lost, and the counts cover only the events published until then. */
    readonly complete: boolean;
  };
}

export type RunEventName = keyof RunEventMap;
export type RunEvent = {
  [Name in RunEventName]: { readonly event: Name } & RunEventMap[Name];
}[RunEventName];

/**
 * A run's records by outcome, and its own callbacks by state: `indexed` is always `fired` + `cancelled` + `pending`. Numbers are
 * safe here: each is bounded by the records of one source.
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

/** The state of a run: small, because every frame of the feed carries it. */
export interface RunStatus {
  readonly runId: string;
  readonly source: string;
  readonly state: RunState;
  readonly counts: RunCounts;
  /** Bytes read so far, compressed if the source is; null for a stream of unknown size. */
  readonly bytesRead: number;
  readonly bytesTotal: number | null;
  /** Including those before a resume. An estimate until all is read; null if unknown. */
  readonly expectedRecords: number | null;
  /** Wall clock, for a virtual run too. */
  readonly startedAtMs: EpochMs;
  readonly endedAtMs: EpochMs | null;
  /** Wall-clock time between its attempts, in which it was stopped or Ingot was closed. */
  readonly awayMs: number;
  readonly at: number;
  /** Milliseconds of run time per wall-clock millisecond: 0 while paused and for a virtual run. */
  readonly rate: number;
  /** The rate when not paused. */
  readonly speed: number;
  readonly simulated: boolean;
  readonly fieldMap: string | null;
  /** All records of the source have been ingested. */
  readonly sourceEnded: boolean;
  /** Where it is to pause. While it is paused it steps there. */
  readonly until: RunGoal | null;
  /** For a person. */
  readonly failure: string | null;
}

/** How long a run took, in real time, without the time between its attempts; null while it is under way. */
export const tookMs = ({
  startedAtMs,
  endedAtMs,
  awayMs,
}: Pick<RunStatus, 'startedAtMs' | 'endedAtMs' | 'awayMs'>): number | null =>
  endedAtMs === null ? null : Math.max(0, endedAtMs - startedAtMs - awayMs);
