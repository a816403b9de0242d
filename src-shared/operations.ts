import type { EpochMs, Outcome } from './update';

/** What a callback can count as: `scheduled` when its update is indexed, then one of the other two. */
export const CALLBACK_STEPS = ['scheduled', 'fired', 'cancelled'] as const;
export type CallbackStep = (typeof CALLBACK_STEPS)[number];

/**
 * The parts of a batch that are timed. `total` has the others in it, but for claims between batches:
 * callbacks that are due by a batch's arrival are claimed at its beginning.
 */
export const BATCH_STEPS = ['total', 'claim', 'classify', 'store', 'commit'] as const;
export type BatchStep = (typeof BATCH_STEPS)[number];

/** The host keeps a sample each of these, for as long as the window of the plots is. */
export const SAMPLE_EVERY_MS = 1_000;
export const KEPT_SAMPLES = 900;

/** What happened in the interval that ended at `timeMs`, and what was so at its end. */
export interface OperationsSample {
  readonly timeMs: EpochMs;
  /** Length of the interval in seconds: a little more than a second, much more after the loop was held up. */
  readonly seconds: number;
  readonly updates: Readonly<Record<Outcome, number>>;
  readonly callbacks: Readonly<Record<CallbackStep, number>>;
  /** Waiting in the database at the end. */
  readonly pending: number;
  /** Of the callbacks fired in the interval, estimated from the histogram's buckets; null: none fired. */
  readonly latenessMs: { readonly p50: number; readonly p99: number } | null;
  readonly batches: number;
  /** Mean size of the batches that were begun; null: none was. */
  readonly batchRecords: number | null;
  /** Mean of each step's durations; null: it was not taken. */
  readonly stepMs: Readonly<Record<BatchStep, number | null>>;
  /** How long after its planned arrival the last update was on the disk, or has waited so far. */
  readonly ingestLagMs: number;
  readonly statementErrors: number;
  readonly droppedFrames: number;
  /** The longest that the event loop was late. */
  readonly loopDelayMs: number;
  readonly residentBytes: number;
  readonly heapUsedBytes: number;
}

/** One kind of SQL statement since the program began. */
export interface StatementFigures {
  readonly statement: string;
  readonly calls: number;
  readonly totalMs: number;
  readonly meanMs: number;
  /** Estimated from the histogram's buckets. */
  readonly p99Ms: number;
}

/** The figures of `/metrics` for a window: totals since the program began, and the last quarter of an hour. */
export interface OperationsFigures {
  readonly timeMs: EpochMs;
  readonly startedAtMs: EpochMs;
  readonly updates: Readonly<Record<Outcome, number>>;
  readonly callbacks: Readonly<Record<CallbackStep, number>>;
  readonly pending: number;
  readonly statements: readonly StatementFigures[];
  /** Oldest first; only those after the time that was asked for. */
  readonly samples: readonly OperationsSample[];
}
