import { IngotError } from '../../src-shared/errors';
import type { RunStatus } from '../../src-shared/events';
import type { HostEvent } from '../../src-shared/feed';
import { createViews, type Views } from '../accounts/views/create-views';
import { countPendingCallbacks } from '../callbacks/sql/count-callbacks';
import type { OpenedDatabase } from '../database/open-database';
import type { Clock } from '../engine/clock';
import type { EngineEvent } from '../engine/interface';
import type { Logger } from '../observability/logger';
import { type EngineSeat, openEngineSeat } from './engine-seat';

/** What stands on one opened database. */
export interface OpenSession {
  readonly database: OpenedDatabase;
  readonly views: Views;
  readonly seat: EngineSeat;
}

/**
 * The database with its engine and views, over its whole life: opened, emptied or restored in place, lost
 * and opened again.
 */
export interface Session {
  /** @throws IngotError `database_unavailable` while there is none. */
  current(): OpenSession;
  /** The run under way, or the last one. */
  status(): RunStatus | null;
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
  close(): Promise<void>;
}

export interface SessionDeps {
  /** `onLost` is called once if the database is lost while it is open. */
  readonly openDatabase: (onLost: (error: IngotError) => void) => Promise<OpenedDatabase>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What the engine says, in order. */
  readonly publish: (events: readonly EngineEvent[]) => void;
  /** The content is another one: `pending` callbacks wait in it. */
  readonly startAfresh: (pending: number, events: readonly HostEvent[]) => void;
}

/** Waits between attempts to open a lost database again. */
const REOPEN_AFTER_MS = [0, 1_000, 5_000, 30_000];

export async function openSession(deps: SessionDeps): Promise<Session> {
  const { clock, logger, publish, startAfresh } = deps;
  let open: OpenSession | null = null;
  let lastStatus: RunStatus | null = null;
  let replacing = false;
  let closed = false;
  const closing = new AbortController();
  let reopening: Promise<void> = Promise.resolve();

  const openOn = async (database: OpenedDatabase): Promise<OpenSession> => {
    const views = createViews({ database, clock });
    const seat = await openEngineSeat({
      database,
      clock,
      logger,
      publish: (events) => {
        views.noteChange();
        publish(events);
      },
    });
    return { database, views, seat };
  };

  const openAll = async (): Promise<OpenSession> => {
    const database = await deps.openDatabase((error) => {
      reopening = reopenAfter(error, database);
    });
    try {
      return await openOn(database);
    } catch (error) {
      await database.close();
      throw error;
    }
  };

  async function reopenAfter(reason: IngotError, lost: OpenedDatabase): Promise<void> {
    if (closed || open?.database !== lost) return;
    const { seat } = open;
    lastStatus = seat.currentRun()?.status() ?? lastStatus;
    open = null;
    logger.error({ err: reason }, 'the database was lost');
    publish([
      { event: 'database', change: 'lost' },
      {
        event: 'notice',
        level: 'error',
        message: `The database was lost: ${reason.message} Opening it again.`,
      },
    ]);
    await seat
      .close()
      .catch((error: unknown) => logger.warn({ err: error }, 'the engine did not end in order'));
    await lost.abandon().catch(() => undefined);
    for (const afterMs of REOPEN_AFTER_MS) {
      await clock.waitUntil(clock.now() + afterMs, closing.signal);
      if (closed) return;
      try {
        open = await openAll();
        startAfresh(await countPendingCallbacks(open.database), [
          { event: 'database', change: 'reopened' },
          {
            event: 'notice',
            level: 'info',
            message: 'The database is open again. Nothing acknowledged was lost.',
          },
        ]);
        return;
      } catch (error) {
        logger.error({ err: error }, 'the database could not be opened again');
      }
    }
    publish([
      {
        event: 'notice',
        level: 'error',
        message: 'The database could not be opened again. Start Ingot anew; the log says why.',
      },
    ]);
  }

  const current = (): OpenSession => {
    if (open) return open;
    throw new IngotError('database_unavailable', 'The database is not open.', {
      hint: closed ? 'Ingot is about to end.' : 'It is being opened again: try again in a moment.',
    });
  };
  const status = () => open?.seat.currentRun()?.status() ?? lastStatus;

  open = await openAll();
  startAfresh(await countPendingCallbacks(open.database), []);

  return {
    current,
    status,
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
          lastStatus = null;
          return result;
        } finally {
          open = await openOn(database);
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
