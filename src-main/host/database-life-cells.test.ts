import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { IngotError } from '../../src-shared/errors';
import type { EngineEvent } from '../../src-shared/feed';
import { unobserved } from '../observability/observer';
import { type OpenedDatabase, openDatabase } from '../storage/open-database';
import { createSystemClock } from '../time/clock';
import { createDatabaseLife, type DatabaseLife } from './database-life';
import { recordingLogger } from './testing/recording-logger';

/** A promise that the test settles. */
function gate() {
  let open = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}

const FULL_DISK = new IngotError('disk_full', 'No room is left on the disk.');
const ENDED = new IngotError('database_unavailable', 'The database thread ended.');

type StateName = 'opening' | 'open' | 'replacing' | 'still' | 'trouble' | 'closed';
type Answer = 'done' | 'conflict' | 'database_unavailable' | 'disk_full';

/** Every event in each state: the answer to the caller or the current work, and the state once all work has ended. */
const TABLE = {
  opening: {
    lost: 'done → open',
    'lost by a full disk': 'done → trouble',
    'lost for good': 'done → trouble',
    'an earlier database is lost': 'done → open',
    read: 'database_unavailable → open',
    run: 'database_unavailable → open',
    pause: 'done → open',
    'replace content': 'database_unavailable → open',
    'hold still': 'database_unavailable → open',
    'open again': 'conflict → open',
    close: 'done → closed',
  },
  open: {
    lost: 'done → open',
    'lost by a full disk': 'done → trouble',
    'lost for good': 'done → trouble',
    'an earlier database is lost': 'done → open',
    read: 'done → open',
    run: 'done → open',
    pause: 'done → open',
    'replace content': 'done → open',
    'hold still': 'done → open',
    'open again': 'conflict → open',
    close: 'done → closed',
  },
  replacing: {
    lost: 'database_unavailable → open',
    'lost by a full disk': 'disk_full → trouble',
    'lost for good': 'database_unavailable → trouble',
    'an earlier database is lost': 'done → open',
    read: 'database_unavailable → open',
    run: 'conflict → open',
    pause: 'done → open',
    'replace content': 'conflict → open',
    'hold still': 'conflict → open',
    'open again': 'conflict → open',
    'the work fails': 'conflict → open',
    'no engine can be opened': 'done → open',
    close: 'done → closed',
  },
  still: {
    lost: 'database_unavailable → open',
    'lost by a full disk': 'disk_full → trouble',
    'lost for good': 'database_unavailable → trouble',
    'an earlier database is lost': 'done → open',
    read: 'done → open',
    run: 'conflict → open',
    pause: 'done → open',
    'replace content': 'conflict → open',
    'hold still': 'conflict → open',
    'open again': 'conflict → open',
    'the work fails': 'conflict → open',
    close: 'done → closed',
  },
  trouble: {
    'an earlier database is lost': 'done → trouble',
    read: 'database_unavailable → trouble',
    run: 'database_unavailable → trouble',
    pause: 'done → trouble',
    'replace content': 'database_unavailable → trouble',
    'hold still': 'database_unavailable → trouble',
    'open again': 'done → open',
    'open again, mended in vain': 'conflict → trouble',
    'open again, in vain': 'done → trouble',
    close: 'done → closed',
  },
  closed: {
    'an earlier database is lost': 'done → closed',
    read: 'database_unavailable → closed',
    run: 'database_unavailable → closed',
    pause: 'done → closed',
    'replace content': 'database_unavailable → closed',
    'hold still': 'database_unavailable → closed',
    'open again': 'conflict → closed',
    close: 'done → closed',
  },
} as const satisfies Record<StateName, Readonly<Record<string, `${Answer} → ${StateName}`>>>;

type Table = typeof TABLE;
type EventName = { [State in StateName]: keyof Table[State] }[StateName];

const CELLS = Object.entries(TABLE).flatMap(([state, row]) =>
  Object.entries(row).map(([event, outcome]) => [state as StateName, event as EventName, outcome] as const),
);

describe('the life of a database, in every state', () => {
  const system = createSystemClock();
  // This table ignores the waits between attempts to open.
  const clock = { ...system, waitUntil: () => system.breathe() };
  let real: OpenedDatabase;
  let life: DatabaseLife;
  /** Databases that were opened and neither closed nor abandoned. */
  let living: Set<OpenedDatabase>;
  let lose: ((reason: IngotError) => void)[];
  /** How often opening still fails. */
  let refusals: number;
  /** Each attempt to open waits for it. */
  let door: Promise<void>;
  /** The next database is lost as soon as it is opened. */
  let loseNext: IngotError | null;
  /** The error of the current work. */
  let workFault: IngotError | null;
  /** The error of the next engine. */
  let engineFault: IngotError | null;
  let heard: () => void;

  beforeAll(async () => {
    real = await openDatabase({ kind: 'memory' }, { program: 'test', nowMs: system.now() });
  });
  afterAll(() => real.close());

  /** The real database, with a way to lose it as an ending thread does: every call rejects. */
  const openOne = async (onLost: (error: IngotError) => void): Promise<OpenedDatabase> => {
    await door;
    if (refusals > 0) {
      refusals -= 1;
      throw ENDED;
    }
    let lost: IngotError | null = null;
    const alive = () => {
      if (lost) throw lost;
    };
    const end = async () => void living.delete(database);
    const database: OpenedDatabase = {
      ...real,
      async query<Row>(...args: Parameters<OpenedDatabase['query']>) {
        alive();
        if (engineFault && args[0].name === 'mark_runs_interrupted') {
          const fault = engineFault;
          engineFault = null;
          throw fault;
        }
        const result = await real.query<Row>(...args);
        alive();
        return result;
      },
      async transaction(work) {
        alive();
        const result = await real.transaction(work);
        alive();
        return result;
      },
      close: end,
      abandon: end,
    };
    const loseThis = (reason: IngotError) => {
      lost = reason;
      onLost(reason);
    };
    lose.push(loseThis);
    living.add(database);
    if (loseNext) loseThis(loseNext);
    loseNext = null;
    return database;
  };

  const open = async () => {
    life = createDatabaseLife({
      target: { kind: 'memory' },
      openDatabase: (_, onLost) => openOne(onLost),
      clock,
      logger: recordingLogger().logger,
      observer: unobserved,
      publish: (_: readonly EngineEvent[]) => heard(),
      setPending: () => undefined,
      startAfresh: () => heard(),
      overdue: 'fire',
      resumeRun: () => Promise.reject(new Error('no run was under way')),
    });
    await life.start();
  };

  const stateOf = (): StateName => {
    const { phase } = life.state();
    if (phase !== 'open') return phase;
    try {
      life.engine();
      return 'open';
    } catch {
      return 'still';
    }
  };
  const untilState = (wanted: StateName) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (stateOf() === wanted) resolve();
      };
      heard = look;
      look();
    });

  beforeEach(() => {
    living = new Set();
    lose = [];
    refusals = 0;
    loseNext = null;
    workFault = null;
    door = Promise.resolve();
    engineFault = null;
    heard = () => {};
  });
  afterEach(() => life.close());

  /** Brings the life into a state. `finish` lets what is under way go on; `answer` is what it comes to. */
  const enter = async (state: StateName): Promise<{ finish: () => void; answer: Promise<unknown> }> => {
    const work = gate();
    const untilWorking = gate();
    const working = async (database: OpenedDatabase) => {
      untilWorking.open();
      await work.passed;
      if (workFault) throw workFault;
      await database.query({ name: 'after_the_gate', deadline: 'read', text: 'SELECT 1' });
    };
    if (state === 'trouble') {
      // Once open, so that an earlier database is there to be lost.
      await open();
      refusals = 99;
      lose.at(-1)?.(ENDED);
      await untilState('trouble');
      refusals = 0;
      return { finish: () => {}, answer: Promise.resolve() };
    }
    await open();
    if (state === 'opening') {
      door = work.passed;
      lose.at(-1)?.(ENDED);
      return { finish: work.open, answer: Promise.resolve() };
    }
    if (state === 'closed') await life.close();
    if (state === 'open' || state === 'closed') return { finish: () => {}, answer: Promise.resolve() };
    const answer = state === 'still' ? life.holdStill(working) : life.replaceContent('reset', working);
    answer.catch(() => {});
    await untilWorking.passed;
    return { finish: work.open, answer };
  };

  /** Makes it happen. `finish` lets the state's work under way continue; `answer` is its result. */
  type Happening = (now: { state: StateName; answer: Promise<unknown>; finish: () => void }) => unknown;

  const losing =
    (reason: IngotError): Happening =>
    ({ state, answer, finish }) => {
      // While opening: the next database, before its engine exists.
      if (state === 'opening') loseNext = reason;
      else lose.at(-1)?.(reason);
      finish();
      return answer;
    };
  const HAPPENINGS: Readonly<Record<EventName, Happening>> = {
    lost: losing(ENDED),
    'lost by a full disk': losing(FULL_DISK),
    'lost for good': (now) => {
      refusals = 99;
      return losing(ENDED)(now);
    },
    'an earlier database is lost': () => lose[0]?.(ENDED),
    read: () => life.current(),
    run: () => life.engine(),
    pause: () => life.pauseCallbacks(),
    'replace content': () => life.replaceContent('reset', async () => {}),
    'hold still': () => life.holdStill(async () => {}),
    'open again': () => life.openAgain(),
    'open again, mended in vain': () =>
      life.openAgain(async () => {
        throw new IngotError('conflict', 'not mended');
      }),
    'open again, in vain': () => {
      refusals = 1;
      return life.openAgain();
    },
    'the work fails': ({ answer, finish }) => {
      workFault = new IngotError('conflict', 'the work was in vain');
      finish();
      return answer;
    },
    'no engine can be opened': ({ answer, finish }) => {
      engineFault = new IngotError('database_error', 'no such table');
      finish();
      return answer;
    },
    close: ({ finish }) => {
      const closed = life.close();
      finish();
      return closed;
    },
  };

  it.each(CELLS)('%s, %s: %s', async (state, event, outcome) => {
    const { finish, answer } = await enter(state);
    expect(stateOf()).toBe(state);
    const [expected, then] = outcome.split(' → ');
    let answered = 'done';
    try {
      await HAPPENINGS[event]({ state, answer, finish });
    } catch (error) {
      answered = (error as IngotError).code;
    }
    expect(answered).toBe(expected);
    finish();
    await answer.catch(() => {});
    await untilState(then as StateName);
    // Every opened database is closed, and none in use.
    expect(living.size).toBe(then === 'open' ? 1 : 0);
    if (event === 'pause') expect(life.isHeld()).toBe(true);
    if (then === 'open')
      await life.current().database.query({ name: 'alive', deadline: 'read', text: 'SELECT 1' });
  });
});
