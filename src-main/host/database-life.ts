import { type DatabaseState, type OpeningTrouble, readOnlyRefusal } from '../../src-shared/database-state';
import { IngotError, toWireError } from '../../src-shared/errors';
import type { RunStatus } from '../../src-shared/events';
import type { EngineEvent, HostEvent } from '../../src-shared/feed';
import type { RetentionInfo } from '../../src-shared/retention';
import type { Overdue } from '../../src-shared/run-settings';
import { createViews, type Views } from '../accounts/views/create-views';
import { type PendingCallbacks, pendingOf } from '../callbacks/known-run';
import type { Hold } from '../callbacks/scheduler';
import { type Deliveries, type DeliveriesDeps, openDeliveries } from '../deliveries/deliveries';
import type { Logger } from '../observability/logger';
import type { Observer } from '../observability/observer';
import { createEngine } from '../runs/engine';
import type { Engine } from '../runs/interface';
import { lookAtRetention } from '../runs/retention';
import { type DatabaseTarget, type OpenedDatabase, refuseIfMissing } from '../storage/open-database';
import { enterSpace } from '../storage/spaces';
import type { Clock } from '../time/clock';
import {
  type ContentChange,
  describeState,
  type Effect,
  FIRST,
  type LifeEvent,
  notice,
  REOPENED,
  transition,
  troubleOf,
} from './life-states';
import { lookAt, lookOn, type Seen } from './look-on';

/** What belongs to an open database. */
interface Content {
  readonly views: Views;
  /** Null if it is open read-only. */
  readonly engine: Engine | null;
  readonly pending: PendingCallbacks;
  readonly deliveries: Deliveries;
  /** Clients get the new content, then everything its engine has published since. */
  readonly show: (events: readonly HostEvent[]) => void;
}

/** A database from opening to release. */
interface Held {
  readonly database: OpenedDatabase;
  readonly loss: { reason: IngotError | null };
  /** Aborted by the release. */
  readonly released: AbortController;
  /** Null while it has no engine. */
  content: Content | null;
}

/** The database with its engine and views, over its whole life: see the table of `life-states.ts`. */
export interface DatabaseLife {
  /** Call it once. Resolves when the database is open or cannot be opened. Never rejects. */
  start(): Promise<void>;
  /** Resolves once no other program can have the database, with true; with false if the first opening fails before. */
  readonly taken: Promise<boolean>;
  /** For reading. @throws IngotError `database_unavailable` while there is none. */
  current(): { readonly database: OpenedDatabase } & Pick<Content, 'views' | 'pending' | 'deliveries'>;
  /**
   * For runs and callbacks. Ask for it right before each use.
   * @throws IngotError as `current`; `conflict` while a backup is being made, or if the database was opened read-only.
   */
  engine(): Engine;
  /** Those that are open. */
  connections: Engine['connections'];
  /** How long the history is kept, and what was removed. @throws IngotError as `current`. */
  retention(): Promise<RetentionInfo>;
  /** A run's figures in the engine; null: no engine, or see the stored ones. */
  figuresOf: Engine['figuresOf'];
  state(): DatabaseState;
  /** The current run, or the last one stored. */
  status(): RunStatus | null;
  /** Where the database is, or will be. */
  target(): DatabaseTarget;
  /** Whether all callbacks are paused. */
  isHeld(): boolean;
  /** Lasts while the program runs, whatever database is open. */
  pauseCallbacks(): Promise<void>;
  /** Also fires what fell due meanwhile. */
  resumeCallbacks(): Promise<void>;
  /**
   * Lets `work` change all content while no engine uses it. Clients are told `change`.
   * @throws IngotError `conflict` while a run, a connection or another change is active, or if it was opened read-only.
   */
  replaceContent<T>(change: ContentChange, work: (database: OpenedDatabase) => Promise<T>): Promise<T>;
  /**
   * From now on the database is in this space, which is made if it is missing. Clients get its content.
   * @param space null: main.
   * @throws IngotError as `replaceContent` and `enterSpace`: then it is where it was.
   */
  enterSpace(space: string | null): Promise<DatabaseState>;
  /**
   * Lets `work` read everything while nothing changes.
   * @throws IngotError as `replaceContent`.
   */
  holdStill<T>(work: (database: OpenedDatabase) => Promise<T>): Promise<T>;
  /**
   * Opens the database again, after `remedy` has repaired it or named another place; if `remedy` rejects, the trouble stays.
   * @throws IngotError `conflict` if there is no trouble.
   */
  openAgain(remedy?: Remedy): Promise<DatabaseState>;
  /** Waits for current work. Idempotent. */
  close(): Promise<void>;
}

export type Remedy = (target: DatabaseTarget, trouble: OpeningTrouble) => Promise<DatabaseTarget>;

export interface DatabaseLifeDeps {
  readonly target: DatabaseTarget;
  /** As `OpenDatabaseOptions` say of both calls. */
  readonly openDatabase: (
    target: DatabaseTarget,
    onLost: (error: IngotError) => void,
    onTaken: () => void,
  ) => Promise<OpenedDatabase>;
  readonly clock: Clock;
  /** The root logger. */
  readonly logger: Logger;
  readonly observer: Observer;
  /** The engine's events, in order. */
  readonly publish: (events: readonly EngineEvent[]) => void;
  /** For a database opened read-only. */
  readonly setPending: (pending: number) => void;
  /** All content changed: `pending` callbacks are pending in it. */
  readonly startAfresh: (pending: number, events: readonly HostEvent[]) => void;
  /** For callbacks that fell due while the program was not running. */
  readonly overdue: Overdue;
  /** Of targets; default: there is none. */
  readonly secretOf?: DeliveriesDeps['secretOf'];
  /** Resumes a run that the loss of its database interrupted. */
  readonly resumeRun: (runId: string) => Promise<RunStatus>;
}

export function createDatabaseLife(deps: DatabaseLifeDeps): DatabaseLife {
  const { clock, observer, publish } = deps;
  const logger = deps.logger.child({ component: 'host' });
  const hold: Hold = { held: false };
  const closing = new AbortController();
  let { target } = deps;
  let { life } = FIRST;
  let held: Held | null = null;
  let lastStatus: RunStatus | null = null;
  /** Of the open database. */
  let seen: Seen = { status: null, heldBy: null, runs: new Map() };
  /** The current work; never rejects. */
  let task: Promise<unknown> = Promise.resolve();
  let noteTaken: (isOurs: boolean) => void = () => undefined;
  const taken = new Promise<boolean>((resolve) => {
    noteTaken = resolve;
  });

  const underTask = <T>(work: () => Promise<T>): Promise<T> => {
    const done = work();
    task = Promise.allSettled([task, done]);
    return done;
  };

  /** The new state holds at once. Resolves when the effects have ended, but for those of events that they lead to. */
  const send = (event: LifeEvent): Promise<void> => {
    const { life: next, effects } = transition(life, event);
    life = next;
    return effects.length === 0 ? Promise.resolve() : performAll(effects);
  };
  const performAll = (effects: readonly Effect[]): Promise<void> =>
    underTask(async () => {
      for (const effect of effects) {
        const ended = perform(effect);
        if (ended) await ended;
      }
    });

  function perform(effect: Effect): Promise<void> | undefined {
    switch (effect.do) {
      case 'open':
        return open(effect);
      case 'openEngine':
        return settleOpening(() => openContent(deps.overdue));
      case 'show':
        held?.content?.show(effect.change ? [{ event: 'database', change: effect.change }] : []);
        return;
      case 'tell':
        publish(effect.events);
        return;
      case 'release':
        return release();
      case 'giveUp':
        void send({ type: 'openFailed', trouble: effect.trouble });
        return;
      case 'resumeRun':
        return resumeRun(effect.run);
      case 'blameRun':
        if (lastStatus) lastStatus = { ...lastStatus, failure: effect.failure };
        return;
    }
  }

  const describe = (error: unknown) => troubleOf(error, target, clock.now());

  async function open({ afterMs, afterLoss }: Extract<Effect, { do: 'open' }>): Promise<void> {
    if (afterLoss) await clock.waitUntil(clock.now() + afterMs, closing.signal);
    if (closing.signal.aborted) return;
    await settleOpening(async () => {
      await openHeld();
      // What fell due while the database was lost fell due while the program was running.
      await openContent(afterLoss ? 'fire' : deps.overdue);
    });
  }

  async function settleOpening(opening: () => Promise<void>): Promise<void> {
    try {
      await opening();
      // Together with `opened`: a loss in between would be missed.
      const { reason } = holding().loss;
      if (reason) throw reason;
    } catch (error) {
      logger.error({ err: error }, 'the database could not be opened');
      const trouble = describe(held?.loss.reason ?? error);
      await release();
      void send({ type: 'openFailed', trouble });
      return;
    }
    const { findHolder, cameBackEarlier: setback } = holding().database;
    void send({ type: 'opened', readOnly: findHolder !== null, setback });
  }

  async function openHeld(): Promise<void> {
    const loss: Held['loss'] = { reason: null };
    const onLost = (reason: IngotError) => {
      loss.reason = reason;
      // An earlier database no longer matters.
      if (held?.loss === loss) noteLoss(reason);
    };
    const database = await deps.openDatabase(target, onLost, () => noteTaken(true));
    held = { database, loss, released: new AbortController(), content: null };
    const { cameBackEarlier: setback } = database;
    if (setback) logger.warn({ ...setback }, 'the database came back without some of what it acknowledged');
  }

  function noteLoss(reason: IngotError): void {
    logger.error({ err: reason }, 'the database was lost');
    const engine = held?.content?.engine;
    noteStatus(engine);
    void send({ type: 'lost', trouble: describe(reason), run: engine?.isRunUnderWay() ? lastStatus : null });
  }

  /** @throws if the engine cannot be opened. */
  async function openContent(overdue: Overdue): Promise<void> {
    const mine = holding();
    const { database } = mine;
    seen = await lookAt(database, clock.now());
    const last = seen.status;
    let views: Views | null = null;
    let deliveries: Deliveries | null = null;
    let early: EngineEvent[] | null = [];
    const hear = (events: readonly EngineEvent[]) => {
      views?.noteChange();
      deliveries?.hear(events);
      if (early) early = [...early, ...events];
      else publish(events);
    };
    const engineObserver: Observer = {
      ...observer,
      hear(events) {
        observer.hear?.(events);
        hear(events);
      },
    };
    // It fires what is due at once: its events wait until clients know of the new content.
    const engine = database.findHolder
      ? null
      : await createEngine({ database, clock, logger: deps.logger, observer: engineObserver, hold, overdue });
    const pending = engine?.pending ?? pendingOf(() => seen.runs);
    views = createViews({ database, clock, pending });
    deliveries = await openDeliveries({
      database,
      clock,
      logger: deps.logger,
      secretOf: deps.secretOf ?? (async () => null),
      mode: engine ? 'send' : 'read',
      publish: hear,
    }).catch(async (error: unknown) => {
      await engine?.close().catch(() => {});
      throw error;
    });
    const failure = last?.failure ?? (last?.runId === lastStatus?.runId ? lastStatus?.failure : null) ?? null;
    const show = (events: readonly HostEvent[]) => {
      lastStatus = last && { ...last, failure };
      deps.startAfresh(engine?.pendingAtOpen ?? pending.count(), events);
      const said = early ?? [];
      early = null;
      publish(said);
      if (!engine) void lookOnFrom(mine);
    };
    mine.content = { views, engine, pending, deliveries, show };
  }

  function lookOnFrom({ database, content, released }: Held): Promise<void> {
    const onLook = (now: Seen, count: number, isNews: boolean) => {
      seen = now;
      lastStatus = now.status;
      if (!isNews) return;
      content?.views.noteChange();
      deps.setPending(count);
      publish([{ event: 'database', change: 'seen' }]);
    };
    return lookOn(database, { clock, logger, signal: released.signal, onLook });
  }

  function noteStatus(engine: Engine | null | undefined): void {
    lastStatus = engine?.currentRun()?.status() ?? lastStatus;
  }

  async function closeEngine(of: Held): Promise<void> {
    const engine = of.content?.engine;
    const deliveries = of.content?.deliveries;
    of.content = null;
    noteStatus(engine);
    // What the engine fires meanwhile is delivered when the database is opened again.
    await deliveries?.close();
    await engine
      ?.close()
      .catch((error: unknown) => logger.warn({ err: error }, 'the engine did not end in order'));
    noteStatus(engine);
  }

  async function release(): Promise<void> {
    const was = held;
    held = null;
    if (!was) return;
    was.released.abort();
    await closeEngine(was);
    const { database, loss } = was;
    await (loss.reason ? database.abandon() : database.close()).catch((error: unknown) =>
      logger.warn({ err: error }, 'the database did not close in order'),
    );
  }

  async function resumeRun({ runId, source, state }: RunStatus): Promise<void> {
    try {
      const { counts } = await deps.resumeRun(runId);
      if (state === 'paused') await engine().currentRun()?.pause();
      logger.info({ runId, records: counts.records }, 'the run continues after the loss');
      publish([notice('info', `${REOPENED} The run of ${source} continues from record ${counts.records}.`)]);
    } catch (error) {
      logger.warn({ err: error, runId }, 'the run could not be resumed');
      const { message, details } = toWireError(error);
      const why = details.hint === undefined ? message : `${message} ${details.hint}`;
      publish([notice('warning', `${REOPENED} The run of ${source} could not be resumed: ${why}`)]);
    }
  }

  /** Work that the state allows; its end is an event. */
  const underWork = <T>(work: () => Promise<T>): Promise<T> =>
    underTask(async () => {
      const [done] = await Promise.allSettled([work()]);
      const ended = send({ type: done.status === 'fulfilled' ? 'workDone' : 'workFailed' });
      const { state } = life;
      // The caller does not wait until a lost database is open again.
      if (state.phase !== 'opening' || state.why !== 'lost') await ended;
      if (done.status === 'rejected') throw done.reason;
      return done.value;
    });

  /** Throws only on a bug: every state that calls it has one. */
  function holding(): Held {
    if (held) return held;
    throw new IngotError('internal', 'No database is held.');
  }
  function contentNow(): { readonly database: OpenedDatabase } & Content {
    const { database, content } = holding();
    if (content) return { database, ...content };
    throw new IngotError('internal', 'Nothing stands on the database.');
  }
  function engine(): Engine {
    void send({ type: 'write' });
    const { engine: found } = contentNow();
    if (found) return found;
    throw readOnlyRefusal();
  }
  const isBusy = () => held?.content?.engine?.isBusy() ?? false;
  const stateNow = (): DatabaseState => {
    const state = describeState(life.state, seen.heldBy);
    return state.phase === 'open' && target.space != null ? { ...state, space: target.space } : state;
  };

  const api: DatabaseLife = {
    start: () => performAll(FIRST.effects).finally(() => noteTaken(false)),
    taken,
    current() {
      void send({ type: 'read' });
      return contentNow();
    },
    engine,
    connections: () => held?.content?.engine?.connections() ?? [],
    async retention() {
      void send({ type: 'read' });
      const { database, engine: found } = contentNow();
      return found ? found.retention.info() : lookAtRetention(database, clock.now());
    },
    figuresOf: (runId) => held?.content?.engine?.figuresOf(runId) ?? null,
    status: () => held?.content?.engine?.currentRun()?.status() ?? lastStatus,
    target: () => target,
    isHeld: () => hold.held,
    async pauseCallbacks() {
      void send({ type: 'pause' });
      if (hold.held) return;
      hold.held = true;
      publish([notice('info', 'All callbacks are paused: none fires until they are resumed.')]);
      held?.content?.engine?.callbacks.pause();
    },
    async resumeCallbacks() {
      void send({ type: 'pause' });
      if (!hold.held) return;
      hold.held = false;
      publish([notice('info', 'Callbacks are resumed.')]);
      await held?.content?.engine?.callbacks.resume();
    },
    state: stateNow,
    async replaceContent(change, work) {
      void send({ type: 'replace', change, isBusy: isBusy(), isConnected: api.connections().length > 0 });
      return underWork(async () => {
        const mine = holding();
        await closeEngine(mine);
        const done = await work(mine.database);
        logger.info({ change }, 'the content of the database was replaced');
        lastStatus = null;
        return done;
      });
    },
    async enterSpace(space) {
      const from = target.space ?? null;
      if (space !== from) {
        await api.replaceContent('entered', async (database) => {
          await enterSpace(database, space, { from, how: 'make' });
          // A lost database is opened again where it was.
          target = { ...target, space };
        });
      }
      return stateNow();
    },
    async holdStill(work) {
      void send({ type: 'holdStill', isBusy: isBusy() });
      return underWork(async () => {
        const { database, engine: found } = contentNow();
        return found ? found.whileStill(() => work(database)) : work(database);
      });
    },
    async openAgain(remedy) {
      const trouble = life.state.phase === 'trouble' ? life.state.trouble : null;
      void send({ type: 'openAgain' });
      await underWork(async () => {
        if (remedy && trouble) target = await remedy(target, trouble);
        // A missing database must not be replaced by an empty one.
        else if (trouble?.kind === 'gone') await refuseIfMissing(target);
      });
      return stateNow();
    },
    async close() {
      void send({ type: 'close' });
      closing.abort();
      // The end of one piece of work may start another.
      for (let before: unknown; before !== task; ) {
        before = task;
        await task;
      }
    },
  };
  return api;
}
