import { IngotError } from '../../src-shared/errors';
import type { EngineEvent } from '../../src-shared/feed';
import type { RunGoal } from '../../src-shared/run-goal';
import type { Overdue } from '../../src-shared/run-settings';
import { REMEMBERED_ACCOUNTS, rememberAccounts } from '../accounts/known-accounts';
import { retractSlot } from '../accounts/retract-slot';
import { hasDeadSlots } from '../accounts/sql/dead-slots';
import { type Figures, type RunFigures, saveFigures } from '../callbacks/figures';
import { type KnownRun, movingClock, pendingOf, type Sequence } from '../callbacks/known-run';
import { createScheduler, type Hold } from '../callbacks/scheduler';
import type { CallbackKey } from '../callbacks/sql/waiting';
import type { Database } from '../database/database';
import type { RecordSource } from '../ingestion/record';
import type { Logger } from '../observability/logger';
import { type Observer, unobserved } from '../observability/observer';
import { createHousekeeping } from '../storage/housekeeping';
import type { Clock } from '../time/clock';
import { findWaitingRuns, finishDeaths, openRun, type RunAttempt, takeUp } from './attempt';
import { createConnections } from './connections';
import type { Engine, EngineListener } from './interface';
import { createRetention } from './retention';
import { createRun, type PreparedRun, type RunDeps } from './run';
import { findLastSeq, markRunsInterrupted, saveRunClock } from './sql/runs';

export interface EngineDeps {
  readonly database: Database;
  readonly clock: Clock;
  /** The root logger. */
  readonly logger: Logger;
  /**
   * For a program that ends with its run: nothing fires before the run or after its summary, so the summary counts every event.
   * With a virtual run nothing else fires at all.
   */
  readonly endsWithRun?: boolean;
  /** For callbacks that fell due while no engine ran. */
  readonly overdue?: Overdue;
  /** Passed by the caller to successive engines; default: a new one. */
  readonly hold?: Hold;
  /** Observes runs, batches and claims. Default: none. */
  readonly observer?: Observer;
}

/** A timeline may take some 60 kB: it is saved with other changes, but at most this often, and at the end of a run. */
const SAVE_TIMELINE_EVERY_MS = 1_000;

/**
 * The only way into the engine, which is the only writer of its database. Marks runs whose process died, and loads pending
 * callbacks: overdue ones fire at once, marked late, or are skipped, as `overdue` says.
 */
export async function createEngine({
  database: db,
  clock,
  logger: root,
  endsWithRun = false,
  overdue = 'fire',
  hold = { held: false },
  observer = unobserved,
}: EngineDeps): Promise<Engine> {
  const logger = root.child({ component: 'engine' });
  const known = rememberAccounts(REMEMBERED_ACCOUNTS, await hasDeadSlots(db));
  const housekeeping = createHousekeeping(db, clock, root);
  const listeners = new Set<EngineListener>(observer.hear ? [observer.hear] : []);
  /** Those with pending callbacks, and the active ones. */
  const runs = await findWaitingRuns(db);
  /** Runs under way, connections included. */
  const active = new Set<string>();
  let run: PreparedRun | null = null;
  let underWay: PreparedRun | null = null;
  let starting = false;
  let closed = false;

  const runOf = (runId: string): KnownRun => {
    const found = runs.get(runId);
    if (!found) throw new IngotError('internal', `A callback waits of run ${runId}, which is not known.`);
    return found;
  };

  const publish = (events: readonly EngineEvent[]) => {
    if (events.length === 0) return;
    for (const listener of listeners) {
      try {
        listener(events);
      } catch (error) {
        logger.error({ err: error }, 'a listener of the engine failed');
      }
    }
  };

  const toSave = (of: KnownRun, { counts, timeline }: Figures): RunFigures => {
    const nowMs = clock.monotonicMs();
    const saves = nowMs - of.timelineSavedMs >= SAVE_TIMELINE_EVERY_MS;
    if (saves) of.timelineSavedMs = nowMs;
    return { runId: of.runId, counts, timeline: saves ? timeline : null };
  };

  const interrupted = await markRunsInterrupted(db);
  if (interrupted > 0) logger.warn({ runs: interrupted }, 'runs were cut off when their process ended');
  let nextSeq = (await findLastSeq(db)) + 1n;
  const sequence: Sequence = {
    take(count) {
      const first = nextSeq;
      nextSeq += BigInt(count);
      return first;
    },
  };
  const finish = () => finishDeaths({ db, clock, known, sequence }, runs, publish);
  const fellBack = await finish();
  if (fellBack > 0)
    logger.warn({ accounts: fellBack }, 'accounts of a dead slot fell back, as they had begun to');
  const noteSkipped = (skipped: number) => {
    const many = skipped === 1 ? '1 overdue callback was' : `${skipped} overdue callbacks were`;
    publish([{ event: 'notice', level: 'warning', message: `${many} skipped, as the settings say.` }]);
  };

  const scheduler = createScheduler({
    db,
    clock,
    logger: root,
    observer,
    hold,
    runs,
    sequence,
    publish(events) {
      for (const { event, id, version } of events) if (event === 'fired') known.settled(id, version);
      publish(events);
    },
    settled: housekeeping.settled,
    toSave,
    openedAtMs: clock.now(),
    onSkipped: overdue === 'skip' ? noteSkipped : null,
  });
  /** A run takes some 60 kB of memory, for its timeline. */
  const forgetDrained = async () => {
    const drained = [...runs.values()].filter(({ runId, queue }) => queue.size() === 0 && !active.has(runId));
    await saveFigures(db, drained);
    for (const { runId } of drained) runs.delete(runId);
  };

  const take = (open: () => Promise<RunAttempt>) =>
    scheduler.alone(async () => {
      if (closed) throw new IngotError('conflict', 'The engine is closed.');
      await forgetDrained();
      const attempt = await open();
      runs.set(attempt.run.runId, attempt.run);
      active.add(attempt.run.runId);
      return attempt;
    });
  const ended = (runId: string) => {
    active.delete(runId);
    if (!closed && active.size === 0) housekeeping.rest();
  };
  const runDeps: Omit<RunDeps, 'endsWithRun'> = {
    db,
    known,
    sequence,
    runOf,
    clock,
    logger: root,
    observer,
    scheduler,
    housekeeping,
    publish,
    toSave,
    isHeld: () => hold.held,
    retract: (found, rest, of) =>
      retractSlot(db, found, rest, { of }).catch((error: unknown) => {
        scheduler.finishFirst(finish);
        throw error;
      }),
  };
  const retention = createRetention({
    db,
    clock,
    logger: root,
    housekeeping,
    alone: scheduler.alone,
    onRemoved: (updates, info) => publish([{ event: 'retention', updates, info }]),
  });
  const connections = createConnections({ ...runDeps, runs, take, ended });

  const begin = async (
    source: RecordSource,
    open: () => Promise<RunAttempt>,
    until: RunGoal | null = null,
  ) => {
    if (starting || underWay) {
      throw new IngotError('conflict', 'A run is under way.', { hint: 'Stop it, or wait for its end.' });
    }
    starting = true;
    try {
      const attempt = await take(open);
      const begun = createRun({ ...runDeps, endsWithRun }, source, attempt);
      run = begun;
      underWay = begun;
      void begun.ended.then(() => {
        underWay = null;
        ended(begun.runId);
      });
      begun.begin(until);
      if (endsWithRun && !attempt.settings.simulate) {
        scheduler.start();
        retention.start();
      }
      return begun;
    } finally {
      starting = false;
    }
  };
  const refuseHeld = (simulate: boolean) => {
    if (!simulate || !hold.held) return;
    throw new IngotError('conflict', 'All callbacks are paused, and a simulated run waits for them.', {
      hint: 'Resume callbacks first.',
    });
  };

  const pending = pendingOf(() => runs);
  const pendingAtOpen = pending.count();
  if (!endsWithRun) {
    scheduler.start();
    retention.start();
  }
  housekeeping.rest();

  return {
    pending,
    pendingAtOpen,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    startRun: (source, settings, origin = null, until = null) =>
      begin(
        source,
        async () => {
          refuseHeld(settings.simulate);
          return openRun({ db, clock }, source, settings, origin);
        },
        until,
      ),
    resumeRun: (source, runId, changes = {}) =>
      begin(source, async () => {
        const attempt = await takeUp({ db, clock }, source, runId, changes, runs.get(runId));
        refuseHeld(attempt.settings.simulate);
        return attempt;
      }),
    async connect(input) {
      const opened = await connections.open(input);
      if (endsWithRun) {
        scheduler.start();
        retention.start();
      }
      return opened;
    },
    connections: connections.list,
    currentRun: () => run,
    isRunUnderWay: () => underWay !== null,
    isBusy: () => starting || underWay !== null,
    async resumeClock(runId) {
      const of = runs.get(runId);
      if (!of) throw new IngotError('not_found', `No callback of run ${runId} waits.`);
      if (active.has(runId)) throw new IngotError('conflict', 'The run is under way.');
      await scheduler.alone(async () => {
        const moving = movingClock(of, clock.now());
        if (moving === of.clock) {
          throw new IngotError('conflict', 'The clock of this run is virtual, or moves already.');
        }
        await saveRunClock(db, runId, moving);
        of.clock = moving;
      });
      scheduler.changed();
    },
    figuresOf: (runId) => runs.get(runId) ?? null,
    callbacks: {
      fire: (key) => settleByHand(key, 'fired by hand'),
      cancel: (key) => settleByHand(key, 'cancelled by hand'),
      pause() {
        hold.held = true;
        logger.info('all callbacks are paused');
        scheduler.changed();
      },
      async resume() {
        hold.held = false;
        logger.info('callbacks are resumed');
        await scheduler.fireDue();
      },
    },
    retention,
    whileStill: (work) => scheduler.alone(work),
    async close() {
      closed = true;
      housekeeping.stop();
      await retention.stop();
      await scheduler.stop();
      await connections.leave();
      if (underWay) {
        underWay.leave();
        await underWay.ended;
      }
      await saveFigures(
        db,
        [...runs.values()].map(({ runId, counts, timeline }) => ({ runId, counts, timeline })),
      ).catch((error: unknown) => logger.info({ err: error }, 'the last timelines could not be saved'));
    },
  };

  async function settleByHand(key: CallbackKey, how: 'fired by hand' | 'cancelled by hand') {
    await scheduler.settleByHand(key, how);
    known.settled(key.id, key.version);
  }
}
