import type { Connection, ConnectionStatus } from '../../src-shared/connections';
import type { RunStatus } from '../../src-shared/events';
import type { EngineEvent } from '../../src-shared/feed';
import type { RunGoal } from '../../src-shared/run-goal';
import type { RunSettings } from '../../src-shared/run-settings';
import type { Figures } from '../callbacks/figures';
import type { KnownRun, PendingCallbacks } from '../callbacks/known-run';
import type { CallbackKey } from '../callbacks/sql/waiting';
import type { LiveSource } from '../ingestion/live/live-source';
import type { RecordSource } from '../ingestion/record';
import type { ToRecord } from './live-records';
import type { Retention } from './retention';

/**
 * Gets the events of one commit at a time, in order, each call after the commit that made them true.
 * It runs on the engine's own turn: it must be quick, and what it throws is logged and goes no further.
 */
export type EngineListener = (events: readonly EngineEvent[]) => void;

/** What may differ from the settings that a run was begun with, for this attempt. */
export type ResumeChanges = Partial<Pick<RunSettings, 'wait'>>;

export interface Engine {
  /** Returns the function that ends the subscription. */
  subscribe(listener: EngineListener): () => void;
  /**
   * Begins a run, one at a time. A simulated one plays on a virtual clock of its own. `origin` is kept with it: where its
   * source can be opened again; null: nowhere. `until`: where it is to pause first.
   * @throws IngotError `conflict` while another run is under way, or if a simulated one is to begin while all callbacks
   *   are paused.
   */
  startRun(
    source: RecordSource,
    settings: RunSettings,
    origin?: string | null,
    until?: RunGoal | null,
  ): Promise<Run>;
  /**
   * Takes a run up that was cut off, stopped or failed: the same run continues at its checkpoint, on its own clock, with its
   * own settings but for `changes`.
   * @throws IngotError `not_found`; `conflict` if it cannot be resumed, if its source is not what it was, or as `startRun`.
   */
  resumeRun(source: RecordSource, runId: string, changes?: ResumeChanges): Promise<Run>;
  /**
   * Begins a connection: a run of its own, beside the one above and any number of others. If it had one before that has not come to
   * its end, that run continues at its position.
   * @throws IngotError `conflict` if it is open already.
   */
  connect(input: LiveInput): Promise<OpenConnection>;
  /** Those that are open. */
  connections(): readonly OpenConnection[];
  /** The run under way, or the last one since the program started. */
  currentRun(): Run | null;
  /** Until the end of the run is on record: its `endedAtMs` is set a moment earlier. */
  isRunUnderWay(): boolean;
  /** Whether a run is under way or about to begin. */
  isBusy(): boolean;
  /**
   * Lets the clock of a run that stands still move on, and its callbacks with it.
   * @throws IngotError `not_found` if none of its callbacks waits; `conflict` if it is under way, or its clock is virtual
   *   or moves.
   */
  resumeClock(runId: string): Promise<void>;
  /** What a run has counted that is under way or whose callbacks wait; null: as it is on record. */
  figuresOf(runId: string): (Figures & Pick<KnownRun, 'clock'>) | null;
  readonly pending: PendingCallbacks;
  /** How many waited when the engine opened, before it fired any. */
  readonly pendingAtOpen: number;
  readonly callbacks: CallbackControl;
  readonly retention: Pick<Retention, 'set' | 'info'>;
  /**
   * Runs `work` once every write of this engine has ended; until `work` ends, it writes nothing. The caller starts
   * no run meanwhile.
   */
  whileStill<T>(work: () => Promise<T>): Promise<T>;
  /** Stops the run and all connections in order, stops firing, leaves pending callbacks pending. Does not close the database. */
  close(): Promise<void>;
}

export interface Run {
  readonly runId: string;
  status(): RunStatus;
  /**
   * Stops the run's clock after the batch in hand: nothing arrives, and none of its callbacks fires.
   * @throws IngotError `conflict` if it is not running or draining.
   */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /**
   * Lets the run pause where it meets the goal; its clock stands where that happened. Pausing, resuming or another goal gives this
   * one up. A notice says so if the run does not come there.
   * @param jump A step: the run pauses now, and its clock jumps from one event to the next. Resolves once it is there, or the goal
   *   is given up or cannot be met any more. Otherwise the run goes there at its speed.
   * @throws IngotError `conflict` if it has ended, or cannot come there.
   */
  until(goal: RunGoal, jump: boolean): Promise<void>;
  giveUp(): void;
  /**
   * How many milliseconds of the run's clock pass in one of the wall's from now on, or from when it is resumed.
   * @throws IngotError `conflict` if it has ended, or its clock is virtual.
   */
  setSpeed(speed: number): Promise<void>;
  /** Stops reading, finishes the batch in hand, reports so far, leaves callbacks pending. */
  stop(): void;
  /** Resolves with the last status when the run has ended, however it ended. Never rejects. */
  readonly ended: Promise<RunStatus>;
}

/** A live source, how it was reached, and what its accounts become. */
export interface LiveInput {
  readonly source: LiveSource;
  readonly connection: Connection;
  readonly settings: RunSettings;
  readonly toRecord: ToRecord;
}

/** One connection: a run that goes on until it is disconnected, or its source ends. */
export interface OpenConnection {
  readonly runId: string;
  status(): ConnectionStatus;
  /** Stores what is in hand and ends its run. Resolves when that is on record. */
  disconnect(): Promise<ConnectionStatus>;
  /** Resolves however it ended. Never rejects. */
  readonly ended: Promise<ConnectionStatus>;
}

export interface CallbackControl {
  /** @throws IngotError `conflict` if it was settled already, `not_found` if there is none. */
  fire(key: CallbackKey): Promise<void>;
  /** @throws IngotError as `fire`. */
  cancel(key: CallbackKey): Promise<void>;
  /** Pauses all callbacks; what falls due meanwhile fires on `resume`. */
  pause(): void;
  resume(): Promise<void>;
}
