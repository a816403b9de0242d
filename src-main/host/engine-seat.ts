import { IngotError } from '../../src-shared/errors';
import type { Overdue, RunSettings } from '../../src-shared/run-settings';
import type { EpochMs } from '../../src-shared/update';
import type { Hold } from '../callbacks/scheduler';
import type { Database } from '../database/database';
import type { Clock } from '../engine/clock';
import { createEngine } from '../engine/engine';
import type { CallbackControl, Engine, EngineListener, Run } from '../engine/interface';
import { findResumableRun } from '../engine/sitting';
import { createVirtualClock } from '../engine/virtual-clock';
import type { RecordSource } from '../ingestion/record';
import type { Logger } from '../observability/logger';
import type { Observer } from '../observability/observer';

/**
 * The one engine over the database: in real time, but for as long as a simulated run lasts. Then the real
 * one rests, so that two never claim callbacks at once, and one in virtual time takes its place.
 */
export interface EngineSeat {
  /** @throws IngotError `conflict` while another run is under way. */
  startRun(source: RecordSource, settings: RunSettings, origin?: string | null): Promise<Run>;
  /**
   * Takes a run up that was cut off, stopped or failed; a simulated one in virtual time, from where it stood.
   * @throws IngotError as `Engine.resumeRun`.
   */
  resumeRun(source: RecordSource, runId: string): Promise<Run>;
  /** The run under way, or the last one. */
  currentRun(): Run | null;
  /** Until the end of the run is on record: `endedAtMs` is set a moment earlier. */
  isRunUnderWay(): boolean;
  /** Whether a run is under way or about to begin. */
  isBusy(): boolean;
  /** @throws IngotError `database_unavailable` if no engine could be opened. */
  callbacks(): Promise<CallbackControl>;
  /**
   * As `Engine.whileStill`.
   * @throws IngotError `database_unavailable` if no engine could be opened.
   */
  whileStill<T>(work: () => Promise<T>): Promise<T>;
  /** `hold` was set or cleared: the engine acts on it. */
  holdChanged(): Promise<void>;
  close(): Promise<void>;
}

/** Of a database that was opened read-only: no engine runs on it. */
export function createVacantSeat(): EngineSeat {
  const refuse = async () => {
    throw readOnlyRefusal();
  };
  return {
    startRun: refuse,
    resumeRun: refuse,
    callbacks: refuse,
    currentRun: () => null,
    isRunUnderWay: () => false,
    isBusy: () => false,
    whileStill: (work) => work(),
    holdChanged: async () => {},
    close: async () => {},
  };
}

export const readOnlyRefusal = () =>
  new IngotError('conflict', 'This window only looks on: the database was opened read-only.', {
    hint: 'Close the Ingot that holds the database, then start this one without --read-only.',
  });

export interface EngineSeatDeps {
  readonly database: Database;
  readonly clock: Clock;
  /** The root logger. */
  readonly logger: Logger;
  readonly observer: Observer;
  readonly publish: EngineListener;
  /** Given to each engine. */
  readonly hold: Hold;
  /** What becomes of callbacks that fell due before the seat was opened. */
  readonly overdue?: Overdue;
}

interface SittingToBegin {
  readonly simulate: boolean;
  /** Where a virtual clock begins. */
  readonly fromMs: EpochMs;
  readonly begin: (engine: Engine) => Promise<Run>;
}

export async function openEngineSeat(deps: EngineSeatDeps): Promise<EngineSeat> {
  const { database, clock, logger, observer, publish, hold, overdue: overdueAtFirst = 'fire' } = deps;
  const ownLogger = logger.child({ component: 'host' });

  const openReal = async (overdue: Overdue): Promise<Engine> => {
    const opened = await createEngine({ database, clock, logger, observer, overdue, hold });
    opened.subscribe(publish);
    return opened;
  };

  let engine: Engine | null = await openReal(overdueAtFirst);
  let run: Run | null = null;
  let underWay: Run | null = null;
  let changing: Promise<unknown> | null = null;
  let beginning = false;
  let closed = false;

  const busy = () =>
    new IngotError('conflict', 'A run is under way.', { hint: 'Stop it, or wait for its end.' });
  /** The engine, once whatever change is under way has come to its end. */
  const settledEngine = async (): Promise<Engine> => {
    while (changing) await changing.catch(() => undefined);
    if (engine && !closed) return engine;
    throw new IngotError('database_unavailable', 'The engine is not running. Start Ingot again.');
  };
  const isUnderWay = () => underWay !== null;
  const isBusy = () => beginning || isUnderWay();
  const begin = async (on: Engine, sitting: SittingToBegin): Promise<Run> => {
    const started = await sitting.begin(on);
    const begun = sitting.simulate ? { ...started, pause: refusePause } : started;
    run = begun;
    underWay = begun;
    void begun.ended.then(() => {
      if (underWay === begun) underWay = null;
    });
    return begun;
  };

  /** Keeps everyone else off while the seat changes hands. */
  const change = <T>(work: () => Promise<T>): Promise<T> => {
    const changed = work().finally(() => {
      if (changing === changed) changing = null;
    });
    changing = changed;
    return changed;
  };

  const beginSimulated = async (real: Engine, sitting: SittingToBegin) => {
    await real.close();
    engine = null;
    const virtual = await createEngine({
      database,
      clock: createVirtualClock(sitting.fromMs),
      logger,
      observer,
      sweepEveryMs: null,
      hold,
    });
    virtual.subscribe(publish);
    const takeBack = async () => {
      await virtual.close();
      engine = null;
      // What fell due meanwhile fell due while we were there.
      if (!closed) engine = await openReal('fire');
    };
    try {
      engine = virtual;
      const begun = await begin(virtual, sitting);
      void begun.ended.then(() =>
        change(takeBack).catch((error: unknown) => {
          ownLogger.error({ err: error }, 'the engine could not be opened again after a simulated run');
        }),
      );
      return begun;
    } catch (error) {
      await takeBack();
      throw error;
    }
  };

  const sitDown = async (prepare: () => Promise<SittingToBegin>): Promise<Run> => {
    if (isBusy()) throw busy();
    beginning = true;
    try {
      const real = await settledEngine();
      return await change(async () => {
        const sitting = await prepare();
        if (sitting.simulate && hold.held) {
          throw new IngotError('conflict', 'All callbacks are paused, and a simulated run waits for them.', {
            hint: 'Resume callbacks first.',
          });
        }
        return sitting.simulate ? beginSimulated(real, sitting) : begin(real, sitting);
      });
    } finally {
      beginning = false;
    }
  };

  return {
    startRun: (source, settings, origin = null) =>
      sitDown(async () => ({
        simulate: settings.simulate,
        fromMs: clock.now(),
        begin: (on) => on.startRun(source, settings, origin),
      })),
    resumeRun: (source, runId) =>
      sitDown(async () => {
        const { settings, checkpoint } = await findResumableRun(database, runId);
        return {
          simulate: settings.simulate,
          fromMs: checkpoint.savedAtMs,
          begin: (on) => on.resumeRun(source, runId),
        };
      }),
    currentRun: () => run,
    isRunUnderWay: isUnderWay,
    isBusy,
    async callbacks() {
      return (await settledEngine()).callbacks;
    },
    async holdChanged() {
      if (hold.held) engine?.callbacks.pause();
      else await engine?.callbacks.resume();
    },
    whileStill: async (work) => (await settledEngine()).whileStill(work),
    async close() {
      closed = true;
      await changing?.catch(() => undefined);
      await engine?.close();
      await changing?.catch(() => undefined);
    },
  };
}

/** Virtual time jumps to whatever comes next: while arrivals are held back it would run through all callbacks. */
function refusePause(): never {
  throw new IngotError('conflict', 'A simulated run cannot be paused: it takes no time.', {
    hint: 'Stop it, or run without simulation.',
  });
}
