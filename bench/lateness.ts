import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createLatencies, type Percentiles } from '../ops/drive/figures';
import type { Database, Statement } from '../src-main/database/database';
import { openSource } from '../src-main/ingestion/open-source';
import type { Observer } from '../src-main/observability/observer';
import { createEngine } from '../src-main/runs/engine';
import type { EngineListener } from '../src-main/runs/interface';
import { heldBytes } from '../src-main/runs/testing/collect-garbage';
import { silentLogger } from '../src-main/runs/testing/play-run';
import { runSettingsSchema } from '../src-shared/run-settings';
import { type Bench, median, rounded, timed } from './lib/bench';
import { clock, openDirectory } from './lib/durable-ingest';
import { tidyUp } from './lib/large-history';
import { dueMsOf, fillWaiting, streamUpdates } from './lib/waiting-callbacks';

const WAITING = 1_000_000;
const RATE = 10_000;
const SLOW_RATE = 1_000;
const DUE_PER_SECOND = 1_000;
const SECONDS = 15;
/** Warm-up: the embedded database compiles itself meanwhile. */
const WARM_UP_SECONDS = 3;
/** Arriving updates are spread over this many accounts, as in `ingest`. */
const STREAMED_ACCOUNTS = 10_000;
/** Callbacks claimed at once at the end. */
const PILE = 20_000;
const HOUR_MS = 3_600_000;
/** Number of one-row transactions: a callback cannot be published sooner than the database commits one row. */
const BARE_TRANSACTIONS = 1_000;

interface Sizes {
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly accounts: number;
  /** Versions of a stretch start above those of the previous one. */
  readonly firstVersion: number;
  /** Updates a second. */
  readonly rate: number;
}

interface Stretch {
  /** From due to published, after the commit, in milliseconds. */
  readonly lateness: Percentiles;
  readonly early: number;
  readonly claimUs: number;
  /** Updates a second that were stored and answered. */
  readonly reached: number;
  readonly loopDelayMaxMs: number;
}

/**
 * A thousand callbacks a second fall due among a million pending ones, while updates arrive at their own rate. Lateness counts to
 * publication, after the commit.
 */
export const bench: Bench = {
  title:
    'lateness of callbacks with a million waiting while updates come in, against the same with none coming in',
  async run({ short, repeat, directory, say, records, rate: asked }) {
    const waiting = short ? 2_000 : (records ?? WAITING);
    const rate = short ? 500 : (asked ?? RATE);
    const sizes = short
      ? { seconds: 0.5, warmUpSeconds: 0.2, accounts: 100 }
      : { seconds: SECONDS, warmUpSeconds: WARM_UP_SECONDS, accounts: STREAMED_ACCOUNTS };
    const database = await openDirectory(directory);
    const none = await openAndMeasure(database);
    const fromMs = clock.now() + 24 * HOUR_MS;
    const filled = await timed(() =>
      fillWaiting(database, { count: waiting, fromMs, everyMs: HOUR_MS / waiting, prefix: 'far' }),
    );
    // With the indexes of this many accounts: otherwise the engine creates them during the first stretch.
    await tidyUp(database);
    const all = await openAndMeasure(database);
    const bytesPerEntry = (all.bytes - none.bytes) / waiting;
    say(
      `${waiting} put in within ${rounded(filled.ms / 1000)} s; the engine took them up in ${rounded(all.openMs)} ms ` +
        `and holds ${(all.bytes / 1e6).toFixed(1)} MB, with none ${(none.bytes / 1e6).toFixed(1)} MB: ` +
        `${bytesPerEntry.toFixed(1)} bytes an entry`,
    );

    const bare = await measureBareTransactions(database, short ? 50 : BARE_TRANSACTIONS);
    say(`a transaction that writes one row takes p50 ${bare.p50}, p99 ${bare.p99} ms`);
    const rates = rate > SLOW_RATE ? [0, SLOW_RATE, rate] : [0, rate];
    const fastest = rates.length - 1;
    const seen = rates.map((): Stretch[] => []);
    for (let round = 0; round < repeat; round += 1) {
      for (const [at, comingIn] of rates.entries()) {
        const firstVersion = (round * rates.length + at) * 1_000_000 + 1;
        const stretch = await watchStretch(database, { ...sizes, rate: comingIn, firstVersion }, all.openMs);
        if (stretch.early > 0) throw new Error(`${stretch.early} callbacks came early`);
        seen[at]?.push(stretch);
        say(`round ${round + 1}: ${describe(comingIn, stretch)}`);
      }
    }
    const pileUs = await claimPile(database, short ? 1_000 : PILE, all.openMs);
    await database.close();

    const middle = (at: number, figure: (stretch: Stretch) => number) => median((seen[at] ?? []).map(figure));
    const p99 = ({ lateness }: Stretch) => lateness.p99 ?? Number.NaN;
    for (const [at, comingIn] of rates.entries()) {
      const p99s = (seen[at] ?? []).map(p99);
      say(
        `${name(comingIn)}  p99 ${median(p99s)} ms (${Math.min(...p99s)} to ${Math.max(...p99s)}), ` +
          `claims ${rounded(middle(at, ({ claimUs }) => claimUs))} us a callback`,
      );
    }
    const reached = middle(fastest, (stretch) => stretch.reached);
    say(
      `of ${rate} updates a second asked for ${rounded(reached)} were reached (${rounded((reached / rate) * 100)} %); ` +
        `${short ? 1_000 : PILE} due at once: ${rounded(pileUs, 1)} us a callback; none early`,
    );
    return {
      waiting,
      p50Ms: middle(fastest, ({ lateness }) => lateness.p50 ?? Number.NaN),
      p99Ms: middle(fastest, p99),
      p999Ms: middle(fastest, ({ lateness }) => lateness.p999 ?? Number.NaN),
      maxMs: Math.max(...(seen[fastest] ?? []).map(({ lateness }) => lateness.max ?? Number.NaN)),
      slowerP99Ms: middle(1, p99),
      askedRate: rate,
      reachedRate: rounded(reached),
      early: 0,
      claimUs: rounded(
        middle(fastest, ({ claimUs }) => claimUs),
        1,
      ),
      claimAtOnceUs: rounded(pileUs, 1),
      bytesPerEntry: rounded(bytesPerEntry, 1),
      reference: 'nothing coming in',
      referenceP99Ms: middle(0, p99),
      bareP99Ms: bare.p99 ?? Number.NaN,
      ratio: rounded(middle(fastest, p99) / middle(0, p99), 2),
    };
  },
};

const name = (rate: number) => (rate === 0 ? 'at rest' : `${rate} updates/s`).padEnd(16);

function describe(rate: number, { lateness, claimUs, reached, loopDelayMaxMs }: Stretch): string {
  const { count, p50, p99, p999, max } = lateness;
  return (
    `${name(rate)}  ${count} fired, late by p50 ${p50}, p99 ${p99}, p99.9 ${p999}, at most ${max} ms; ` +
    `claims ${rounded(claimUs)} us a callback; ${rate === 0 ? '' : `${rounded(reached)} updates/s reached; `}` +
    `loop late by at most ${rounded(loopDelayMaxMs)} ms`
  );
}

/** The engine's memory for pending callbacks, and how long it takes to load them. */
async function openAndMeasure(database: Database): Promise<{ bytes: number; openMs: number }> {
  const { ms, result: engine } = await timed(() => createEngine({ database, clock, logger: silentLogger }));
  const bytes = heldBytes();
  await engine.close();
  return { bytes, openMs: ms };
}

async function measureBareTransactions(database: Database, count: number): Promise<Percentiles> {
  await database.executeScript('make_bare', 'CREATE TABLE public.bare (n int4)');
  const statement: Statement = {
    name: 'bare',
    deadline: 'write',
    text: 'INSERT INTO public.bare VALUES ($1::int4)',
  };
  const latencies = createLatencies();
  for (let n = 0; n < count; n += 1) {
    latencies.record((await timed(() => database.transaction((tx) => tx.query(statement, [n])))).ms);
  }
  return latencies.read();
}

async function watchStretch(database: Database, sizes: Sizes, openMs: number): Promise<Stretch> {
  const { seconds, warmUpSeconds, rate } = sizes;
  const due = Math.round((seconds + warmUpSeconds) * DUE_PER_SECOND);
  const prefix = `near ${sizes.firstVersion}`;
  // By then the engine should have loaded all, whatever else the machine does.
  const beginMs = clock.now() + 1_000 + 2 * openMs + due / 2;
  await fillWaiting(database, { count: due, fromMs: beginMs, everyMs: 1000 / DUE_PER_SECOND, prefix });
  const measuredFromMs = beginMs + warmUpSeconds * 1000;
  const measuredToMs = measuredFromMs + seconds * 1000;

  const claims = watchClaims();
  const engine = await createEngine({ database, clock, logger: silentLogger, observer: claims.observer });
  if (clock.now() > beginMs) throw new Error('the engine was not there when the first callback fell due');
  const latencies = createLatencies();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let early = 0;
  let stored = 0;
  const allFired = countFired(engine.subscribe, due, (id) => {
    const dueMs = dueMsOf(id, prefix);
    if (dueMs === null) return false;
    const nowMs = clock.now();
    if (nowMs < dueMs) early += 1;
    if (dueMs >= measuredFromMs) latencies.record(nowMs - dueMs);
    return true;
  });
  engine.subscribe((events) => {
    const nowMs = clock.now();
    if (nowMs < measuredFromMs || nowMs >= measuredToMs) return;
    stored += events.filter(({ event }) => event === 'indexed').length;
  });

  const streamed = { perSecond: rate, seconds: seconds + warmUpSeconds, beginMs, prefix: 'streamed' };
  const run =
    rate > 0
      ? await engine.startRun(
          await openSource({
            kind: 'stream',
            name: 'stream',
            stream: streamUpdates({ ...sizes, ...streamed }),
          }),
          runSettingsSchema.parse({ arrival: 'none', wait: false }),
        )
      : null;
  await clock.waitUntil(measuredFromMs);
  claims.reset();
  delay.enable();
  await clock.waitUntil(measuredToMs);
  delay.disable();
  const claimUs = claims.usPerCallback();
  run?.stop();
  await run?.ended;
  await allFired;
  await engine.close();
  return {
    lateness: latencies.read(),
    early,
    claimUs,
    reached: stored / seconds,
    loopDelayMaxMs: delay.max / 1e6,
  };
}

/** The cost of a claimed callback where many are due at once, so that every claim is full. */
async function claimPile(database: Database, count: number, openMs: number): Promise<number> {
  const fromMs = clock.now() + 1_000 + 2 * openMs + count / 2;
  await fillWaiting(database, { count, fromMs, everyMs: 0, prefix: 'pile' });
  const claims = watchClaims();
  const engine = await createEngine({ database, clock, logger: silentLogger, observer: claims.observer });
  await countFired(engine.subscribe, count, (id) => id.startsWith('pile-'));
  await engine.close();
  return claims.usPerCallback();
}

/** Resolves when `wanted` callbacks that match `isOne` have fired. */
function countFired(
  subscribe: (listener: EngineListener) => () => void,
  wanted: number,
  isOne: (id: string) => boolean,
): Promise<void> {
  return new Promise((resolve) => {
    let fired = 0;
    subscribe((events) => {
      for (const event of events) if (event.event === 'fired' && isOne(event.id)) fired += 1;
      if (fired === wanted) resolve();
    });
  });
}

/** How long claims take, including waiting and publishing. */
function watchClaims() {
  let ms = 0;
  let fired = 0;
  const observer: Observer = {
    async around(work, _attributes, doIt) {
      if (work !== 'claim') return doIt();
      const claim = await timed(doIt);
      ms += claim.ms;
      return claim.result;
    },
    hear(events) {
      for (const { event } of events) if (event === 'fired') fired += 1;
    },
  };
  return {
    observer,
    reset() {
      ms = 0;
      fired = 0;
    },
    usPerCallback: () => (ms * 1000) / fired,
  };
}
