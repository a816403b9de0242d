import { IngotError } from '../../src-shared/errors';
import type { RunEvent } from '../../src-shared/events';
import type { Overdue } from '../../src-shared/run-settings';
import type { EpochMs } from '../../src-shared/update';
import { askEveryTime, rememberAccounts } from '../accounts/known-accounts';
import { createScheduler, type Hold } from '../callbacks/scheduler';
import type { ClaimedCallback } from '../callbacks/sql/claim-callbacks';
import { countCallbacks } from '../callbacks/sql/count-callbacks';
import { findCallbackState, settleCallback } from '../callbacks/sql/settle-callback';
import type { Database } from '../database/database';
import type { RecordSource } from '../ingestion/record';
import type { Logger } from '../observability/logger';
import { type Observer, unobserved } from '../observability/observer';
import type { Clock } from './clock';
import { createHousekeeping } from './housekeeping';
import type { CallbackKey, Engine, EngineEvent, EngineListener } from './interface';
import { createOutbox } from './outbox';
import { createRun, type ObservedRun } from './run';
import { createRunClock } from './run-clock';
import { openRun, type Sitting, takeUp } from './sitting';
import { markRunsInterrupted } from './sql/runs';

export interface EngineDeps {
  readonly database: Database;
  readonly clock: Clock;
  /** Of no room yet. */
  readonly logger: Logger;
  /**
   * How often to look for callbacks that another program may have put into the database, in
   * milliseconds; null in virtual time, where nothing else is at work.
   */
  readonly sweepEveryMs?: number | null;
  /**
   * For a program that ends with its run: nothing fires before the run or after its summary, so the
   * summary counts every event that was said.
   */
  readonly endsWithRun?: boolean;
  /** What becomes of callbacks that fell due while no engine was there. */
  readonly overdue?: Overdue;
  /** Kept by the caller, who gives it to each engine in turn; if left out, this engine's own. */
  readonly hold?: Hold;
  /** Looks on at runs, batches and claims; nobody if left out. */
  readonly observer?: Observer;
}

const DEFAULT_SWEEP_MS = 30_000;

/**
 * The only entry to the engine. Marks runs whose process died, and takes up the callbacks that wait in
 * the database: overdue ones fire at once, marked late, or are cancelled, as `overdue` says.
 */
export async function createEngine({
  database: db,
  clock,
  logger: root,
  sweepEveryMs = DEFAULT_SWEEP_MS,
  endsWithRun = false,
  overdue = 'fire',
  hold = { held: false },
  observer = unobserved,
}: EngineDeps): Promise<Engine> {
  const openedAtMs = clock.now();
  const logger = root.child({ component: 'engine' });
  const idleClock = createRunClock(openedAtMs, 1);
  // Whoever else writes to a server's database, nobody does to the embedded one.
  const known = db.kind === 'pglite' ? rememberAccounts() : askEveryTime;
  const housekeeping = createHousekeeping(db, clock);
  const outbox = createOutbox(clock);
  const listeners = new Set<EngineListener>(observer.hear ? [observer.hear] : []);
  let run: ObservedRun | null = null;
  let starting = false;
  let closed = false;

  const isLate = (dueAtMs: number) => dueAtMs < openedAtMs;
  const runAt = (nowMs: number) => (run?.runClock ?? idleClock).at(nowMs);
  const isUnderWay = () => run !== null && run.status().endedAtMs === null;

  const publish = (events: readonly EngineEvent[], atMs = clock.now()) => {
    outbox.flush();
    if (events.length === 0) return;
    if (isUnderWay()) run?.observe(events.filter(isRunEvent));
    for (const listener of listeners) {
      try {
        listener(events, atMs);
      } catch (error) {
        logger.error({ err: error }, 'a listener of the engine failed');
      }
    }
  };

  /** What the scheduler fires was committed: the accounts' callbacks do not wait any more. */
  const publishFired = (events: readonly RunEvent[], atMs: EpochMs) => {
    for (const event of events) if (event.event === 'fired') known.settled(event.id, event.version);
    publish(events, atMs);
  };

  const describeFired = (
    { account, dueAtMs }: ClaimedCallback,
    firedAtMs: number,
    byHand = false,
  ): RunEvent => ({
    event: 'fired',
    at: runAt(firedAtMs),
    id: account.id,
    version: account.version,
    late: isLate(dueAtMs),
    byHand,
    latenessMs: Math.max(0, firedAtMs - dueAtMs),
    account,
  });

  const onSkipped = (skipped: readonly CallbackKey[], nowMs: number) => {
    const at = runAt(nowMs);
    publish(
      skipped.map((key) => ({ event: 'cancelled', at, ...key, supersededBy: null })),
      nowMs,
    );
  };
  const onDone = (total: number) => {
    const many = total === 1 ? '1 overdue callback was' : `${total} overdue callbacks were`;
    publish([{ event: 'notice', level: 'warning', message: `${many} skipped, as the settings say.` }]);
  };

  const scheduler = createScheduler({
    db,
    clock,
    logger: root,
    observer,
    publish: publishFired,
    describe: describeFired,
    settled: housekeeping.settled,
    skip: overdue === 'fire' ? null : { dueBeforeMs: openedAtMs, onSkipped, onDone },
    sweepEveryMs,
    hold,
  });

  let byHand: Promise<unknown> = Promise.resolve();
  /** Settles by hand; what it gives was committed. */
  const settleByHand = async (key: CallbackKey, state: 'fired' | 'cancelled', nowMs: number) => {
    const settling = settleCallback(db, key, state, nowMs);
    byHand = Promise.allSettled([byHand, settling]);
    const settled = await settling;
    if (settled) return settled;
    const found = await findCallbackState(db, key);
    throw found === undefined
      ? new IngotError('not_found', `There is no callback of version ${key.version} of this account.`)
      : new IngotError('conflict', `This callback is ${found} already.`);
  };

  const sitDown = async (source: RecordSource, open: () => Promise<Sitting>) => {
    if (closed) throw new IngotError('conflict', 'The engine is closed.');
    if (starting || isUnderWay()) {
      throw new IngotError('conflict', 'A run is under way. Stop it, or wait for its end.');
    }
    starting = true;
    try {
      if (endsWithRun) await scheduler.prepare();
      const sitting = await open();
      run = createRun(
        {
          db,
          known,
          clock,
          logger: root,
          observer,
          scheduler,
          housekeeping,
          publish,
          outbox,
          isLate,
          endsWithRun,
        },
        source,
        sitting,
      );
      if (endsWithRun) scheduler.start();
      run.begin();
      return run;
    } finally {
      starting = false;
    }
  };

  const interrupted = await markRunsInterrupted(db);
  if (interrupted > 0) logger.warn({ runs: interrupted }, 'runs were cut off when their process ended');
  if (!endsWithRun) {
    await scheduler.prepare();
    scheduler.start();
  }

  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    startRun: (source, settings, origin = null) =>
      sitDown(source, () => openRun({ db, clock }, source, settings, origin)),
    resumeRun: (source, runId, changes = {}) =>
      sitDown(source, () => takeUp({ db, clock }, source, runId, changes)),
    currentRun: () => run,
    callbacks: {
      counts: async () => ({ ...(await countCallbacks(db)), paused: scheduler.isHeld() }),
      async fire(key) {
        const nowMs = clock.now();
        const fired = await settleByHand(key, 'fired', nowMs);
        publishFired([describeFired(fired, nowMs, true)], nowMs);
        scheduler.changed([], [fired.seq]);
        await scheduler.refresh();
      },
      async cancel(key) {
        const nowMs = clock.now();
        const { seq } = await settleByHand(key, 'cancelled', nowMs);
        known.settled(key.id, key.version);
        publish([{ event: 'cancelled', at: runAt(nowMs), ...key, supersededBy: null }], nowMs);
        scheduler.changed([], [seq]);
        await scheduler.refresh();
      },
      pause() {
        hold.held = true;
        scheduler.held();
      },
      async resume() {
        hold.held = false;
        await scheduler.released();
      },
    },
    whileStill: (work) =>
      scheduler.whileStill(async () => {
        await byHand;
        return work();
      }),
    async close() {
      closed = true;
      await scheduler.stop();
      if (isUnderWay()) {
        run?.stop();
        await run?.ended;
      }
    },
  };
}

function isRunEvent(event: EngineEvent): event is RunEvent {
  return event.event !== 'run' && event.event !== 'database' && event.event !== 'notice';
}
