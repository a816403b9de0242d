import type { EpochMs } from '../../src-shared/update';
import type { ScheduledCallback } from '../accounts/apply-batch';
import type { Alarm } from '../engine/clock';
import type { CallbackKey } from '../engine/interface';
import { type ClaimsDeps, createClaims } from './claims';
import { createLeftovers } from './leftovers';
import { waitingOf } from './waiting';

/** Callbacks claimed by one statement. Larger holds up the ingest's batches, smaller costs more round trips. */
export const CLAIM_BATCH = 500;

/** While there are more than a claim took, the next takes twice as many, up to this: a fifth less for each of them. */
export const LARGEST_CLAIM = 2_000;

/** How long firing rests after the database refused a claim. */
const RETRY_AFTER_MS = 5_000;

/**
 * Whether a person has paused all callbacks. Whoever opens engines over one database after another keeps it and
 * gives it to each of them, so the pause outlives them.
 */
export interface Hold {
  held: boolean;
}

export interface SchedulerOptions extends Omit<ClaimsDeps, 'waiting' | 'leftovers'> {
  readonly hold: Hold;
  /** What is overdue is cancelled before the first claim; null: it fires. */
  readonly skip: SkipOptions | null;
  /** Looks into the database at least this often, for what others may have put there; null: never. */
  readonly sweepEveryMs: number | null;
}

export interface SkipOptions {
  readonly dueBeforeMs: EpochMs;
  /** Gets what was skipped, after each commit, in order of due time. */
  readonly onSkipped: (skipped: readonly CallbackKey[], nowMs: EpochMs) => void;
  /** Nothing more will be: called once. */
  readonly onDone: (total: number) => void;
}

export interface Scheduler {
  /** Looks up what waits in the database. */
  prepare(): Promise<void>;
  /** Fires what is due from now on. */
  start(): void;
  /** Says that callbacks were committed: those that wait now, and the numbers of those that do no longer. */
  changed(scheduled: readonly ScheduledCallback[], settled: readonly string[]): void;
  /** Says that others may have settled some: looks again. */
  refresh(): Promise<void>;
  /** How many wait. */
  count(): Promise<number>;
  /** Fires everything due by now; resolves once it is published. */
  fireDue(): Promise<void>;
  /**
   * While `work` keeps the database busy no alarm claims: whatever falls due meanwhile fires at its end, all in
   * one claim, or before, when somebody asks for it.
   */
  whileBusy<T>(work: () => Promise<T>): Promise<T>;
  /**
   * Resolves when the next callback is due, when firing is resumed or anything else changed, or when
   * `signal` aborts; gives false at once if none waits.
   */
  waitForNext(signal: AbortSignal): Promise<boolean>;
  /** Takes notice that `hold` was set. */
  held(): void;
  /** Takes notice that `hold` was cleared: fires what fell due meanwhile. */
  released(): Promise<void>;
  /** Whether nothing fires now. */
  isHeld(): boolean;
  /** Waits for a claim under way, then claims nothing until `work` has ended. What falls due meanwhile fires then. */
  whileStill<T>(work: () => Promise<T>): Promise<T>;
  /** Lets a claim in hand end; fires nothing after. */
  stop(): Promise<void>;
}

/**
 * Fires callbacks when they are due: one armed alarm over the earliest due time.
 *
 *   idle ──changed/look──▶ armed ──alarm──▶ claiming ──no more than it took were due──▶ armed or idle
 *                                              │ ▲
 *                                              └─┘ a full batch: claim again, and tell these meanwhile
 *
 * Busy, the alarm waits for the end of the work: a claim that stood in line behind it would be followed by one
 * for each instant that passed.
 *
 * Held, the alarm still goes off but claims nothing. The database decides what fires: a claim is one
 * conditional statement, so a callback that a newer version has cancelled meanwhile is left alone.
 */
export function createScheduler(options: SchedulerOptions): Scheduler {
  const { db, clock, sweepEveryMs, hold } = options;
  const logger = options.logger.child({ component: 'callbacks' });
  const waiting = waitingOf(db);
  const leftovers = createLeftovers(db);
  const claims = createClaims({ ...options, waiting, leftovers });
  let alarm: Alarm | undefined;
  let stopped = false;
  let toSkip = options.skip;
  let skippedInAll = 0;
  let claiming: Promise<void> = Promise.resolve();
  let clearing: Promise<void> = Promise.resolve();
  let isBusy = false;
  let alarmWaits = false;
  let isStill = false;
  const waiters = new Set<() => void>();

  const announceChange = () => {
    for (const wake of [...waiters]) wake();
  };

  const isDue = (nowMs: EpochMs) => {
    const earliestMs = waiting.earliestMs();
    return earliestMs !== null && earliestMs <= nowMs;
  };

  const arm = () => {
    alarm?.clear();
    alarm = undefined;
    if (stopped) return;
    const earliestMs = waiting.earliestMs();
    const sweepMs = sweepEveryMs === null ? null : clock.now() + sweepEveryMs;
    const wakeMs = hold.held || earliestMs === null ? sweepMs : Math.min(earliestMs, sweepMs ?? earliestMs);
    if (wakeMs !== null) alarm = clock.setAlarm(wakeMs, onAlarm);
  };

  const onAlarm = async () => {
    if (isBusy) {
      alarmWaits = true;
      return;
    }
    try {
      if (!isDue(clock.now())) await look();
      await inLine(true);
    } catch (error) {
      if (stopped) return;
      logger.error({ err: error }, 'firing due callbacks failed; trying again');
      alarm = clock.setAlarm(clock.now() + RETRY_AFTER_MS, onAlarm);
    }
  };

  const look = async () => {
    const before = waiting.earliestMs();
    await waiting.look();
    arm();
    if (before !== waiting.earliestMs()) announceChange();
  };

  /** Once, and also while callbacks are paused: those fire later, what is skipped never does. */
  const skipOverdue = async () => {
    while (!stopped && toSkip) {
      const { dueBeforeMs, onSkipped, onDone } = toSkip;
      const mayBeMore = await claims.skip(dueBeforeMs - 1, CLAIM_BATCH, (skipped, nowMs) => {
        skippedInAll += skipped.length;
        onSkipped(skipped, nowMs);
      });
      if (mayBeMore) continue;
      toSkip = null;
      if (skippedInAll === 0) return;
      logger.info({ skipped: skippedInAll }, 'overdue callbacks were skipped');
      onDone(skippedInAll);
      await waiting.look();
    }
  };

  const claimAllDue = async (byAlarm: boolean) => {
    // The work may have begun while this stood in line.
    if (byAlarm && isBusy) {
      alarmWaits = true;
      return;
    }
    await skipOverdue();
    let limit = CLAIM_BATCH;
    let told: Promise<unknown> = Promise.resolve();
    while (!stopped && !hold.held && isDue(clock.now())) {
      const claim = claims.start(limit, told);
      told = Promise.all([told, claim.told]);
      told.catch(() => {});
      // What fell due while the database was asked is the next alarm's, not worth a claim of its own.
      if (!(await claim.answered)) break;
      limit = Math.min(2 * limit, LARGEST_CLAIM);
    }
    await told;
    await waiting.look();
    arm();
    clearing = clearing
      .then(() => leftovers.clear(isQuiet))
      .catch((error: unknown) => {
        logger.debug({ err: error }, 'due times of settled callbacks could not be taken back');
      });
  };

  const isQuiet = () => !stopped && !isBusy && !isStill && !isDue(clock.now());

  const inLine = (byAlarm: boolean): Promise<void> => {
    const turn = claiming.then(() => claimAllDue(byAlarm));
    claiming = turn.catch(() => {});
    return turn;
  };
  const fireDue = () => inLine(false);

  return {
    async prepare() {
      await leftovers.clearEarlier();
      await waiting.look();
    },
    start: arm,
    refresh: look,
    fireDue,
    async whileBusy(work) {
      isBusy = true;
      try {
        return await work();
      } finally {
        isBusy = false;
        // Armed anew, so that whoever waited for the work goes first: its next step may fire them anyway.
        if (alarmWaits) arm();
        alarmWaits = false;
      }
    },
    changed(scheduled, settled) {
      const before = waiting.earliestMs();
      waiting.changed(scheduled, settled);
      if (waiting.earliestMs() === before) return;
      arm();
      announceChange();
    },
    count: () => waiting.count(),
    async waitForNext(signal) {
      await claiming;
      const earliestMs = waiting.earliestMs();
      if (earliestMs === null) return false;
      const until = hold.held ? Number.POSITIVE_INFINITY : earliestMs;
      const changed = new AbortController();
      const wake = () => changed.abort();
      waiters.add(wake);
      signal.addEventListener('abort', wake, { once: true });
      if (signal.aborted) wake();
      try {
        await clock.waitUntil(until, changed.signal);
      } finally {
        waiters.delete(wake);
        signal.removeEventListener('abort', wake);
      }
      return true;
    },
    held() {
      logger.info('all callbacks are paused');
      arm();
      announceChange();
    },
    async released() {
      logger.info('callbacks are resumed');
      announceChange();
      await look();
      await fireDue();
    },
    isHeld: () => hold.held || stopped,
    whileStill(work) {
      const turn = claiming.then(async () => {
        isStill = true;
        await clearing;
        try {
          return await work();
        } finally {
          isStill = false;
        }
      });
      claiming = turn.then(
        () => {},
        () => {},
      );
      return turn;
    },
    async stop() {
      stopped = true;
      alarm?.clear();
      announceChange();
      await claiming;
    },
  };
}
