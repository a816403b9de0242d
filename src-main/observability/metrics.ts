import { CONNECTION_STATES, type ConnectionStatus } from '../../src-shared/connections';
import { IngotError } from '../../src-shared/errors';
import type { EngineEvent } from '../../src-shared/feed';
import { BATCH_STEPS, type BatchStep } from '../../src-shared/operations';
import { TIMELINE_KINDS } from '../../src-shared/timeline';
import type { Totals } from '../../src-shared/totals';
import { type EpochMs, OUTCOMES, RUN_STATES, type RunState } from '../../src-shared/update';
import type { Clock } from '../time/clock';
import { createInstruments, type Instruments } from './instruments';
import type { Attributes, Observer, Work } from './observer';
import { deliveryWaitMs, overdueMs, type VitalSigns, type Vitals } from './vitals';

export interface MetricsDeps {
  readonly clock: Clock;
  readonly vitals: Vitals;
  /** Since the program started. */
  readonly totals: () => Totals;
  /** Whether all callbacks are paused. */
  readonly isHeld: () => boolean;
  readonly build: { readonly version: string; readonly shell: string };
  /** Connections to live sources, also those that have ended. */
  readonly connections?: () => readonly ConnectionStatus[];
}

/** What is known without a query or a look at the disk. */
export interface MetricsState {
  readonly totals: Totals;
  readonly statements: number;
  readonly ingestLagMs: number;
  /** Of the current or last run; null: there was none. */
  readonly runState: RunState | null;
  /** When a run last started, applied records, settled a callback or changed its state; 0 before the first. */
  readonly progressedAtMs: EpochMs;
  /** When a connection last recorded a gap; null: none has. */
  readonly lastGapAtMs: EpochMs | null;
}

/** Measures what the program does, for `/metrics`. */
export interface Metrics {
  /** Times batches, claims and statements. */
  readonly observer: Observer;
  /** Takes lateness, progress and state of the run from an engine's events. */
  readonly hear: (events: readonly EngineEvent[]) => void;
  /** Of a program that posts updates, by the status of its answer. */
  noteRequest(status: number): void;
  noteDroppedFrame(): void;
  noteLoopDelay(delayMs: number): void;
  state(): MetricsState;
  /** In the format of Prometheus. */
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

/** Above the number of real statements: names made up at run time must not fill the memory. */
const MOST_STATEMENTS = 200;

/** Classes of SQLSTATE that exist from the start; others appear when they occur. */
const USUAL_ERRORS = ['08', '22', '23', '40', '53', '57', 'XX', 'none'];

const POSTED_STATUSES = [200, 400, 401, 413, 415, 429, 503];

const OPEN_STATES = CONNECTION_STATES.filter((state) => state !== 'ended');

/** A difference of slots is small, whatever the slots are. */
const lagSlots = ({ slot, headSlot }: ConnectionStatus): number =>
  slot === null || headSlot === null ? 0 : Number(BigInt(headSlot) - BigInt(slot));

/** Events that show progress of a run. */
const PROGRESS: ReadonlySet<EngineEvent['event']> = new Set([...TIMELINE_KINDS, 'run']);

export function createMetrics({
  clock,
  vitals,
  totals,
  isHeld,
  build,
  connections = () => [],
}: MetricsDeps): Metrics {
  const instruments = createInstruments();
  const { registry, updates, callbacks, lateness, batchDuration, statementDuration } = instruments;
  const statementNames = new Set<string>();
  let statements = 0;
  let runState: RunState | null = null;
  let progressedAtMs: EpochMs = 0;
  let lastGapAtMs: EpochMs | null = null;
  /** The current batch. Its lag grows while it runs. */
  let inHand: { readonly beganMs: number; readonly lateMs: number } | null = null;
  let lagMs = 0;

  // To Prometheus, a counter that appears with its first failure has not increased.
  for (const sqlstate_class of USUAL_ERRORS) instruments.databaseErrors.inc({ sqlstate_class }, 0);
  for (const status of POSTED_STATUSES) instruments.updateRequests.inc({ status }, 0);
  for (const step of BATCH_STEPS) batchDuration.zero({ step });
  instruments.buildInfo.set({ ...build, node: process.versions.node }, 1);

  /** A paused or ended run has no lag. */
  const isReading = () => runState === null || runState === 'running';
  const ingestLagMs = () =>
    inHand ? Math.max(lagMs, inHand.lateMs + clock.monotonicMs() - inHand.beganMs) : lagMs;

  const labelOf = (statement: string) => {
    if (statementNames.has(statement)) return statement;
    if (statementNames.size >= MOST_STATEMENTS) return 'other';
    statementNames.add(statement);
    return statement;
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
    statements += 1;
    const statement = labelOf(String(attributes.statement));
    statementDuration.observe({ statement }, tookMs / 1000);
    if (statement === 'commit' && inHand) batchDuration.observe({ step: 'commit' }, tookMs / 1000);
  };

  const write = (signs: VitalSigns) => {
    const { indexed, fired, cancelled, pending, ...counts } = totals();
    updates.reset();
    for (const outcome of OUTCOMES) updates.inc({ outcome }, { ...counts, indexed }[outcome]);
    callbacks.reset();
    for (const [state, count] of Object.entries({ scheduled: indexed, fired, cancelled })) {
      callbacks.inc({ state }, count);
    }
    instruments.pending.set(pending);
    instruments.held.set(isHeld() ? 1 : 0);
    instruments.ingestLag.set(ingestLagMs() / 1000);
    for (const state of RUN_STATES) instruments.runState.set({ state }, state === runState ? 1 : 0);
    const open = connections().filter(({ state }) => state !== 'ended');
    for (const state of OPEN_STATES) {
      instruments.connections.set({ state }, open.filter((one) => one.state === state).length);
    }
    instruments.connectionLagSlots.set(open.reduce((most, one) => Math.max(most, lagSlots(one)), 0));
    instruments.connectionLag.set(open.reduce((most, { lagMs }) => Math.max(most, lagMs), 0) / 1000);
    instruments.connectionRate.set(open.reduce((sum, one) => sum + one.updatesPerSecond, 0));
    instruments.runProgress.set(progressedAtMs / 1000);
    instruments.databaseUp.set(signs.database.answers ? 1 : 0);
    instruments.overdue.set(overdueMs(signs) / 1000);
    instruments.deliveriesWaiting.set(signs.deliveries?.waiting ?? 0);
    instruments.deliveriesDead.set(signs.deliveries?.dead ?? 0);
    instruments.targetsHeld.set(signs.deliveries?.held ?? 0);
    instruments.deliveriesOldest.set(deliveryWaitMs(signs) / 1000);
    if (signs.disk) {
      instruments.diskFree.set(signs.disk.freeBytes);
      instruments.diskSize.set(signs.disk.sizeBytes);
    } else {
      // Absent, not 0: a missing disk is not full.
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
          if (work === 'statement') instruments.databaseErrors.inc({ sqlstate_class: classOf(error) });
          throw error;
        } finally {
          end(work, attributes, clock.monotonicMs() - beganMs);
        }
      },
    },
    hear(events) {
      for (const event of events) {
        if (event.event === 'fired' && !event.byHand) lateness.observe(event.latenessMs / 1000);
        if (event.event === 'gap') {
          instruments.connectionGaps.inc();
          lastGapAtMs = clock.now();
        }
        if (event.event === 'retention') instruments.removedUpdates.inc(event.updates);
        if (event.event === 'connection' && event.status.state === 'waiting')
          instruments.connectionLosses.inc();
        if (event.event !== 'run') continue;
        runState = event.status.state;
        if (!isReading()) lagMs = 0;
      }
      if (events.some(({ event }) => PROGRESS.has(event))) progressedAtMs = clock.now();
    },
    noteRequest: (status) => instruments.updateRequests.inc({ status }),
    noteDroppedFrame: () => instruments.droppedFrames.inc(),
    noteLoopDelay: (delayMs) => instruments.loopDelay.observe(delayMs / 1000),
    state: () => ({
      totals: totals(),
      statements,
      ingestLagMs: ingestLagMs(),
      runState,
      progressedAtMs,
      lastGapAtMs,
    }),
    async expose() {
      write(await vitals.read());
      return registry.metrics();
    },
  };
}

/** The first two characters are the kind of failure: 08 connection, 23 constraint, 53 resources. */
function classOf(error: unknown): string {
  if (!(error instanceof IngotError)) return 'none';
  const { sqlstate } = error.details;
  if (sqlstate !== undefined) return sqlstate.slice(0, 2);
  return error.code === 'database_unavailable' ? '08' : 'none';
}
