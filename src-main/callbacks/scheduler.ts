import { IngotError } from '../../src-shared/errors';
import type { RunEvent } from '../../src-shared/events';
import { changeRate, clockAt, wallOf } from '../../src-shared/run-clock';
import type { Account, EpochMs } from '../../src-shared/update';
import type { Database } from '../database/database';
import type { Logger } from '../observability/logger';
import type { Observer } from '../observability/observer';
import type { Alarm, Clock } from '../time/clock';
import type { DueEntry } from './due-queue';
import { draftFigures, type Figures, type FiguresDraft, type RunFigures } from './figures';
import { isVirtual, type KnownRun, momentOf, type Sequence } from './known-run';
import { type Settled, type SettledRowHow, settleCallbacks } from './sql/settle';
import { type CallbackKey, findHowSettled, findWaitingCallback } from './sql/waiting';

/** Callbacks claimed by one statement. Larger holds up the ingest's batches, smaller costs more round trips. */
export const CLAIM_BATCH = 500;
/** While there are more than a claim took, the next takes twice as many, up to this: a fifth less for each of them. */
export const LARGEST_CLAIM = 2_000;
/**
 * Characters of data that one claim may take, but for the callback that goes over it: it is answered with the data of all
 * that it claims, in one text that the database and this process hold several times over.
 */
export const MOST_CLAIMED_DATA = 8 * 1024 * 1024;
/** How long firing rests after the database refused a claim. */
const RETRY_AFTER_MS = 5_000;

/** Whether a person has paused all callbacks. It outlives the engines over one database after another. */
export interface Hold {
  held: boolean;
}

/** How a callback ended. */
export type SettledEvent = Extract<RunEvent, { event: 'fired' | 'cancelled' }>;

export interface SchedulerDeps {
  readonly db: Database;
  readonly clock: Clock;
  /** The root logger. */
  readonly logger: Logger;
  readonly observer: Observer;
  readonly hold: Hold;
  /** All runs whose callbacks wait. */
  readonly runs: ReadonlyMap<string, KnownRun>;
  readonly sequence: Sequence;
  /** Gets what was settled, after the commit. */
  readonly publish: (events: readonly SettledEvent[]) => void;
  /** Is told how many were settled, once they are published. */
  readonly settled: (callbacks: number) => Promise<void>;
  /** What is to be saved of a run's figures. */
  readonly toSave: (run: KnownRun, after: Figures) => RunFigures;
  /** A callback that was due before this instant was overdue when the engine opened. */
  readonly openedAtMs: EpochMs;
  /** Called once, before the first one fires, with how many were skipped because they were overdue; null: those fire. */
  readonly onSkipped: ((callbacks: number) => void) | null;
}

export interface Scheduler {
  /** Fires what falls due from now on. */
  start(): void;
  /**
   * Runs `work` alone: no claim, no batch and nothing by hand meanwhile. What falls due meanwhile fires after it, in
   * one claim.
   */
  alone<T>(work: () => Promise<T>): Promise<T>;
  /** Within `alone`: fires what is due of all runs by the wall clock, but of `run` what is due by `at` on its own. */
  fireBefore(run: KnownRun, at: number): Promise<void>;
  /** Within `alone`: takes callbacks of the run out of its queue that are due by `at`, as many as one batch may hold. */
  takeDue(run: KnownRun, at: number): readonly DueEntry[];
  /** Fires all that is due now; resolves once it is published. */
  fireDue(): Promise<void>;
  /** A queue, a clock or `hold` changed. */
  changed(): void;
  /** Resolves once none of the run's callbacks waits, or `signal` aborts. */
  drain(run: KnownRun, signal: AbortSignal): Promise<void>;
  /** @throws IngotError `conflict` if it was settled already, `not_found` if there is none. */
  settleByHand(key: CallbackKey, how: 'fired by hand' | 'cancelled by hand'): Promise<void>;
  describeFired(run: KnownRun, dueMs: number, at: number, account: Account, byHand?: boolean): SettledEvent;
  /** Lets a claim in hand end; fires nothing after. */
  stop(): Promise<void>;
}

interface Due extends DueEntry {
  readonly run: KnownRun;
  /** When it is settled, on the run's clock. */
  readonly at: number;
}

/**
 * Fires callbacks when they are due. Each run has a queue in the order of its own clock; one alarm is set for the earliest
 * wall time among those whose clock moves. A virtual run's callbacks are fired by the run itself.
 *
 * All that writes takes turns, in `alone`, so what the engine knows of callbacks is true when it acts on it. That several
 * processes never settle one callback twice is the database's affair: see `settleCallbacks`.
 */
export function createScheduler(deps: SchedulerDeps): Scheduler {
  const { db, clock, hold, runs, sequence, publish, observer, openedAtMs } = deps;
  const logger = deps.logger.child({ component: 'callbacks' });
  let alarm: Alarm | undefined;
  let running = false;
  let stopped = false;
  let hasSkipped = false;
  let line: Promise<unknown> = Promise.resolve();
  /** How many pieces of work are under way or wait for their turn. */
  let inLine = 0;
  let alarmWaits = false;
  const waiters = new Set<() => void>();

  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    inLine += 1;
    const turn = line.then(work).finally(() => {
      inLine -= 1;
      if (inLine > 0 || !alarmWaits) return;
      alarmWaits = false;
      arm();
    });
    line = turn.catch(() => {});
    return turn;
  };

  /** When the run's next callback may fire by the wall clock; null if none waits, or the run's clock stands still. */
  const nextWallMs = ({ queue, clock: of, nextArrivalAt }: KnownRun): EpochMs | null => {
    const dueMs = queue.earliestMs();
    const wallMs = dueMs === null ? null : wallOf(of, dueMs);
    if (wallMs === null || dueMs === null) return null;
    // In one millisecond of the wall a fast run has many: a record that arrives before the callback is due comes first.
    const waitsForRecord =
      nextArrivalAt !== null && nextArrivalAt < dueMs && wallOf(of, nextArrivalAt) === wallMs;
    return waitsForRecord ? wallMs + 1 : wallMs;
  };

  const earliestMs = (): EpochMs | null => {
    let earliest: EpochMs | null = null;
    for (const run of runs.values()) {
      const wallMs = nextWallMs(run);
      if (wallMs !== null && (earliest === null || wallMs < earliest)) earliest = wallMs;
    }
    return earliest;
  };

  const arm = () => {
    alarm?.clear();
    alarm = undefined;
    if (!running || stopped) return;
    const mustSkip = deps.onSkipped !== null && !hasSkipped;
    if (hold.held && !mustSkip) return;
    const earliest = mustSkip ? clock.now() : earliestMs();
    if (earliest !== null) alarm = clock.setAlarm(earliest, onAlarm);
  };

  const onAlarm = async () => {
    // The next batch fires what is due anyway, in one claim.
    if (inLine > 0) {
      alarmWaits = true;
      return;
    }
    try {
      await alone(claimDue);
      arm();
    } catch (error) {
      if (stopped) return;
      logger.error({ err: error }, 'firing due callbacks failed; trying again');
      alarm = clock.setAlarm(clock.now() + RETRY_AFTER_MS, onAlarm);
    }
  };

  /** Takes the earliest by the wall clock, of all runs but `except`. */
  const takeByWall = (
    limit: number,
    { except, dueBeforeMs }: { except?: KnownRun; dueBeforeMs: EpochMs },
  ): readonly Due[] => {
    const nowMs = clock.now();
    const next = [...runs.values()]
      .filter((run) => run !== except && !isVirtual(run))
      .map((run) => ({ run, wallMs: nextWallMs(run) }));
    const taken: Due[] = [];
    let data = 0;
    while (taken.length < limit && data < MOST_CLAIMED_DATA) {
      let first: (typeof next)[number] | undefined;
      for (const each of next) {
        if (each.wallMs === null || each.wallMs >= dueBeforeMs) continue;
        if (first === undefined || each.wallMs < (first.wallMs ?? 0)) first = each;
      }
      const entry = first?.run.queue.take(Number.POSITIVE_INFINITY);
      if (!first || !entry) break;
      taken.push({ ...entry, run: first.run, at: timeOf(first.run, entry.dueMs, nowMs) });
      data += entry.dataLength;
      first.wallMs = nextWallMs(first.run);
    }
    return taken;
  };

  /** In time, it is the due time itself: the wall clock may be coarser than a fast run's. */
  const timeOf = ({ clock: of }: KnownRun, dueMs: number, nowMs: EpochMs): number =>
    of.kind === 'virtual' || wallOf(of, dueMs) === nowMs ? dueMs : Math.max(dueMs, clockAt(of, nowMs));

  const takeOf = (run: KnownRun, at: number, limit: number): readonly Due[] => {
    const nowMs = clock.now();
    const taken: Due[] = [];
    let data = 0;
    while (taken.length < limit && data < MOST_CLAIMED_DATA) {
      const entry = run.queue.take(at);
      if (!entry) break;
      taken.push({ ...entry, run, at: timeOf(run, entry.dueMs, nowMs) });
      data += entry.dataLength;
    }
    return taken;
  };

  const describe = (due: Due, { account }: Settled, how: SettledRowHow): SettledEvent => {
    const { run, at, dueMs } = due;
    if (how === 'due' || how === 'fired by hand') {
      return describeFired(run, dueMs, at, account, how === 'fired by hand');
    }
    const { id, version } = account;
    return {
      event: 'cancelled',
      ...momentOf(run, at),
      callbackRunId: run.runId,
      id,
      version,
      supersededBy: null,
      skipped: how === 'skipped',
    };
  };

  const describeFired = (
    run: KnownRun,
    dueMs: number,
    at: number,
    account: Account,
    byHand = false,
  ): SettledEvent => {
    const dueWallMs = wallOf(run.clock, dueMs);
    return {
      event: 'fired',
      ...momentOf(run, at),
      id: account.id,
      version: account.version,
      late: dueWallMs !== null && dueWallMs < openedAtMs,
      byHand,
      latenessMs: dueWallMs === null ? 0 : Math.max(0, clock.now() - dueWallMs),
      account,
    };
  };

  /** Gives what to publish. What the database refuses waits as before. */
  const settle = async (due: readonly Due[], how: SettledRowHow): Promise<readonly SettledEvent[]> => {
    const kind = how === 'due' || how === 'fired by hand' ? 'fired' : 'cancelled';
    const drafts = new Map<KnownRun, FiguresDraft>();
    for (const { run, at } of due) {
      const draft = drafts.get(run) ?? draftFigures(run);
      drafts.set(run, draft);
      draft.add(kind, at);
    }
    const saved = [...drafts].map(([run, { figures }]) => deps.toSave(run, figures));
    const settled = await settleCallbacks(db, due, how, sequence.take(due.length), saved).catch(
      (error: unknown) => {
        for (const { run, seq, dueMs, dataLength } of due) run.queue.add(seq, dueMs, dataLength);
        throw error;
      },
    );
    if (settled.length < due.length) {
      throw new IngotError('internal', 'A callback that waits was settled by another program.', {
        hint: 'Start Ingot again. Let no other program write to its tables.',
      });
    }
    for (const [run, { figures }] of drafts) Object.assign(run, figures);
    return due.map((each, index) => describe(each, settled[index] as Settled, how));
  };

  /** `tell` publishes what was settled, as part of the claim: of its trace. */
  const startClaim = (due: readonly Due[], how: 'due' | 'skipped', limit: number) => {
    let mayTell = () => {};
    const allowed = new Promise<void>((resolve) => {
      mayTell = resolve;
    });
    let told: Promise<void> = allowed;
    const settled = new Promise<void>((resolve, reject) => {
      told = observer.around('claim', { limit }, async () => {
        const events = await settle(due, how);
        resolve();
        await allowed;
        publish(events);
        await deps.settled(events.length);
      });
      told.catch(reject);
    });
    settled.catch(() => {});
    const tell = () => {
      mayTell();
      return told;
    };
    return { settled, tell };
  };

  /** Settles what `take` gives until it gives no more. While one claim is under way the one before is published. */
  const claim = (take: (limit: number) => readonly Due[], how: 'due' | 'skipped'): Promise<number> => {
    let limit = CLAIM_BATCH;
    let total = 0;
    let tell = async () => {};
    const claimAll = async () => {
      while (!stopped && (how === 'skipped' || !hold.held)) {
        const due = take(limit);
        if (due.length === 0) break;
        const tellBefore = tell;
        const started = startClaim(due, how, limit);
        tell = started.tell;
        await tellBefore();
        await started.settled;
        total += due.length;
        logger.debug({ claimed: due.length }, 'due callbacks claimed');
        if (due.length === limit) limit = Math.min(2 * limit, LARGEST_CLAIM);
        await clock.breathe();
      }
      return total;
    };
    return claimAll().finally(() => tell());
  };

  /** Once, and also while callbacks are paused: those fire later, what is skipped never does. */
  const skipOverdue = async () => {
    const { onSkipped } = deps;
    if (hasSkipped || onSkipped === null) return;
    hasSkipped = true;
    const overdue = (limit: number) => takeByWall(limit, { dueBeforeMs: openedAtMs });
    const skipped = await claim(overdue, 'skipped');
    if (skipped === 0) return;
    logger.info({ skipped }, 'overdue callbacks were skipped');
    onSkipped(skipped);
  };
  const claimDue = async () => {
    await skipOverdue();
    // What falls due while the database is asked is the next alarm's, not worth a claim of its own.
    const dueBeforeMs = clock.now() + 1;
    await claim((limit) => takeByWall(limit, { dueBeforeMs }), 'due');
  };

  const changed = () => {
    arm();
    for (const wake of [...waiters]) wake();
  };

  return {
    alone,
    changed,
    describeFired,
    start() {
      running = true;
      arm();
    },
    async fireBefore(run, at) {
      if (!isVirtual(run)) {
        await skipOverdue();
        const dueBeforeMs = clock.now() + 1;
        await claim((limit) => takeByWall(limit, { except: run, dueBeforeMs }), 'due');
      }
      await claim((limit) => takeOf(run, at, limit), 'due');
    },
    async fireDue() {
      await alone(claimDue);
      changed();
    },
    takeDue: (run, at) => (hold.held ? [] : takeOf(run, at, LARGEST_CLAIM)),
    async drain(run, signal) {
      while (run.queue.size() > 0 && !signal.aborted) {
        if (isVirtual(run) && !hold.held) {
          const next = (limit: number) => {
            const due = signal.aborted ? [] : takeOf(run, Number.POSITIVE_INFINITY, limit);
            run.clock = changeRate(run.clock, clock.now(), 0, due.at(-1)?.at);
            return due;
          };
          await alone(() => claim(next, 'due'));
          continue;
        }
        const woken = new AbortController();
        const wake = () => woken.abort();
        waiters.add(wake);
        signal.addEventListener('abort', wake, { once: true });
        try {
          const wallMs = hold.held ? null : nextWallMs(run);
          await clock.waitUntil(wallMs ?? Number.POSITIVE_INFINITY, woken.signal);
        } finally {
          waiters.delete(wake);
          signal.removeEventListener('abort', wake);
        }
        if (!signal.aborted) await alone(claimDue);
      }
    },
    settleByHand: (key, how) =>
      alone(async () => {
        const waiting = await findWaitingCallback(db, key);
        const run = waiting && runs.get(waiting.runId);
        if (!waiting || !run) {
          const settled = await findHowSettled(db, key);
          throw settled === undefined
            ? new IngotError('not_found', `There is no callback of version ${key.version} of this account.`)
            : new IngotError('conflict', `This callback is settled already: ${settled}.`);
        }
        const seq = BigInt(waiting.seq);
        const entry = run.queue.find(seq);
        if (!entry) throw new IngotError('internal', 'A callback waits that the engine does not know.');
        run.queue.remove(seq);
        const at = clockAt(run.clock, clock.now());
        publish(await settle([{ ...entry, run, at }], how));
        changed();
      }),
    async stop() {
      stopped = true;
      alarm?.clear();
      changed();
      await line;
    },
  };
}
