import type { RunEvent } from '../../src-shared/events';
import type { EpochMs } from '../../src-shared/update';
import type { Database } from '../database/database';
import type { Alarm, Clock } from '../engine/clock';
import type { CallbackKey } from '../engine/interface';
import type { Logger } from '../observability/logger';
import type { Observer } from '../observability/observer';
import { type ClaimedCallback, claimDueCallbacks } from './sql/claim-due-callbacks';
import { findEarliestDue } from './sql/find-earliest-due';
import { skipOverdueCallbacks } from './sql/skip-overdue-callbacks';

/** Callbacks claimed by one statement. Larger holds up the ingest's batches, smaller costs more round trips. */
export const CLAIM_BATCH = 500;

/** While there are more than a claim took, the next takes twice as many, up to this: a fifth less for each of them. */
export const LARGEST_CLAIM = 2_000;

/** How long firing rests after the database refused a claim. */
const RETRY_AFTER_MS = 5_000;

export interface SchedulerOptions {
  readonly db: Database;
  readonly clock: Clock;
  /** Of no room yet. */
  readonly logger: Logger;
  readonly observer: Observer;
  /** Gets what was claimed, after the commit, in order of due time. */
  readonly publish: (events: readonly RunEvent[]) => void;
  readonly describe: (claimed: ClaimedCallback, firedAtMs: EpochMs) => RunEvent;
  /** Is told how many a claim, or a skip, has settled, once they are published; the next one waits for it. */
  readonly settled: (callbacks: number) => Promise<void>;
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
  /** Takes up what waits in the database. */
  start(): Promise<void>;
  /** Says that a callback due at `dueAtMs` was committed. */
  note(dueAtMs: EpochMs): void;
  /** Says that waiting callbacks may be gone or new: looks into the database again. */
  refresh(): Promise<void>;
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
  hold(): void;
  release(): Promise<void>;
  isHeld(): boolean;
  /** Lets a claim in hand end; fires nothing after. */
  stop(): Promise<void>;
}

/**
 * Fires callbacks when they are due: one armed alarm over the earliest due time that the database holds.
 *
 *   idle ──note/refresh──▶ armed ──alarm──▶ claiming ──fewer than a batch were due──▶ armed or idle
 *                                              │ ▲
 *                                              └─┘ a full batch: give the loop a turn, claim again
 *
 * Busy, the alarm waits for the end of the work: a claim that stood in line behind it would be followed by one
 * for each instant that passed.
 *
 * Held, the alarm still goes off but claims nothing. The database decides what fires: a claim is one
 * conditional statement, so a callback that a newer version has cancelled meanwhile is left alone.
 */
export function createScheduler(options: SchedulerOptions): Scheduler {
  const { db, clock, observer, publish, describe, sweepEveryMs } = options;
  const logger = options.logger.child({ component: 'callbacks' });
  let earliestMs: EpochMs | null = null;
  let alarm: Alarm | undefined;
  let held = false;
  let stopped = false;
  let toSkip = options.skip;
  let skippedInAll = 0;
  let claiming: Promise<void> = Promise.resolve();
  let notedMs: EpochMs | null = null;
  let isBusy = false;
  let alarmWaits = false;
  const waiters = new Set<() => void>();

  const announceChange = () => {
    for (const wake of [...waiters]) wake();
  };

  /** A callback committed while the database was asked may be missing in the answer: it was noted. */
  const lookUp = async () => {
    notedMs = null;
    const foundMs = await findEarliestDue(db);
    earliestMs = foundMs === null || notedMs === null ? (foundMs ?? notedMs) : Math.min(foundMs, notedMs);
  };

  const arm = () => {
    alarm?.clear();
    alarm = undefined;
    if (stopped) return;
    const sweepMs = sweepEveryMs === null ? null : clock.now() + sweepEveryMs;
    const wakeMs = held || earliestMs === null ? sweepMs : Math.min(earliestMs, sweepMs ?? earliestMs);
    if (wakeMs !== null) alarm = clock.setAlarm(wakeMs, onAlarm);
  };

  const onAlarm = async () => {
    if (isBusy) {
      alarmWaits = true;
      return;
    }
    try {
      if (earliestMs === null || earliestMs > clock.now()) await refresh();
      await fireDue();
    } catch (error) {
      if (stopped) return;
      logger.error({ err: error }, 'firing due callbacks failed; trying again');
      alarm = clock.setAlarm(clock.now() + RETRY_AFTER_MS, onAlarm);
    }
  };

  const refresh = async () => {
    const before = earliestMs;
    await lookUp();
    arm();
    if (before !== earliestMs) announceChange();
  };

  /** Once, and held or not: what a person holds back is to fire later, what is skipped never. */
  const skipOverdue = async () => {
    while (!stopped && toSkip) {
      const { dueBeforeMs, onSkipped, onDone } = toSkip;
      const nowMs = clock.now();
      const skipped = await skipOverdueCallbacks(db, dueBeforeMs, nowMs, CLAIM_BATCH);
      skippedInAll += skipped.length;
      if (skipped.length > 0) {
        onSkipped(skipped, nowMs);
        await options.settled(skipped.length);
      }
      if (skipped.length === CLAIM_BATCH) continue;
      toSkip = null;
      if (skippedInAll === 0) return;
      logger.info({ skipped: skippedInAll }, 'overdue callbacks were skipped');
      onDone(skippedInAll);
      await lookUp();
    }
  };

  const claimAllDue = async () => {
    await skipOverdue();
    let limit = CLAIM_BATCH;
    while (!stopped && !held && earliestMs !== null && earliestMs <= clock.now()) {
      const nowMs = clock.now();
      const claimed = await observer.around('claim', { limit }, async () => {
        const due = await claimDueCallbacks(db, nowMs, limit);
        if (due.length > 0) publish(due.map((callback) => describe(callback, nowMs)));
        logger.debug({ claimed: due.length }, 'due callbacks claimed');
        return due;
      });
      if (claimed.length > 0) await options.settled(claimed.length);
      if (claimed.length === limit) {
        limit = Math.min(2 * limit, LARGEST_CLAIM);
        await clock.breathe();
      } else {
        await lookUp();
        // What fell due while the database was asked is the next alarm's, not worth a claim of its own.
        break;
      }
    }
    arm();
  };

  const fireDue = (): Promise<void> => {
    const turn = claiming.then(claimAllDue);
    claiming = turn.catch(() => {});
    return turn;
  };

  return {
    start: refresh,
    refresh,
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
    note(dueAtMs) {
      if (notedMs === null || dueAtMs < notedMs) notedMs = dueAtMs;
      if (earliestMs !== null && earliestMs <= dueAtMs) return;
      earliestMs = dueAtMs;
      arm();
      announceChange();
    },
    async waitForNext(signal) {
      await claiming;
      if (earliestMs === null) return false;
      const until = held ? Number.POSITIVE_INFINITY : earliestMs;
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
    hold() {
      held = true;
      logger.info('firing of callbacks is held');
      arm();
      announceChange();
    },
    async release() {
      held = false;
      logger.info('firing of callbacks goes on');
      announceChange();
      await refresh();
      await fireDue();
    },
    isHeld: () => held || stopped,
    async stop() {
      stopped = true;
      alarm?.clear();
      announceChange();
      await claiming;
    },
  };
}
