import { waitMs } from '../drive/program';
import { type ChainOptions, openChain } from './chain';
import type { CaseContext, CaseResult, Scenario } from './scenario';

/** Kills in a row on one directory, before it may complete. */
const KILLS_IN_A_ROW = { short: 1, long: 6 };
const SHORT_RECORDS = 4_000;
const LONGEST_START_MS = 1_500;

type Arrival = Omit<ChainOptions, 'begin'>;

/** At least how many lines the source makes, so that a kill can be aimed at any of them. */
const KINDS: Readonly<Record<string, Arrival>> = {
  // Batches of up to a thousand records.
  large: {
    records: 12_000,
    accounts: 900,
    callbackTimesMs: [0, 30, 400],
    arrival: ['--arrival', 'none'],
  },
  // Each record a transaction, with callbacks in between.
  paced: {
    records: 250,
    accounts: 40,
    callbackTimesMs: [0, 5, 120],
    arrival: ['--arrival', 'sequential', '--delay', '0-4'],
  },
  scattered: {
    records: 3_000,
    accounts: 300,
    callbackTimesMs: [0, 100, 500],
    arrival: ['--arrival', 'scatter', '--delay', '0-700'],
    gzip: true,
  },
  // All is read at once; then only callbacks fire.
  firing: {
    records: 1_500,
    accounts: 700,
    callbackTimesMs: [100, 400, 900, 1_300],
    arrival: ['--arrival', 'none'],
  },
};

/** The fastest and the most telling. */
const IN_SHORT = new Set(['large', 'firing']);

async function killAtRandom(context: CaseContext, kind: Arrival): Promise<CaseResult> {
  const records = context.size === 'short' ? Math.min(kind.records, SHORT_RECORDS) : kind.records;
  const chain = await openChain(context, { ...kind, records, begin: context.prepared });
  const outcomes: string[] = [];
  let tried = 0;
  for (let round = 0; round < KILLS_IN_A_ROW[context.size]; round += 1) {
    const life = chain.start();
    if (chain.random.int(0, 9) < 8) {
      await Promise.race([
        life.untilLines(chain.random.int(1, Math.ceil((records * 1.2) / (round + 1)))),
        life.ended,
      ]);
      await waitMs(chain.random.int(0, 12));
    } else {
      await waitMs(chain.random.int(1, LONGEST_START_MS));
    }
    life.child.kill('SIGKILL');
    const ended = await life.ended;
    if (ended.signal === 'SIGKILL') tried += 1;
    const stored = await chain.check(ended);
    if (chain.breaches.length > 0) break;
    if (ended.signal !== 'SIGKILL') {
      outcomes.push('ended before the kill');
      break;
    }
    outcomes.push(stored?.runs.at(-1) ? 'nothing lost' : 'killed before the run began');
  }
  if (chain.breaches.length === 0) await chain.finish();
  return { tried, outcomes, breaches: chain.breaches };
}

export const kills: readonly Scenario[] = Object.entries(KINDS).map(([kind, options]) => ({
  name: `kill-${kind}`,
  fault: `SIGKILL at random instants, ${options.arrival.slice(1).join(' ')}, ${options.records} records`,
  cases: { short: IN_SHORT.has(kind) ? 1 : 0, long: 15 },
  kills: true,
  perCase: KILLS_IN_A_ROW.long,
  run: (context) => killAtRandom(context, options),
}));
