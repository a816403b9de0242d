import { join } from 'node:path';
import { planArrivals } from '../../src-main/ingestion/arrival-plan';
import { memorySource, toRecords } from '../../src-main/ingestion/testing/memory-source';
import { createEngine } from '../../src-main/runs/engine';
import { silentLogger } from '../../src-main/runs/testing/play-run';
import { replayModel } from '../../src-main/runs/testing/reference-model';
import { migrate } from '../../src-main/storage/migrate';
import { type OpenedDatabase, openDatabase } from '../../src-main/storage/open-database';
import type { Clock } from '../../src-main/time/clock';
import { createVirtualClock } from '../../src-main/time/testing/virtual-clock';
import { startClock, wallOf } from '../../src-shared/run-clock';
import { type RunSettings, runSettingsSchema } from '../../src-shared/run-settings';
import type { Update } from '../../src-shared/update';
import { copyDirectory } from '../drive/program';
import { createRandom, type Random } from '../drive/random';
import type { CaseContext, CaseResult, Scenario } from './scenario';

const RACES = { short: 2_000, long: 10_000 };
/** Accounts that race in one run, within this window. */
const ACCOUNTS = 1_000;
const WINDOW_MS = 60;
/** How late an alarm may be: the winner must not depend on it. */
const LATEST_ALARM_MS = 3;

/** The same clock, with alarms that are randomly a little late. */
function createLateClock(clock: Clock, random: Random): Clock {
  return { ...clock, setAlarm: (at, wake) => clock.setAlarm(at + random.int(0, LATEST_ALARM_MS), wake) };
}

/** Long after the run whose callbacks race has ended. */
const SECOND_RUN_MS = 100_000;
const SPEEDS = [1, 1, 7, 0.3] as const;
const SETTINGS = { arrival: 'scatter', delay: { fromMs: 0, toMs: WINDOW_MS } } as const;

/** Runs in order, and the expected end of each callback. */
interface Course {
  readonly runs: readonly { readonly updates: readonly Update[]; readonly settings: RunSettings }[];
  readonly expected: ReadonlyMap<string, string>;
}

const versionOf = (version: string, callbackTimeMs: (account: number) => number): readonly Update[] =>
  Array.from({ length: ACCOUNTS }, (_, account) => ({
    id: `account-${account}`,
    accountType: 'mint',
    tokens: '1',
    version,
    data: '{}',
    callbackTimeMs: callbackTimeMs(account),
  }));

/**
 * Two versions of each account in one run: the first one's callback is due just before, at or just after the second one's
 * arrival. The instants follow from the seed, so they are known beforehand.
 */
async function composeOneRun(random: Random, settings: RunSettings): Promise<Course> {
  const drawn = [...versionOf('1', () => 0), ...versionOf('2', () => 0)];
  const arrivesAt = await planInstants(drawn, settings);
  const updates = drawn.map((update, index) => {
    const apart = (arrivesAt[index + ACCOUNTS] ?? 0) - (arrivesAt[index] ?? 0);
    return { ...update, callbackTimeMs: Math.max(0, apart + random.int(-1, 1)) };
  });
  const { callbacks } = replayModel(await plan(updates, settings));
  return {
    runs: [{ updates, settings }],
    expected: new Map([...callbacks].map(([key, { state }]) => [key, state])),
  };
}

/** The same with two runs, each on its own clock: wall time decides. */
async function composeTwoRuns(random: Random, first: RunSettings, second: RunSettings): Promise<Course> {
  const ofFirst = await planInstants(
    versionOf('1', () => 0),
    first,
  );
  const newer = versionOf('2', () => 0);
  const ofSecond = await planInstants(newer, second);
  const clocks = [startClock(0, first.speed), startClock(SECOND_RUN_MS, second.speed)] as const;
  const expected = new Map<string, string>();
  const older = versionOf('1', (account) => {
    const arrivesMs = wallOf(clocks[1], ofSecond[account] ?? 0) ?? 0;
    const due = Math.floor((arrivesMs + random.int(-1, 1)) * first.speed);
    const isDue = (wallOf(clocks[0], due) ?? 0) <= arrivesMs;
    expected.set(`account-${account} 1`, isDue ? 'fired' : 'cancelled');
    expected.set(`account-${account} 2`, 'fired');
    return due - (ofFirst[account] ?? 0);
  });
  return {
    runs: [
      { updates: older, settings: first },
      { updates: newer, settings: second },
    ],
    expected,
  };
}

function compose(random: Random, seed: number): Promise<Course> {
  const settings = (changes: Partial<RunSettings>) =>
    runSettingsSchema.parse({ ...SETTINGS, seed, ...changes });
  switch (random.int(0, 2)) {
    case 0:
      return composeOneRun(random, settings({ simulate: true }));
    case 1:
      return composeOneRun(random, settings({ speed: random.pick(SPEEDS) }));
    default:
      return composeTwoRuns(
        random,
        settings({ speed: random.pick(SPEEDS), wait: false }),
        settings({ speed: random.pick(SPEEDS), seed: seed ^ 1 }),
      );
  }
}

async function planInstants(updates: readonly Update[], settings: RunSettings): Promise<readonly number[]> {
  const arrivesAt: number[] = [];
  for (const { source, at } of await plan(updates, settings)) arrivesAt[source.record] = at;
  return arrivesAt;
}

async function plan(updates: readonly Update[], settings: RunSettings) {
  const chunks = (async function* () {
    yield toRecords(updates);
  })();
  const arrivals: { source: ReturnType<typeof toRecords>[number]; at: number }[] = [];
  for await (const group of planArrivals(chunks, settings)) {
    arrivals.push(...group.map(({ source, at }) => ({ source, at: at ?? 0 })));
  }
  return arrivals;
}

interface Race {
  readonly races: number;
  readonly outcomes: readonly string[];
  readonly breaches: readonly string[];
}

async function race(database: OpenedDatabase, random: Random, seed: number): Promise<Race> {
  await database.executeScript(
    'empty',
    'TRUNCATE runs, accounts, account_updates, settled_callbacks, rejects',
  );
  const { runs, expected } = await compose(random, seed);
  const said = new Map<string, string[]>();
  const clock = createLateClock(createVirtualClock(), random);
  const engine = await createEngine({ database, clock, logger: silentLogger });
  engine.subscribe((events) => {
    for (const event of events) {
      if (event.event !== 'fired' && event.event !== 'cancelled') continue;
      const key = `${event.id} ${event.version}`;
      said.set(key, [...(said.get(key) ?? []), event.event]);
    }
  });
  for (const [index, { updates, settings }] of runs.entries()) {
    await clock.waitUntil(index * SECOND_RUN_MS);
    const chunkSizes = [random.int(1, 40), random.int(100, 900)];
    const run = await engine.startRun(memorySource(updates, { chunkSizes }), settings);
    await run.ended;
  }
  await engine.close();

  const outcomes: string[] = [];
  const breaches: string[] = [];
  for (const [key, state] of expected) {
    const events = said.get(key) ?? [];
    if (events.length !== 1 || events[0] !== state) {
      breaches.push(`seed ${seed}, ${key}: ${events.join(' and ') || 'nothing'} in place of ${state}`);
    }
    if (key.endsWith(' 1')) outcomes.push(state === 'fired' ? 'the callback won' : 'the newer version won');
  }
  return { races: outcomes.length, outcomes, breaches };
}

async function runRaces(context: CaseContext): Promise<CaseResult> {
  const random = createRandom(...context.seedWords);
  const dataDir = join(context.folder, 'data');
  await copyDirectory(context.prepared, dataDir);
  const database = await openDatabase({ kind: 'data-dir', dataDir }, { program: 'torture', nowMs: 0 });
  const outcomes: string[] = [];
  const breaches: string[] = [];
  let races = 0;
  try {
    await migrate(database);
    while (races < RACES[context.size]) {
      const result = await race(database, random, random.int(0, 0x7fff_ffff));
      races += result.races;
      outcomes.push(...result.outcomes);
      breaches.push(...result.breaches);
    }
  } finally {
    await database.close();
  }
  return { tried: races, outcomes, breaches };
}

export const races: readonly Scenario[] = [
  {
    name: 'race',
    fault:
      'a newer version, of the same run or another, against a callback that is due 1 ms before, at, or 1 ms after its arrival',
    cases: { short: 1, long: 10 },
    kills: false,
    perCase: RACES.long,
    run: runRaces,
  },
];
