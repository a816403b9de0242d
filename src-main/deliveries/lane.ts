import type { EpochMs } from '../../src-shared/update';
import type { Database } from '../database/database';
import type { Logger } from '../observability/logger';
import type { Alarm, Clock } from '../time/clock';
import { nextAttemptMs } from './backoff';
import { composeEvent } from './event';
import { type Answer, findProblem, openSender, type Sender, type SenderDeps } from './send';
import {
  type Attempted,
  findNextFired,
  findWaiting,
  forgetOldDeliveries,
  PAGE_CALLBACKS,
  readContents,
  saveAttempts,
  type WaitingDelivery,
} from './sql/deliveries';
import type { StoredTarget } from './sql/targets';

/** With so many deliveries waiting for another attempt, a target comes to no new callback: the history is its queue. */
export const MOST_WAITING = 1_000;
/** Pause before the history is read again where nothing was to be delivered, so that other runs cost little. */
const READ_AGAIN_MS = 50;
/** Pause after the database refused a statement. */
const RETRY_AFTER_MS = 5_000;
const FORGET_EVERY = 10_000;

export interface LaneDeps extends SenderDeps {
  readonly db: Database;
  readonly clock: Clock;
  /** Of the deliveries. */
  readonly logger: Logger;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** Called after the commit. */
  readonly saved: (target: StoredTarget, attempts: readonly Attempted[]) => void;
  /** It has nothing to do at this moment. */
  readonly onRest: () => void;
  /** The receiver is gone: the target is to be disarmed. */
  readonly onGone: (target: StoredTarget, because: string) => void;
}

/** What an armed target delivers, in one process. */
export interface Lane {
  readonly target: StoredTarget;
  /** Why nothing is sent; null if it can send. */
  readonly problem: string | null;
  /** Callbacks may have fired. */
  look(): void;
  /** So many of its dead deliveries wait again. */
  resent(count: number): void;
  /** Whether nothing is left to deliver. */
  isDone(): boolean;
  /** Ends the attempts under way, which are made again some time, and saves what has ended. */
  stop(): Promise<void>;
}

interface Outgoing extends Pick<WaitingDelivery, 'seq' | 'attempts'> {
  /** Null: this is the first attempt. */
  readonly firstAtMs: EpochMs | null;
}

/**
 * Goes through the settled callbacks in order, and again and again through the deliveries that wait. What has ended is saved
 * together with the cursor, which stays before the first callback that has no row yet: after a crash everything without a row is
 * sent again, under the same id.
 */
export async function openLane(target: StoredTarget, waitingAtOpen: number, deps: LaneDeps): Promise<Lane> {
  const { db, clock, logger } = deps;
  const { settings } = target;
  const problem = await findProblem(settings, deps);
  if (problem !== null || settings.kind === 'unreadable') {
    return { target, problem, look() {}, resent() {}, isDone: () => true, async stop() {} };
  }
  const stopping = new AbortController();
  let sender: Promise<Sender> | null = null;
  /** From the history and from the rows that wait, not begun. */
  let queue: Outgoing[] = [];
  const underWay = new Set<Promise<void>>();
  /** All that is queued, under way, or ended and not saved. */
  const taken = new Set<bigint>();
  /** Those of the history, in its order. */
  const unsaved = new Set<bigint>();
  let ended: Attempted[] = [];
  let readTo = target.cursorSeq;
  let savedTo = target.cursorSeq;
  let atEnd = false;
  /** More may have fired since the history was read. */
  let heard = false;
  let waiting = waitingAtOpen;
  let lastError = target.lastError;
  let readAgainAtMs = 0;
  let mayStartAtMs = 0;
  let pausedUntilMs = 0;
  let nextRetryMs: EpochMs | null = null;
  let sinceForgot = 0;
  let alarm: Alarm | null = null;
  let working: Promise<void> | null = null;
  let again = false;

  const save = async () => {
    const attempts = [...ended];
    const saved = new Set(attempts.map(({ seq }) => seq));
    let cursor = readTo;
    for (const seq of unsaved) {
      if (saved.has(seq)) continue;
      cursor = seq - 1n;
      break;
    }
    if (attempts.length === 0 && cursor - savedTo < PAGE_CALLBACKS) return;
    await saveAttempts(db, target.id, attempts, cursor, lastError);
    ended = ended.slice(attempts.length);
    savedTo = cursor;
    for (const { seq, state } of attempts) {
      // It was a row that waited, unless it came from the history.
      if (!unsaved.delete(seq)) waiting -= 1;
      if (state === 'waiting') waiting += 1;
      taken.delete(seq);
    }
    if (attempts.length === 0) return;
    deps.saved(target, attempts);
    sinceForgot += attempts.length;
    if (sinceForgot >= FORGET_EVERY) {
      sinceForgot = 0;
      await forgetOldDeliveries(db, target.id);
    }
  };

  const mayRead = () =>
    !atEnd && queue.length < settings.concurrency && waiting < MOST_WAITING && !stopping.signal.aborted;

  /** Takes what is due again, then what has fired since. */
  const fill = async () => {
    const nowMs = clock.now();
    const wanted = 2 * settings.concurrency - queue.length;
    if (wanted <= 0) return;
    nextRetryMs = null;
    if (waiting > 0) {
      const rows = await findWaiting(db, target.id, wanted + (taken.size - unsaved.size) + 1);
      for (const row of rows) {
        if (taken.has(row.seq)) continue;
        if (row.nextAtMs > nowMs || queue.length >= 2 * settings.concurrency) {
          nextRetryMs = row.nextAtMs;
          break;
        }
        taken.add(row.seq);
        queue.push(row);
      }
    }
    while (mayRead() && nowMs >= readAgainAtMs) {
      heard = false;
      const page = await findNextFired(db, target.id, readTo);
      atEnd = page.isLast && !heard;
      readTo = page.last ?? readTo;
      if (page.seqs.length === 0 && page.isLast) readAgainAtMs = nowMs + READ_AGAIN_MS;
      for (const seq of page.seqs) {
        taken.add(seq);
        unsaved.add(seq);
        queue.push({ seq, attempts: 0, firstAtMs: null });
      }
    }
  };

  const start = async () => {
    const nowMs = clock.now();
    if (nowMs < pausedUntilMs || queue.length === 0) return;
    const gapMs = settings.ratePerSecond === null ? 0 : 1000 / settings.ratePerSecond;
    let free = settings.concurrency - underWay.size;
    if (gapMs > 0) free = nowMs < mayStartAtMs ? 0 : Math.min(free, 1);
    if (free <= 0) return;
    const batch = queue.slice(0, free);
    const contents = await readContents(
      db,
      batch.map(({ seq }) => seq),
      settings.maxDataBytes,
    );
    sender ??= openSender(settings, deps);
    const open = await sender;
    if (stopping.signal.aborted) return;
    queue = queue.slice(batch.length);
    if (gapMs > 0) mayStartAtMs = nowMs + gapMs;
    for (const outgoing of batch) {
      const content = contents.find(({ seq }) => seq === outgoing.seq);
      const attempt = content
        ? composeEvent(target.id, settings, content).then((message) => open.send(message, stopping.signal))
        : Promise.resolve({
            delivered: false,
            answer: null,
            error: 'Its callback is no longer in the database.',
          });
      const whole = attempt
        .catch((error: unknown): Answer => {
          logger.error({ err: error, target: target.name }, 'a delivery could not be tried');
          return {
            delivered: false,
            answer: null,
            error: 'Something went wrong inside Ingot. The log has the details.',
          };
        })
        .then((answer) => {
          underWay.delete(whole);
          end(outgoing, answer);
        });
      underWay.add(whole);
    }
  };

  const end = (outgoing: Outgoing, answer: Answer) => {
    // It may have been cut off.
    if (stopping.signal.aborted && !answer.delivered) return;
    const nowMs = clock.now();
    const attempts = outgoing.attempts + 1;
    const firstAtMs = outgoing.firstAtMs ?? nowMs;
    const retryMs = answer.delivered
      ? null
      : nextAttemptMs(
          settings,
          { attempts, firstAtMs, nowMs, retryAfterMs: answer.retryAfterMs },
          deps.random(),
        );
    if (answer.retryAfterMs !== undefined)
      pausedUntilMs = Math.max(pausedUntilMs, nowMs + answer.retryAfterMs);
    lastError = answer.error;
    ended.push({
      seq: outgoing.seq,
      state: answer.delivered ? 'delivered' : retryMs === null ? 'dead' : 'waiting',
      attempts,
      firstAtMs,
      lastAtMs: nowMs,
      nextAtMs: retryMs,
      answer: answer.answer,
      error: answer.error,
    });
    if (answer.gone) deps.onGone(target, 'Its receiver says that it is gone for good (410).');
    else void wake();
  };

  const setAlarm = () => {
    let nextMs = Number.POSITIVE_INFINITY;
    const at = (ms: EpochMs) => {
      nextMs = Math.min(nextMs, ms);
    };
    // Where none is free, the end of an attempt wakes it.
    if (underWay.size < settings.concurrency) {
      if (queue.length > 0) at(Math.max(pausedUntilMs, mayStartAtMs));
      else if (nextRetryMs !== null) at(Math.max(pausedUntilMs, nextRetryMs));
    }
    if (mayRead()) at(readAgainAtMs);
    if (nextMs < Number.POSITIVE_INFINITY) wakeAt(Math.max(nextMs, clock.now() + 1));
    else alarm?.clear();
  };
  const wakeAt = (atMs: EpochMs) => {
    alarm?.clear();
    alarm = clock.setAlarm(atMs, () => {
      alarm = null;
      return wake();
    });
  };

  const work = async () => {
    do {
      again = false;
      await save();
      if (stopping.signal.aborted) return;
      await fill();
      await start();
    } while (again);
    setAlarm();
  };

  /** Resolves when there is nothing more to do at this moment; the attempts themselves may go on. */
  const wake = (): Promise<void> => {
    if (stopping.signal.aborted) return Promise.resolve();
    again = true;
    working ??= work()
      .catch((error: unknown) => {
        again = false;
        if (stopping.signal.aborted) return;
        logger.warn({ err: error, target: target.name }, 'deliveries are held up by the database');
        wakeAt(clock.now() + RETRY_AFTER_MS);
      })
      .finally(() => {
        working = null;
        if (again) void wake();
        else deps.onRest();
      });
    return working;
  };

  return {
    target,
    problem: null,
    look() {
      heard = true;
      atEnd = false;
      void wake();
    },
    resent(count) {
      waiting += count;
      void wake();
    },
    isDone: () => atEnd && taken.size === 0 && waiting === 0,
    async stop() {
      stopping.abort();
      alarm?.clear();
      await working;
      await Promise.all(underWay);
      await save().catch((error: unknown) =>
        logger.info(
          { err: error, target: target.name },
          'what ended last could not be saved: it is sent again',
        ),
      );
      (await sender)?.close();
    },
  };
}
