import { IngotError } from '../../src-shared/errors';
import type { RunEvent } from '../../src-shared/events';
import { changeRate, clockAt, rateOf, wallOf } from '../../src-shared/run-clock';
import type { Account, EpochMs } from '../../src-shared/update';
import type { Database } from '../database/database';
import type { Logger } from '../observability/logger';
import type { Observer } from '../observability/observer';
import type { Alarm, Clock } from '../time/clock';
import type { DueEntry } from './due-queue';
import { draftFigures, type Figures, type FiguresDraft, type RunFigures } from './figures';
import { happensIn, isVirtual, type KnownRun, momentOf, type Sequence } from './known-run';
import { createLine, type Line } from './line';
import { type Settled, type SettledRowHow, settleCallbacks } from './sql/settle';
import { type CallbackKey, findHowSettled, findWaitingCallback } from './sql/waiting';

/** Callbacks per claim. More would delay the ingest's batches, fewer cost more round trips. */
export const CLAIM_BATCH = 500;
/** While more are due than a claim took, the next takes twice as many, up to this: a fifth cheaper for each. */
export const LARGEST_CLAIM = 2_000;
/**
 * Limit for the characters of data in one claim; only the callback that crosses it may exceed it. The answer has the data of all
 * claimed callbacks in one text, which the database and this process hold several times.
 */
export const MOST_CLAIMED_DATA = 8 * 1024 * 1024;
/** Pause after the database refused a claim. */
const RETRY_AFTER_MS = 5_000;

const always = () => true;

/** Whether a person has paused all callbacks. It outlives the engines of successive databases. */
export interface Hold {
  held: boolean;
}

export type SettledEvent = Extract<RunEvent, { event: 'fired' | 'cancelled' }>;

export interface SchedulerDeps {
  readonly db: Database;
  readonly clock: Clock;
  /** The root logger. */
  readonly logger: Logger;
  readonly observer: Observer;
  readonly hold: Hold;
  /** All runs with pending callbacks. */
  readonly runs: ReadonlyMap<string, KnownRun>;
  readonly sequence: Sequence;
  /** Called after the commit. */
  readonly publish: (events: readonly SettledEvent[]) => void;
  /** Called with the number of settled callbacks, once they are published. */
  readonly settled: (callbacks: number) => Promise<void>;
  /** The part of a run's figures that must be saved. */
  readonly toSave: (run: KnownRun, after: Figures) => RunFigures;
  /** A callback due before this instant was overdue when the engine opened. */
  readonly openedAtMs: EpochMs;
  /** Called once, before the first one fires, with the number of overdue callbacks that were skipped; null: those fire. */
  readonly onSkipped: ((callbacks: number) => void) | null;
}

export interface Scheduler extends Line {
  /** Starts firing. */
  start(): void;
  /**
   * Within `alone`: fires everything due by the wall clock, but for `run` what is due by `at` on its own clock, or less if the run
   * stops at a callback.
   */
  fireBefore(run: KnownRun, at: number): Promise<void>;
  /** Within `alone`: takes callbacks of the run that are due by `at` from its queue, as many as one batch may have. */
  takeDue(run: KnownRun, at: number): readonly Due[];
  /** Between two steps of a death, of what was taken: the callbacks of accounts that do not have to fall back first. They do then. */
  withoutFallen(due: readonly Due[]): Promise<readonly Due[]>;
  /** Resolves once everything due now is fired and published. */
  fireDue(): Promise<void>;
  /** A queue, a clock or `hold` changed. */
  changed(): void;
  /**
   * Resolves once none of the run's callbacks is pending, or `signal` aborts.
   * @param drives Whether the clock of a virtual run may jump to what is due.
   */
  drain(run: KnownRun, signal: AbortSignal, drives: boolean): Promise<void>;
  /** @throws IngotError `conflict` if it was settled already, `not_found` if there is none. */
  settleByHand(key: CallbackKey, how: 'fired by hand' | 'cancelled by hand'): Promise<void>;
  describeFired(run: KnownRun, dueMs: number, at: number, account: Account, byHand?: boolean): SettledEvent;
  /** Waits for the current claim; fires nothing after it. */
  stop(): Promise<void>;
}

export interface Due extends DueEntry {
  readonly run: KnownRun;
  /** Settling time, in run time. */
  readonly at: number;
}

/**
 * Fires callbacks when they are due. Each run has a queue on its own clock; one alarm is set for the earliest wall time among the
 * moving clocks. A virtual run fires its own callbacks.
 *
 * All writes take turns, in `alone`, so the engine's knowledge of callbacks is correct when it acts on it. The database ensures
 * that several processes never settle one callback twice: see `settleCallbacks`.
 */
export function createScheduler(deps: SchedulerDeps): Scheduler {
  const { db, clock, hold, runs, sequence, publish, observer, openedAtMs } = deps;
  const logger = deps.logger.child({ component: 'callbacks' });
  let alarm: Alarm | undefined;
  let running = false;
  let stopped = false;
  let hasSkipped = false;
  let alarmWaits = false;
  const waiters = new Set<() => void>();

  const { size, done, ...line } = createLine(() => {
    if (!alarmWaits) return;
    alarmWaits = false;
    arm();
  });
  const { alone, isBetweenSteps, fallBackFirst } = line;

  /** When the run's next callback may fire by the wall clock; null if none is pending, or the run's clock stands still. */
  const nextWallMs = (run: KnownRun): EpochMs | null => {
    const { clock: of, nextArrivalAt } = run;
    const dueMs = run.queue.earliestMs();
    const wallMs = dueMs === null ? null : wallOf(of, dueMs);
    if (wallMs === null || dueMs === null || run.arrivesTogether) return null;
    if (run.stopsAt !== null && dueMs > run.stopsAt) return null;
    // A fast run has many instants in one wall-clock millisecond: a record that arrives before the callback is due comes first.
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
    if (size() > 0 && !isBetweenSteps()) {
      alarmWaits = true;
      return;
    }
    try {
      await alone(claimDue, always);
      arm();
    } catch (error) {
      if (stopped) return;
      logger.error({ err: error }, 'firing due callbacks failed; trying again');
      alarm = clock.setAlarm(clock.now() + RETRY_AFTER_MS, onAlarm);
    }
  };

  /** The last instant whose callbacks one claim may take, in run time. */
  const lastInstant = ({ queue, stopsAtFiring }: KnownRun): number =>
    (stopsAtFiring && queue.earliestMs()) ?? Number.POSITIVE_INFINITY;

  /** Takes the earliest by the wall clock, of all runs except `except`. */
  const takeByWall = (
    limit: number,
    { except, dueBeforeMs }: { except?: KnownRun; dueBeforeMs: EpochMs },
  ): readonly Due[] => {
    const nowMs = clock.now();
    const next = [...runs.values()]
      .filter((run) => run !== except && !isVirtual(run))
      .map((run) => ({ run, wallMs: nextWallMs(run), lastMs: lastInstant(run) }));
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
      taken.push({ ...entry, run: first.run, at: happensIn(first.run, entry.dueMs, nowMs) });
      data += entry.dataLength;
      const isLast = (first.run.queue.earliestMs() ?? 0) > first.lastMs;
      first.wallMs = isLast ? null : nextWallMs(first.run);
    }
    return taken;
  };

  const takeOf = (run: KnownRun, at: number, limit: number): readonly Due[] => {
    const nowMs = clock.now();
    const lastMs = Math.min(at, lastInstant(run));
    const taken: Due[] = [];
    let data = 0;
    while (taken.length < limit && data < MOST_CLAIMED_DATA) {
      const entry = run.queue.take(lastMs);
      if (!entry) break;
      taken.push({ ...entry, run, at: happensIn(run, entry.dueMs, nowMs) });
      data += entry.dataLength;
    }
    return taken;
  };

  const putBack = (due: readonly Due[]) => {
    for (const { run, seq, dueMs, dataLength } of due) run.queue.add(seq, dueMs, dataLength);
  };
  const withoutFallen = async (due: readonly Due[]): Promise<readonly Due[]> => {
    if (due.length === 0) return due;
    const fallen = await fallBackFirst({ taken: due.map(({ seq }) => seq) }).catch((error: unknown) => {
      putBack(due);
      throw error;
    });
    return due.filter(({ seq }) => !fallen.has(seq));
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
      // A clock that jumps to what is due is not late.
      latenessMs: dueWallMs === null || rateOf(run.clock) === 0 ? 0 : Math.max(0, clock.now() - dueWallMs),
      account,
    };
  };

  /** Returns what to publish. What the database refuses stays pending. */
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
        putBack(due);
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

  /** `tell` publishes what was settled, inside the claim's trace. */
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

  /** Settles what `take` returns until it returns nothing. Each claim's events are published during the next claim. */
  const claim = (take: (limit: number) => readonly Due[], how: 'due' | 'skipped'): Promise<number> => {
    let limit = CLAIM_BATCH;
    let total = 0;
    let tell = async () => {};
    const claimAll = async () => {
      while (!stopped && (how === 'skipped' || !hold.held)) {
        const taken = take(limit);
        if (taken.length === 0) break;
        const due = isBetweenSteps() ? await withoutFallen(taken) : taken;
        if (due.length === 0) continue;
        const tellBefore = tell;
        const started = startClaim(due, how, limit);
        tell = started.tell;
        await tellBefore();
        await started.settled;
        total += due.length;
        const stopping = how === 'due' && due.findLast(({ run }) => run.stopsAtFiring !== null);
        if (stopping) {
          await tell();
          await stopping.run.stopsAtFiring?.(stopping.at);
        }
        logger.debug({ claimed: due.length }, 'due callbacks claimed');
        if (taken.length === limit) limit = Math.min(2 * limit, LARGEST_CLAIM);
        await clock.breathe();
      }
      return total;
    };
    return claimAll().finally(() => tell());
  };

  /** Once, even while callbacks are paused: those fire later, skipped ones never do. */
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
    // What falls due during the query is left to the next alarm.
    const dueBeforeMs = clock.now() + 1;
    await claim((limit) => takeByWall(limit, { dueBeforeMs }), 'due');
  };

  const changed = () => {
    arm();
    for (const wake of [...waiters]) wake();
  };

  return {
    ...line,
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
      const stops = run.stopsAtFiring !== null;
      await claim((limit) => (stops && run.stopsAtFiring === null ? [] : takeOf(run, at, limit)), 'due');
    },
    async fireDue() {
      await alone(claimDue, always);
      changed();
    },
    takeDue: (run, at) => (hold.held ? [] : takeOf(run, at, LARGEST_CLAIM)),
    withoutFallen,
    async drain(run, signal, drives) {
      while (run.queue.size() > 0 && !signal.aborted) {
        if (isVirtual(run) && drives && !hold.held) {
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
        if (!signal.aborted) await alone(claimDue, always);
      }
    },
    settleByHand: (key, how) =>
      alone(async () => {
        await fallBackFirst({ ids: [key.id] });
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
      }, always),
    async stop() {
      stopped = true;
      alarm?.clear();
      changed();
      await done();
    },
  };
}
