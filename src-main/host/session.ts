import type { DatabaseState } from '../../src-shared/database-state';
import { IngotError } from '../../src-shared/errors';
import type { RunStatus } from '../../src-shared/events';
import type { HostEvent } from '../../src-shared/feed';
import type { Overdue } from '../../src-shared/run-settings';
import { createViews, type Views } from '../accounts/views/create-views';
import { countPendingCallbacks } from '../callbacks/sql/count-callbacks';
import { type DatabaseTarget, type OpenedDatabase, refuseIfMissing } from '../database/open-database';
import type { Clock } from '../engine/clock';
import type { EngineEvent } from '../engine/interface';
import type { Logger } from '../observability/logger';
import type { Observer } from '../observability/observer';
import type { AutoResume } from './auto-resume';
import { type EngineSeat, openEngineSeat } from './engine-seat';
import { isDiskFull, isGone, troubleOf } from './trouble';

/** What stands on one opened database. */
export interface OpenSession {
  readonly database: OpenedDatabase;
  readonly views: Views;
  readonly seat: EngineSeat;
}

/**
 * The database with its engine and views, over its whole life:
 *
 *   opening ── it opens ──▶ open ── emptied, restored ──▶ open
 *      │                     │
 *      │                     ├── lost ──▶ opening, tried a few times by itself
 *      │                     └── lost, no room on the disk ──▶ trouble
 *      └── it cannot be opened ──▶ trouble ── a person tries again, mends it, names another ──▶ opening
 */
export interface Session {
  /** @throws IngotError `database_unavailable` while there is none. */
  current(): OpenSession;
  state(): DatabaseState;
  /** The run under way, or the last one. */
  status(): RunStatus | null;
  /** Where the database is, or is to be. */
  target(): DatabaseTarget;
  /** Whether a person holds all firing. */
  isHeld(): boolean;
  /**
   * Lets `work` change the whole content while no engine touches it. `change` is what clients hear.
   * @throws IngotError `conflict` while a run is under way, or another change is.
   */
  replaceContent<T>(change: 'reset' | 'restored', work: (database: OpenedDatabase) => Promise<T>): Promise<T>;
  /**
   * Lets `work` read everything while nothing changes.
   * @throws IngotError as `replaceContent`.
   */
  holdStill<T>(work: (database: OpenedDatabase) => Promise<T>): Promise<T>;
  /**
   * Opens what could not be opened, after `prepare` has mended it or named another place; what `prepare`
   * rejects with leaves the trouble as it was.
   * @throws IngotError `conflict` if there is no trouble.
   */
  openAgain(prepare?: (target: DatabaseTarget) => Promise<DatabaseTarget>): Promise<DatabaseState>;
  close(): Promise<void>;
}

export interface SessionDeps {
  readonly target: DatabaseTarget;
  /** `onLost` is called once if the database is lost while it is open. */
  readonly openDatabase: (
    target: DatabaseTarget,
    onLost: (error: IngotError) => void,
  ) => Promise<OpenedDatabase>;
  readonly clock: Clock;
  /** Of no room yet. */
  readonly logger: Logger;
  readonly observer: Observer;
  /** What the engine says, in order. */
  readonly publish: (events: readonly EngineEvent[]) => void;
  /** The content is another one: `pending` callbacks wait in it. */
  readonly startAfresh: (pending: number, events: readonly HostEvent[]) => void;
  readonly autoResume: AutoResume;
  /** What becomes of callbacks that fell due while no program was there. */
  readonly overdue: Overdue;
}

/** Waits between attempts to open a lost database again. */
const REOPEN_AFTER_MS = [0, 1_000, 5_000, 30_000];

const NO_ROOM = 'No room is left on the disk. Free some, then press Resume: nothing acknowledged was lost.';

const notice = (level: 'info' | 'warning' | 'error', message: string): HostEvent => ({
  event: 'notice',
  level,
  message,
});

/** Resolves when the database is open or cannot be opened. Never rejects. */
export async function openSession(deps: SessionDeps): Promise<Session> {
  const { clock, observer, publish, startAfresh, autoResume } = deps;
  const logger = deps.logger.child({ component: 'host' });
  let { target } = deps;
  let open: OpenSession | null = null;
  let state: DatabaseState = { phase: 'opening', lost: null };
  let lastStatus: RunStatus | null = null;
  let replacing = false;
  let closed = false;
  const closing = new AbortController();
  let reopening: Promise<unknown> = Promise.resolve();

  const openOn = async (database: OpenedDatabase, overdue: Overdue): Promise<OpenSession> => {
    const views = createViews({ database, clock });
    const seat = await openEngineSeat({
      database,
      clock,
      logger: deps.logger,
      observer,
      publish: (events) => {
        views.noteChange();
        publish(events);
      },
      overdue,
    });
    return { database, views, seat };
  };

  /** Gives how many callbacks wait in it. */
  const openAll = async (): Promise<number> => {
    const database = await deps.openDatabase(target, (error) => {
      reopening = reopenAfter(error, database);
    });
    try {
      // What fell due while the database was lost fell due while we were there.
      const wasLost = state.phase === 'opening' && state.lost !== null;
      const opened = await openOn(database, wasLost ? 'fire' : deps.overdue);
      const pending = await countPendingCallbacks(database);
      open = opened;
      const { cameBackEarlier: setback } = database;
      if (setback) logger.warn({ ...setback }, 'the database came back without some of what it acknowledged');
      state = { phase: 'open', setback };
      return pending;
    } catch (error) {
      await database.close();
      throw error;
    }
  };

  const stayInTrouble = (error: unknown) => {
    logger.error({ err: error }, 'the database cannot be opened');
    state = { phase: 'trouble', trouble: troubleOf(error, target, clock.now()) };
    publish([{ event: 'database', change: 'trouble' }]);
  };

  async function reopenAfter(reason: IngotError, lost: OpenedDatabase): Promise<void> {
    if (closed || open?.database !== lost) return;
    const { seat } = open;
    lastStatus = seat.currentRun()?.status() ?? lastStatus;
    const wasUnderWay = seat.isRunUnderWay();
    autoResume.noteLost(wasUnderWay ? lastStatus : null);
    open = null;
    state = { phase: 'opening', lost: reason.message };
    logger.error({ err: reason }, 'the database was lost');
    publish([
      { event: 'database', change: 'lost' },
      notice('error', `The database was lost: ${reason.message}`),
    ]);
    await seat
      .close()
      .catch((error: unknown) => logger.warn({ err: error }, 'the engine did not end in order'));
    lastStatus = seat.currentRun()?.status() ?? lastStatus;
    await lost.abandon().catch(() => undefined);
    // Opened on a full disk it would be lost again at once: a person makes room first.
    const waitForRoom = (error: unknown) => {
      if (wasUnderWay && lastStatus) lastStatus = { ...lastStatus, failure: NO_ROOM };
      stayInTrouble(error);
    };
    if (isDiskFull(reason)) return waitForRoom(reason);
    // Opened again it would be a new, empty one.
    if (isGone(reason)) return stayInTrouble(reason);
    let failure: unknown = reason;
    for (const afterMs of REOPEN_AFTER_MS) {
      await clock.waitUntil(clock.now() + afterMs, closing.signal);
      if (closed) return;
      try {
        const pending = await openAll();
        startAfresh(pending, [{ event: 'database', change: 'reopened' }]);
        await goOn();
        return;
      } catch (error) {
        failure = error;
        logger.error({ err: error }, 'the database could not be opened again');
        if (isDiskFull(error)) return waitForRoom(error);
      }
    }
    stayInTrouble(failure);
  }

  /** Behind every reopening: the run that was cut off, if it can be, and what a person should know. */
  const goOn = async () => {
    const resumed = await autoResume.resume();
    const again = 'The database is open again. Nothing acknowledged was lost.';
    const level = resumed.outcome === 'left' ? 'warning' : 'info';
    publish([notice(level, resumed.outcome === 'none' ? again : `${again} ${resumed.message}`)]);
  };

  const current = (): OpenSession => {
    if (open) return open;
    if (state.phase === 'trouble') {
      const { message, hint } = state.trouble;
      throw new IngotError('database_unavailable', message, hint === null ? {} : { hint });
    }
    throw new IngotError('database_unavailable', 'The database is not open.', {
      hint: closed ? 'Ingot is about to end.' : 'It is being opened: try again in a moment.',
    });
  };
  const status = () => open?.seat.currentRun()?.status() ?? lastStatus;

  try {
    startAfresh(await openAll(), []);
  } catch (error) {
    stayInTrouble(error);
  }

  return {
    current,
    status,
    target: () => target,
    isHeld: () => open?.seat.isHeld() ?? false,
    state: () => state,
    async replaceContent(change, work) {
      if (replacing) throw new IngotError('conflict', 'The database is being changed as a whole already.');
      const { database, seat } = current();
      if (seat.isRunUnderWay()) {
        throw new IngotError('conflict', 'A run is under way.', { hint: 'Stop it first, then try again.' });
      }
      replacing = true;
      try {
        await seat.close();
        open = null;
        try {
          const result = await work(database);
          logger.info({ change }, 'the content of the database was replaced');
          lastStatus = null;
          state = { phase: 'open', setback: null };
          return result;
        } finally {
          open = await openOn(database, deps.overdue);
          startAfresh(await countPendingCallbacks(database), [{ event: 'database', change }]);
        }
      } finally {
        replacing = false;
      }
    },
    async holdStill(work) {
      if (replacing) throw new IngotError('conflict', 'The database is being changed as a whole already.');
      const { database, seat } = current();
      replacing = true;
      try {
        return await seat.holdStill(() => work(database));
      } finally {
        replacing = false;
      }
    },
    async openAgain(prepare) {
      if (state.phase !== 'trouble' || closed) {
        throw new IngotError('conflict', 'The database is not waiting to be opened.');
      }
      const before = state;
      state = { phase: 'opening', lost: null };
      const opening = (async () => {
        try {
          if (prepare) target = await prepare(target);
          // Never a new database in the place of one that is gone.
          else if (before.trouble.kind === 'gone') await refuseIfMissing(target);
        } catch (error) {
          state = before;
          throw error;
        }
        try {
          const pending = await openAll();
          startAfresh(pending, [{ event: 'database', change: 'reopened' }]);
        } catch (error) {
          stayInTrouble(error);
        }
      })();
      reopening = opening.catch(() => undefined);
      await opening;
      return state;
    },
    async close() {
      closed = true;
      closing.abort();
      await reopening;
      if (!open) return;
      const { seat, database } = open;
      await seat
        .close()
        .catch((error: unknown) => logger.warn({ err: error }, 'the engine did not end in order'));
      lastStatus = seat.currentRun()?.status() ?? lastStatus;
      open = null;
      await database.close();
    },
  };
}
