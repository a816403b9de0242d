import type { RunEvent, RunStatus } from '../../src-shared/events';
import type { HostEvent } from '../../src-shared/feed';
import type { RunSettings } from '../../src-shared/run-settings';
import type { EpochMs } from '../../src-shared/update';
import type { CallbackCounts } from '../../src-shared/views';
import type { RecordSource } from '../ingestion/record';

/** What the engine says: events of a run, and the host's own. */
export type EngineEvent = RunEvent | HostEvent;

/**
 * Gets the events of one commit at a time, in order, each call after the commit that made them true.
 * It runs on the engine's own turn: it must be quick, and what it throws is logged and goes no further.
 */
export type EngineListener = (
  events: readonly EngineEvent[],
  /** When they happened, as the database keeps it; ahead of the wall clock in a virtual run. */
  atMs: EpochMs,
) => void;

/** What may differ from the settings that a run was begun with, for this sitting. */
export type ResumeChanges = Partial<Pick<RunSettings, 'wait'>>;

export interface Engine {
  /** Returns the function that ends the subscription. */
  subscribe(listener: EngineListener): () => void;
  /**
   * Begins a run. One at a time. `origin` is kept with it: where its source can be opened again; null: nowhere.
   * @throws IngotError `conflict` while another run is under way.
   */
  startRun(source: RecordSource, settings: RunSettings, origin?: string | null): Promise<Run>;
  /**
   * Takes a run up that was cut off, stopped or failed: the same run goes on at its checkpoint, with its own
   * settings but for `changes`. A simulated one needs a clock that stands where its checkpoint was saved.
   * @throws IngotError `not_found`; `conflict` if it cannot be resumed, if its source is not what it was, or
   *   while a run is under way.
   */
  resumeRun(source: RecordSource, runId: string, changes?: ResumeChanges): Promise<Run>;
  /** The run under way, or the last one of this session. */
  currentRun(): Run | null;
  readonly callbacks: CallbackControl;
  /**
   * Runs `work` once every write of this engine has ended; until `work` ends, it fires nothing. The caller starts
   * no run and settles no callback meanwhile.
   */
  whileStill<T>(work: () => Promise<T>): Promise<T>;
  /** Stops the run in order, stops firing, leaves pending callbacks pending. Does not close the database. */
  close(): Promise<void>;
}

export interface Run {
  readonly runId: string;
  status(): RunStatus;
  /** Holds back arrivals after the batch in hand; callbacks go on firing. */
  pause(): void;
  resume(): void;
  /** Lets one record through, then pauses again. Only while paused. */
  step(): Promise<void>;
  /** Stops reading, finishes the batch in hand, reports so far, leaves callbacks pending. */
  stop(): void;
  /** Resolves with the last status when the run has ended, however it ended. Never rejects. */
  readonly ended: Promise<RunStatus>;
}

export interface CallbackKey {
  readonly id: string;
  readonly version: string;
}

export interface CallbackControl {
  counts(): Promise<CallbackCounts>;
  /** @throws IngotError `conflict` if it was settled already, `not_found` if there is none. */
  fire(key: CallbackKey): Promise<void>;
  /** @throws IngotError as `fire`. */
  cancel(key: CallbackKey): Promise<void>;
  /** Pauses all callbacks; what falls due meanwhile fires on `resume`. */
  pause(): void;
  resume(): Promise<void>;
}
