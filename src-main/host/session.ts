import {
  type DatabaseState,
  type OpeningTrouble,
  readOnlyRefusal,
  type Setback,
} from '../../src-shared/database-state';
import { IngotError, isDiskFull } from '../../src-shared/errors';
import type { RunStatus } from '../../src-shared/events';
import type { EngineEvent, HostEvent } from '../../src-shared/feed';
import type { Overdue } from '../../src-shared/run-settings';
import { createViews, type Views } from '../accounts/views/create-views';
import type { Figures } from '../callbacks/figures';
import { type PendingCallbacks, pendingOf } from '../callbacks/known-run';
import type { Hold } from '../callbacks/scheduler';
import type { Logger } from '../observability/logger';
import type { Observer } from '../observability/observer';
import { createEngine } from '../runs/engine';
import type { Engine } from '../runs/interface';
import { type DatabaseTarget, type OpenedDatabase, refuseIfMissing } from '../storage/open-database';
import type { Clock } from '../time/clock';
import type { AutoResume } from './auto-resume';
import { lookAt, lookOn, type Seen } from './look-on';
import { isGone, isHeld, troubleOf } from './trouble';

/**
 * The database with its engine and views, over its whole life. One state at a time; each row says where what
 * happens leads.
 *
 *             │ lost             │ disk full, gone │ replaceContent, holdStill │ openAgain │ close
 *   ──────────┼──────────────────┼─────────────────┼───────────────────────────┼───────────┼──────────────────────
 *   opening   │ the try fails: opening, tried again │ refused: not open         │ refused   │ closed, after the try
 *             │ a few times, or trouble            │                           │           │
 *   open      │ opening          │ trouble         │ replacing, still          │ refused   │ closed
 *   replacing │ opening *        │ trouble *       │ refused: conflict         │ refused   │ closed, after the work
 *   still     │ opening *        │ trouble *       │ refused: conflict         │ refused   │ closed, after the work
 *   trouble   │ –                │ –               │ refused: with the trouble │ opening   │ closed
 *   closed    │ –                │ –               │ refused: not open         │ refused   │ –
 *
 *   * once its work has ended, which fails. Work that ends or fails by itself leads to open; if no engine can be
 *     opened on what was replaced, the database counts as lost.
 *
 * Opening leads to open, or to trouble, where a person decides. Reads are answered in open and still, runs and
 * callbacks in open only.
 */
type State =
  | { readonly phase: 'opening'; readonly lost: string | null }
  | { readonly phase: 'open'; readonly on: Opened; readonly setback: Setback | null }
  | { readonly phase: 'replacing'; readonly change: ContentChange }
  | { readonly phase: 'still'; readonly on: Opened; readonly setback: Setback | null }
  | { readonly phase: 'trouble'; readonly trouble: OpeningTrouble }
  | { readonly phase: 'closed' };

export type ContentChange = 'reset' | 'restored';

/** A database, and why it was lost if it was. */
interface Life {
  readonly database: OpenedDatabase;
  readonly lost: () => IngotError | null;
}

/** What stands on one opened database. */
interface Opened extends Life {
  readonly views: Views;
  /** Null on a database that was opened read-only. */
  readonly engine: Engine | null;
  /** What waits. */
  readonly pending: PendingCallbacks;
}

export interface Session {
  /** For reading. @throws IngotError `database_unavailable` while there is none. */
  current(): Pick<Opened, 'database' | 'views' | 'pending'>;
  /**
   * For runs and callbacks. Ask for it right before each use.
   * @throws IngotError as `current`; `conflict` while a backup is being made, or if the database was opened read-only.
   */
  engine(): Engine;
  /** What the engine has counted of a run; null: no engine, or it is as on record. */
  figuresOf(runId: string): Figures | null;
  state(): DatabaseState;
  /** The run under way, or the last one on record. */
  status(): RunStatus | null;
  /** Where the database is, or is to be. */
  target(): DatabaseTarget;
  /** Whether all callbacks are paused. */
  isHeld(): boolean;
  /** Holds for as long as the program runs, whatever database is open. */
  pauseCallbacks(): Promise<void>;
  /** Also fires what fell due meanwhile. */
  resumeCallbacks(): Promise<void>;
  /**
   * Lets `work` change the whole content while no engine touches it. `change` is what clients hear.
   * @throws IngotError `conflict` while a run is under way, or another change is, or if it was opened read-only.
   */
  replaceContent<T>(change: ContentChange, work: (database: OpenedDatabase) => Promise<T>): Promise<T>;
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
  /** Lets work under way end first. Idempotent. */
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
  /** The root logger. */
  readonly logger: Logger;
  readonly observer: Observer;
  /** What the engine says, in order. */
  readonly publish: (events: readonly EngineEvent[]) => void;
  /** Of a database that was opened read-only. */
  readonly setPending: (pending: number) => void;
  /** The content is another one: `pending` callbacks wait in it. */
  readonly startAfresh: (pending: number, events: readonly HostEvent[]) => void;
  readonly autoResume: AutoResume;
  /** What becomes of callbacks that fell due while the program was not running. */
  readonly overdue: Overdue;
}

/** Waits between attempts to open a lost database again. */
const REOPEN_AFTER_MS = [0, 1_000, 5_000, 30_000];

const NO_ROOM = 'No room is left on the disk. Free some, then press Resume: nothing acknowledged was lost.';

const REPLACING: Readonly<Record<ContentChange, string>> = { reset: 'reset', restored: 'restored' };

const notice = (level: 'info' | 'warning' | 'error', message: string): HostEvent => ({
  event: 'notice',
  level,
  message,
});

/** Resolves when the database is open or cannot be opened. Never rejects. */
export async function openSession(deps: SessionDeps): Promise<Session> {
  const { clock, observer, publish, startAfresh, autoResume } = deps;
  const logger = deps.logger.child({ component: 'host' });
  const hold: Hold = { held: false };
  const closing = new AbortController();
  let { target } = deps;
  let state: State = { phase: 'opening', lost: null };
  let lastStatus: RunStatus | null = null;
  /** Of the database that is open. */
  let seen: Seen = { status: null, heldBy: null, runs: new Map() };
  /** Whatever is under way; never rejects. */
  let task: Promise<unknown> = Promise.resolve();

  const underTask = <T>(work: () => Promise<T>): Promise<T> => {
    const done = work();
    task = Promise.allSettled([task, done]);
    return done;
  };
  const isClosed = () => state.phase === 'closed';

  const openLife = async (): Promise<Life> => {
    let lost: IngotError | null = null;
    const life: Life = {
      lost: () => lost,
      database: await deps.openDatabase(target, (error) => {
        lost = error;
        // Where there is work on it, the end of that work looks.
        if (state.phase === 'open' && state.on.lost() === error) void recover(error, state.on);
      }),
    };
    return life;
  };

  /**
   * Opens engine and views, and enters `open`. Clients hear `events`.
   * @throws if the database is lost meanwhile, or the engine cannot be opened.
   */
  const enterOpen = async (
    { database, lost }: Life,
    { overdue, setback, events }: { overdue: Overdue; setback: Setback | null; events: readonly HostEvent[] },
  ): Promise<void> => {
    seen = await lookAt(database, clock.now());
    const last = seen.status;
    let views: Views | null = null;
    let early: EngineEvent[] | null = [];
    const hear = (events: readonly EngineEvent[]) => {
      views?.noteChange();
      if (early) early = [...early, ...events];
      else publish(events);
    };
    // It fires what is due at once: what it says until clients know of the new content is published after that.
    const openEngine = () =>
      createEngine({
        database,
        clock,
        logger: deps.logger,
        observer: {
          ...observer,
          hear(events) {
            observer.hear?.(events);
            hear(events);
          },
        },
        hold,
        overdue,
      });
    const engine = database.findHolder ? null : await openEngine();
    const pending = engine?.pending ?? pendingOf(() => seen.runs);
    views = createViews({ database, clock, pending });
    const reason = lost();
    if (reason) {
      await closeEngine(engine);
      throw reason;
    }
    if (isClosed()) {
      await closeEngine(engine);
      return database.close();
    }
    const failure = last?.failure ?? (last?.runId === lastStatus?.runId ? lastStatus?.failure : null) ?? null;
    lastStatus = last && { ...last, failure };
    const opened: Views = views;
    const on: Opened = { database, lost, views, engine, pending };
    state = { phase: 'open', on, setback };
    startAfresh(engine?.pendingAtOpen ?? pending.count(), events);
    const said = early;
    early = null;
    publish(said);
    if (!database.findHolder) return;
    const onLook = (now: Seen, count: number, isNews: boolean) => {
      seen = now;
      lastStatus = now.status;
      if (!isNews) return;
      opened.noteChange();
      deps.setPending(count);
      publish([{ event: 'database', change: 'seen' }]);
    };
    void lookOn(database, { clock, logger, signal: closing.signal, onLook });
  };

  const openAll = async (overdue: Overdue, events: readonly HostEvent[]): Promise<void> => {
    const life = await openLife();
    const { cameBackEarlier: setback } = life.database;
    if (setback) logger.warn({ ...setback }, 'the database came back without some of what it acknowledged');
    try {
      await enterOpen(life, { overdue, setback, events });
    } catch (error) {
      await (life.lost() ? life.database.abandon() : life.database.close()).catch(() => undefined);
      throw error;
    }
  };

  const closeEngine = async (engine: Engine | null): Promise<void> => {
    await engine
      ?.close()
      .catch((error: unknown) => logger.warn({ err: error }, 'the engine did not end in order'));
  };

  const enterTrouble = (error: unknown) => {
    if (isClosed()) return;
    logger.error({ err: error }, 'the database cannot be opened');
    state = { phase: 'trouble', trouble: troubleOf(error, target, clock.now()) };
    publish([{ event: 'database', change: 'trouble' }]);
  };

  /** From a database that was lost, with what still stands on it, back to `open`, or to `trouble`. */
  const recover = (
    reason: IngotError,
    { database, engine = null }: Life & { readonly engine?: Engine | null },
  ) =>
    underTask(async () => {
      lastStatus = engine?.currentRun()?.status() ?? lastStatus;
      const wasUnderWay = engine?.isRunUnderWay() ?? false;
      autoResume.noteLost(wasUnderWay ? lastStatus : null);
      if (!isClosed()) {
        state = { phase: 'opening', lost: reason.message };
        logger.error({ err: reason }, 'the database was lost');
        publish([
          { event: 'database', change: 'lost' },
          notice('error', `The database was lost: ${reason.message}`),
        ]);
      }
      if (engine) {
        await closeEngine(engine);
        lastStatus = engine?.currentRun()?.status() ?? lastStatus;
      }
      await database.abandon().catch(() => undefined);
      // What another process took over is its own now. A lock that was only lost can be had again.
      const failure = needsPerson(reason) || isHeld(reason) ? reason : await tryToReopen(reason);
      if (failure === null || isClosed()) return;
      if (isDiskFull(failure) && wasUnderWay && lastStatus) lastStatus = { ...lastStatus, failure: NO_ROOM };
      enterTrouble(failure);
    });

  /** Gives why it is not open; null if it is, or is no longer to be. */
  const tryToReopen = async (reason: IngotError): Promise<unknown> => {
    let failure: unknown = reason;
    for (const afterMs of REOPEN_AFTER_MS) {
      await clock.waitUntil(clock.now() + afterMs, closing.signal);
      if (isClosed()) return null;
      try {
        // What fell due while the database was lost fell due while the program was running.
        await openAll('fire', [{ event: 'database', change: 'reopened' }]);
      } catch (error) {
        failure = error;
        logger.error({ err: error }, 'the database could not be opened again');
        if (needsPerson(error)) return error;
        continue;
      }
      if (!isClosed()) await goOn();
      return null;
    }
    return failure;
  };

  /** After every reopening: resumes the run that was cut off, if it can be, and tells a person. */
  const goOn = async () => {
    const resumed = await autoResume.resume();
    const again = 'The database is open again. Nothing acknowledged was lost.';
    const level = resumed.outcome === 'left' ? 'warning' : 'info';
    publish([notice(level, resumed.outcome === 'none' ? again : `${again} ${resumed.message}`)]);
  };

  const unavailable = (): IngotError => {
    switch (state.phase) {
      case 'trouble': {
        const { message, hint } = state.trouble;
        return new IngotError('database_unavailable', message, hint === null ? {} : { hint });
      }
      case 'replacing':
        return new IngotError('database_unavailable', `The database is being ${REPLACING[state.change]}.`, {
          hint: 'Try again when that is done.',
        });
      default:
        return new IngotError('database_unavailable', 'The database is not open.', {
          hint: isClosed() ? 'Ingot is about to end.' : 'It is being opened: try again in a moment.',
        });
    }
  };
  const readable = (): Opened => {
    if (state.phase === 'open' || state.phase === 'still') return state.on;
    throw unavailable();
  };
  const writable = () => {
    if (state.phase === 'open') return state;
    if (state.phase === 'still') {
      throw new IngotError('conflict', 'A backup is being made.', { hint: 'Try again when it is done.' });
    }
    if (state.phase === 'replacing') throw new IngotError('conflict', unavailable().message);
    throw unavailable();
  };
  const idle = () => {
    const open = writable();
    if (!open.on.engine?.isBusy()) return open;
    throw new IngotError('conflict', 'A run is under way.', { hint: 'Stop it first, then try again.' });
  };

  const refuseIfReadOnly = () => {
    if ('on' in state && state.on.database.findHolder) throw readOnlyRefusal();
  };

  /** Ends work on a database that no engine has. */
  const endReplacing = async (life: Life, setback: Setback | null, change: ContentChange | 'reopened') => {
    const openEngine = () =>
      enterOpen(life, { overdue: deps.overdue, setback, events: [{ event: 'database', change }] });
    if (isClosed()) return life.database.close();
    const failure =
      life.lost() ??
      (await openEngine().then(
        () => null,
        (error: unknown) => error,
      ));
    if (failure === null) return;
    void recover(life.lost() ?? toLoss(failure), life);
  };

  try {
    await openAll(deps.overdue, []);
  } catch (error) {
    enterTrouble(error);
  }

  return {
    current: readable,
    engine() {
      refuseIfReadOnly();
      const { engine } = writable().on;
      if (!engine) throw readOnlyRefusal();
      return engine;
    },
    figuresOf: (runId) => ('on' in state ? state.on.engine?.figuresOf(runId) : null) ?? null,
    status: () => ('on' in state ? state.on.engine?.currentRun()?.status() : null) ?? lastStatus,
    target: () => target,
    isHeld: () => hold.held,
    async pauseCallbacks() {
      refuseIfReadOnly();
      if (hold.held) return;
      hold.held = true;
      publish([notice('info', 'All callbacks are paused: none fires until they are resumed.')]);
      if ('on' in state) state.on.engine?.callbacks.pause();
    },
    async resumeCallbacks() {
      refuseIfReadOnly();
      if (!hold.held) return;
      hold.held = false;
      publish([notice('info', 'Callbacks are resumed.')]);
      if ('on' in state) await state.on.engine?.callbacks.resume();
    },
    state: stateNow,
    async replaceContent(change, work) {
      refuseIfReadOnly();
      const { on, setback } = idle();
      state = { phase: 'replacing', change };
      publish([{ event: 'database', change: change === 'reset' ? 'resetting' : 'restoring' }]);
      return underTask(async () => {
        await closeEngine(on.engine);
        const [done] = await Promise.allSettled([work(on.database)]);
        if (done.status === 'rejected') {
          await endReplacing(on, setback, 'reopened');
          throw done.reason;
        }
        logger.info({ change }, 'the content of the database was replaced');
        lastStatus = null;
        await endReplacing(on, null, change);
        return done.value;
      });
    },
    async holdStill(work) {
      const { on, setback } = idle();
      state = { phase: 'still', on, setback };
      return underTask(async () => {
        try {
          return await (on.engine ? on.engine.whileStill(() => work(on.database)) : work(on.database));
        } finally {
          const reason = on.lost();
          if (reason) void recover(reason, on);
          else if (isClosed()) await closeAll(on);
          else state = { phase: 'open', on, setback };
        }
      });
    },
    async openAgain(prepare) {
      if (state.phase !== 'trouble') {
        throw new IngotError('conflict', 'The database is not waiting to be opened.');
      }
      const before = state;
      state = { phase: 'opening', lost: null };
      await underTask(async () => {
        try {
          if (prepare) target = await prepare(target);
          // Never a new database in the place of one that is gone.
          else if (before.trouble.kind === 'gone') await refuseIfMissing(target);
        } catch (error) {
          if (!isClosed()) state = before;
          throw error;
        }
        await openAll(deps.overdue, [{ event: 'database', change: 'reopened' }]).catch(enterTrouble);
      });
      return stateNow();
    },
    async close() {
      const before = state;
      state = { phase: 'closed' };
      closing.abort();
      if (before.phase === 'open') void underTask(() => closeAll(before.on));
      // The end of work may begin more.
      for (let seen: unknown; seen !== task; ) {
        seen = task;
        await task;
      }
    },
  };

  function stateNow(): DatabaseState {
    if (state.phase !== 'open' && state.phase !== 'still') return state;
    const { on, setback } = state;
    return { phase: 'open', setback, ...(on.database.findHolder && { readOnly: { heldBy: seen.heldBy } }) };
  }

  async function closeAll({ engine, database }: Opened): Promise<void> {
    await closeEngine(engine);
    lastStatus = engine?.currentRun()?.status() ?? lastStatus;
    await database.close();
  }
}

/** Opened on a full disk it would be lost again at once; opened where it is gone it would be a new, empty one. */
const needsPerson = (reason: unknown) => isDiskFull(reason) || isGone(reason);

const toLoss = (error: unknown): IngotError =>
  error instanceof IngotError
    ? error
    : new IngotError('database_unavailable', 'The engine could not be opened on it.', {}, error);
