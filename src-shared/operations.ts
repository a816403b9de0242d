import type { EpochMs, Outcome } from './update';

/** `scheduled` when its update is indexed, then one of the other two. */
const CALLBACK_STEPS = ['scheduled', 'fired', 'cancelled'] as const;
type CallbackStep = (typeof CALLBACK_STEPS)[number];

/** The timed parts of a batch. `total` includes the others, except claims between batches. */
export const BATCH_STEPS = ['total', 'claim', 'classify', 'store', 'commit'] as const;
export type BatchStep = (typeof BATCH_STEPS)[number];

/** The host samples at this interval. */
export const SAMPLE_EVERY_MS = 1_000;
export const KEPT_SAMPLES = 900;

/** What happened in the interval that ended at `timeMs`, and the state at its end. */
export interface OperationsSample {
  readonly timeMs: EpochMs;
  /** Length of the interval: just over a second, or much more after the event loop was blocked. */
  readonly seconds: number;
  readonly updates: Readonly<Record<Outcome, number>>;
  readonly callbacks: Readonly<Record<CallbackStep, number>>;
  readonly pending: number;
  /** Estimated from the histogram's buckets; null: none fired. */
  readonly latenessMs: { readonly p50: number; readonly p99: number } | null;
  readonly batches: number;
  /** Mean batch size; null: no batch started. */
  readonly batchRecords: number | null;
  /** Mean duration of each step; null: it did not happen. */
  readonly stepMs: Readonly<Record<BatchStep, number | null>>;
  /** From the planned arrival of the last update until it was on disk, or its wait so far. */
  readonly ingestLagMs: number;
  readonly statementErrors: number;
  readonly droppedFrames: number;
  /** The longest event-loop delay. */
  readonly loopDelayMs: number;
  readonly residentBytes: number;
  readonly heapUsedBytes: number;
}

/** One kind of SQL statement, since the program started. */
export interface StatementFigures {
  readonly statement: string;
  readonly calls: number;
  readonly totalMs: number;
  readonly meanMs: number;
  /** Estimated from the histogram's buckets. */
  readonly p99Ms: number;
}

/** The figures of `/metrics` for a window: totals since the program started, and the last quarter of an hour. */
export interface OperationsFigures {
  readonly timeMs: EpochMs;
  readonly startedAtMs: EpochMs;
  readonly updates: Readonly<Record<Outcome, number>>;
  readonly callbacks: Readonly<Record<CallbackStep, number>>;
  readonly pending: number;
  readonly statements: readonly StatementFigures[];
  /** Oldest first, only those after the requested time. */
  readonly samples: readonly OperationsSample[];
}
