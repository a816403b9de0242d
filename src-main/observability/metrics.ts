import { IngotError } from '../../src-shared/errors';
import type { EngineEvent } from '../../src-shared/feed';
import { BATCH_STEPS, type BatchStep, CALLBACK_STEPS, type CallbackStep } from '../../src-shared/operations';
import { type EpochMs, OUTCOMES, type Outcome, RUN_STATES, type RunState } from '../../src-shared/update';
import type { Clock } from '../time/clock';
import { createInstruments, type Instruments } from './instruments';
import type { Attributes, Observer, Work } from './observer';
import { overdueMs, type VitalSigns, type Vitals } from './vitals';

export interface MetricsDeps {
  readonly clock: Clock;
  readonly vitals: Vitals;
  /** Whether all callbacks are paused. */
  readonly isHeld: () => boolean;
  readonly build: { readonly version: string; readonly shell: string };
}

/** What was counted since the program began. */
export interface Totals {
  readonly updates: Readonly<Record<Outcome, number>>;
  readonly callbacks: Readonly<Record<CallbackStep, number>>;
  readonly pending: number;
  readonly statements: number;
  readonly statementErrors: number;
  readonly droppedFrames: number;
  readonly ingestLagMs: number;
  /** Of the run under way or the last one; null: there was none. */
  readonly runState: RunState | null;
  /** When a run last began, applied records, settled a callback or changed its state; 0 before the first. */
  readonly progressedAtMs: EpochMs;
}

/** Counts what the rooms of Ingot say and how long they take, for `/metrics`. */
export interface Metrics {
  /** Times batches, claims and statements. */
  readonly observer: Observer;
  /** Counts the events of an engine; a few numbers for each, nothing kept. */
  readonly hear: (events: readonly EngineEvent[]) => void;
  /** Sets how many callbacks wait in the database; from then on it is kept by what happens. */
  setPending(pending: number): void;
  noteDroppedFrame(): void;
  noteLoopDelay(delayMs: number): void;
  totals(): Totals;
  /** All of it as Prometheus reads it. */
  expose(): Promise<string>;
  readonly contentType: string;
  readonly instruments: Instruments;
}

const STEP_OF: Partial<Record<Work, BatchStep>> = {
  batch: 'total',
  claim: 'claim',
  classify: 'classify',
  store: 'store',
};

/** More kinds of statements than there are: names that are made up at run time must not fill the memory. */
const MOST_STATEMENTS = 200;

/** Classes of SQLSTATE that are there from the beginning; others come when they happen. */
const USUAL_ERRORS = ['08', '22', '23', '40', '53', '57', 'XX', 'none'];

const zeros = <Name extends string>(names: readonly Name[]) =>
  Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;

export function createMetrics({ clock, vitals, isHeld, build }: MetricsDeps): Metrics {
  const instruments = createInstruments();
  const { registry, updates, callbacks, lateness, batchDuration, statementDuration } = instruments;
  const updateTotals = zeros(OUTCOMES);
  const callbackTotals = zeros(CALLBACK_STEPS);
  const statements = new Set<string>();
  let pending = 0;
  let statementCount = 0;
  let statementErrors = 0;
  let droppedFrames = 0;
  let runState: RunState | null = null;
  let progressedAtMs: EpochMs = 0;
  /** The batch that is being applied. Its lag grows for as long as it is. */
  let inHand: { readonly beganMs: number; readonly lateMs: number } | null = null;
  let lagMs = 0;

  // A counter that comes into being along with its first failure has not grown, as Prometheus sees it.
  for (const sqlstate_class of USUAL_ERRORS) instruments.databaseErrors.inc({ sqlstate_class }, 0);
  for (const step of BATCH_STEPS) batchDuration.zero({ step });
  instruments.buildInfo.set({ ...build, node: process.versions.node }, 1);

  /** Held back by a person, at its end, or gone: then nothing is behind. */
  const isReading = () => runState === null || runState === 'running';
  const ingestLagMs = () =>
    inHand ? Math.max(lagMs, inHand.lateMs + clock.monotonicMs() - inHand.beganMs) : lagMs;

  const count = (event: EngineEvent) => {
    switch (event.event) {
      case 'indexed':
        updateTotals.indexed += 1;
        callbackTotals.scheduled += 1;
        pending += 1;
        return true;
      case 'stale':
      case 'duplicate':
      case 'conflict':
      case 'rejected':
        updateTotals[event.event] += 1;
        return true;
      case 'fired':
        if (!event.byHand) lateness.observe(event.latenessMs / 1000);
        callbackTotals.fired += 1;
        pending -= 1;
        return true;
      case 'cancelled':
        callbackTotals.cancelled += 1;
        pending -= 1;
        return true;
      case 'run':
        runState = event.status.state;
        if (!isReading()) lagMs = 0;
        return true;
      default:
        return false;
    }
  };

  const labelOf = (statement: string) => {
    if (statements.has(statement)) return statement;
    if (statements.size >= MOST_STATEMENTS) return 'other';
    statements.add(statement);
    return statement;
  };
  const noteError = (error: unknown) => {
    statementErrors += 1;
    instruments.databaseErrors.inc({ sqlstate_class: classOf(error) });
  };
  const begin = (work: Work, attributes: Attributes) => {
    if (work !== 'batch') return;
    instruments.batchSize.observe(Number(attributes.records));
    inHand = { beganMs: clock.monotonicMs(), lateMs: Number(attributes.lateMs ?? 0) };
  };
  const end = (work: Work, attributes: Attributes, tookMs: number) => {
    const step = STEP_OF[work];
    if (step) batchDuration.observe({ step }, tookMs / 1000);
    if (work === 'batch') {
      lagMs = isReading() ? Number(attributes.lateMs ?? 0) + tookMs : 0;
      inHand = null;
    }
    if (work !== 'statement') return;
    statementCount += 1;
    const statement = labelOf(String(attributes.statement));
    statementDuration.observe({ statement }, tookMs / 1000);
    if (statement === 'commit' && inHand) batchDuration.observe({ step: 'commit' }, tookMs / 1000);
  };

  const writeCounts = () => {
    updates.reset();
    for (const outcome of OUTCOMES) updates.inc({ outcome }, updateTotals[outcome]);
    callbacks.reset();
    for (const state of CALLBACK_STEPS) callbacks.inc({ state }, callbackTotals[state]);
    instruments.droppedFrames.reset();
    instruments.droppedFrames.inc(droppedFrames);
    instruments.pending.set(pending);
    instruments.held.set(isHeld() ? 1 : 0);
    instruments.ingestLag.set(ingestLagMs() / 1000);
    for (const state of RUN_STATES) instruments.runState.set({ state }, state === runState ? 1 : 0);
    instruments.runProgress.set(progressedAtMs / 1000);
  };
  const writeVitals = (signs: VitalSigns) => {
    const { database, disk } = signs;
    instruments.databaseUp.set(database.answers ? 1 : 0);
    instruments.overdue.set(overdueMs(signs) / 1000);
    if (disk) {
      instruments.diskFree.set(disk.freeBytes);
      instruments.diskSize.set(disk.sizeBytes);
    } else {
      // Absent, not 0: a disk that is not there is not full.
      instruments.diskFree.remove();
      instruments.diskSize.remove();
    }
  };

  return {
    instruments,
    contentType: registry.contentType,
    observer: {
      async around(work, attributes, doIt) {
        const beganMs = clock.monotonicMs();
        begin(work, attributes);
        try {
          return await doIt();
        } catch (error) {
          if (work === 'statement') noteError(error);
          throw error;
        } finally {
          end(work, attributes, clock.monotonicMs() - beganMs);
        }
      },
    },
    hear(events) {
      let progressed = false;
      for (const event of events) progressed = count(event) || progressed;
      if (progressed) progressedAtMs = clock.now();
      // By hand or by another program, one may be settled that was never counted in.
      if (pending < 0) pending = 0;
    },
    setPending(waiting) {
      pending = waiting;
    },
    noteDroppedFrame() {
      droppedFrames += 1;
    },
    noteLoopDelay: (delayMs) => instruments.loopDelay.observe(delayMs / 1000),
    totals: () => ({
      updates: { ...updateTotals },
      callbacks: { ...callbackTotals },
      pending,
      statements: statementCount,
      statementErrors,
      droppedFrames,
      ingestLagMs: ingestLagMs(),
      runState,
      progressedAtMs,
    }),
    async expose() {
      writeVitals(await vitals.read());
      writeCounts();
      return registry.metrics();
    },
  };
}

/** The first two characters say what kind of failure it was: 08 connection, 23 constraint, 53 resources. */
function classOf(error: unknown): string {
  if (!(error instanceof IngotError)) return 'none';
  const { sqlstate } = error.details;
  if (sqlstate !== undefined) return sqlstate.slice(0, 2);
  return error.code === 'database_unavailable' ? '08' : 'none';
}
