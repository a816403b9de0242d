import { type Chain, type ChainOptions, openChain } from './chain';
import {
  type CaseContext,
  type CaseResult,
  countEvents,
  drawPlan,
  type FaultKind,
  type Scenario,
} from './scenario';

const KILLS_IN_A_ROW = { short: 1, long: 3 };
/** The first kill of case `n` is at event `n` times this: together the cases go through all events. */
const STRIDE = 7;
/** About the longest statement of this source: a kill falls anywhere inside it. */
const LONGEST_STATEMENT_US = 4_000;

const SOURCE: Omit<ChainOptions, 'begin'> = {
  records: 60,
  accounts: 15,
  callbackTimesMs: [0, 3, 40],
  arrival: ['--arrival', 'sequential', '--delay', '0-3'],
};

interface Point {
  readonly name: string;
  readonly fault: string;
  readonly begin: 'prepared' | 'unmigrated' | 'nothing';
  readonly cases: number;
  /** Also in the short form. */
  readonly short?: true;
  readonly plans: readonly FaultKind[];
}

const CHECKPOINT = 'CHECKPOINT|^close|^sync|^checkpoint';
const POINTS: readonly Point[] = [
  {
    name: 'kill-statement',
    fault: 'SIGKILL before, within and after every Nth statement',
    begin: 'prepared',
    cases: 30,
    plans: [
      { at: 'statement', act: 'kill' },
      { at: 'statement', act: 'kill', spinUs: LONGEST_STATEMENT_US },
      { at: 'reply', act: 'kill' },
    ],
  },
  {
    name: 'kill-commit',
    short: true,
    fault: 'SIGKILL before, within and after every Nth commit',
    begin: 'prepared',
    cases: 25,
    plans: [
      { at: 'statement', match: 'COMMIT', act: 'kill' },
      { at: 'statement', match: 'COMMIT', act: 'kill', spinUs: LONGEST_STATEMENT_US },
      { at: 'reply', match: 'COMMIT', act: 'kill' },
    ],
  },
  {
    name: 'kill-checkpoint',
    fault: 'SIGKILL within every Nth checkpoint, sync and close',
    begin: 'prepared',
    cases: 10,
    plans: [
      { at: 'statement', match: CHECKPOINT, act: 'kill' },
      { at: 'statement', match: CHECKPOINT, act: 'kill', spinUs: 15_000 },
    ],
  },
  {
    name: 'kill-write',
    short: true,
    fault: 'SIGKILL at every Nth change of a file, some writes torn in half',
    begin: 'prepared',
    cases: 25,
    plans: [
      { at: 'file', match: '^(write|truncate|rename|unlink|sync)', act: 'kill' },
      { at: 'file', match: '^write', act: 'tear' },
    ],
  },
  {
    name: 'kill-migration',
    fault: 'SIGKILL before, within and after every Nth step of the migrations',
    begin: 'unmigrated',
    cases: 10,
    plans: [
      { at: 'statement', match: 'schema_migrations', act: 'kill' },
      { at: 'statement', match: 'schema_migrations', act: 'kill', spinUs: 40_000 },
      { at: 'reply', act: 'kill' },
      { at: 'file', match: '^write', act: 'tear' },
    ],
  },
  {
    name: 'kill-first-start',
    short: true,
    fault: 'SIGKILL at every Nth change of a file of the first start',
    begin: 'nothing',
    cases: 15,
    plans: [
      { at: 'file', match: '^(open|write|mkdir|rename|unlink|sync)', act: 'kill' },
      { at: 'file', match: '^write', act: 'tear' },
    ],
  },
];

async function killAt(context: CaseContext, point: Point): Promise<CaseResult> {
  const begin = { prepared: context.prepared, unmigrated: context.unmigrated, nothing: null }[point.begin];
  const chain = await openChain(context, { ...SOURCE, begin });
  const outcomes: string[] = [];
  let tried = 0;
  for (let round = 0; round < KILLS_IN_A_ROW[context.size]; round += 1) {
    const plan = chain.random.pick(point.plans);
    const events = await countEvents(context, point.begin, plan, async (counting, folder) => {
      const undamaged = await openChain({ ...context, folder }, { ...SOURCE, begin });
      await undamaged.start(counting).ended;
    });
    const nth = round === 0 ? 1 + ((context.index * STRIDE) % events) : chain.random.int(1, events);
    const ended = await chain.start(drawPlan(chain.random, plan, nth)).ended;
    if (ended.signal !== 'SIGKILL') {
      await chain.check(ended);
      outcomes.push('ended before the kill');
      break;
    }
    tried += 1;
    const what = await lookAfterKill(chain, ended, point);
    if (chain.breaches.length > 0) break;
    outcomes.push(what);
  }
  if (chain.breaches.length === 0) await chain.finish();
  return { tried, outcomes, breaches: chain.breaches };
}

async function lookAfterKill(
  chain: Chain,
  ended: Parameters<Chain['check']>[0],
  { begin }: Point,
): Promise<string> {
  if (begin === 'nothing' && (await chain.isUnborn())) return 'not begun';
  const stored = await chain.check(ended);
  return stored?.runs.at(-1) ? 'nothing lost' : 'killed before the run began';
}

export const killPoints: readonly Scenario[] = POINTS.map((point) => ({
  name: point.name,
  fault: point.fault,
  cases: { short: point.short ? 1 : 0, long: point.cases },
  kills: true,
  perCase: KILLS_IN_A_ROW.long,
  run: (context) => killAt(context, point),
}));
