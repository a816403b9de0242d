import { join } from 'node:path';
import { createViews, type Views } from '../src-main/accounts/views/create-views';
import { openSource } from '../src-main/ingestion/open-source';
import type { RecordSource } from '../src-main/ingestion/record';
import { createEngine } from '../src-main/runs/engine';
import type { Engine, Run } from '../src-main/runs/interface';
import { LARGEST_BATCH_RECORDS } from '../src-main/runs/read-ahead';
import { silentLogger } from '../src-main/runs/testing/play-run';
import { runSettingsSchema } from '../src-shared/run-settings';
import type { RowWindow, WindowRequest } from '../src-shared/views';
import { type Bench, median, rounded, timed } from './lib/bench';
import { clock, openDirectory } from './lib/durable-ingest';
import { generatedFile } from './lib/generated-file';
import { fillHistory, tidyUp } from './lib/large-history';
import { drawPlot } from './lib/plot';

/** The largest history; a power of ten from the smallest shows whether anything grows with it. */
const LARGEST = 1_000_000;
const SMALLEST = 10_000;
/** Records ingested and measured at each mark. */
const STRETCH = 20_000;
/** Of ingested updates; filled ones have their own, and so few need no indexes. */
const ACCOUNTS = 10_000;
const FILLED_ACCOUNTS = 5_000;
const TIMES = 7;
/** Between two powers of ten. */
const STEPS = [1, 3];

interface Pages {
  readonly what: string;
  readonly page: (views: Views, window: WindowRequest) => Promise<RowWindow<object>>;
}
const PAGES: readonly Pages[] = [
  {
    what: 'history',
    page: (views, window) => views.history({ window, direction: 'desc', filter: {} }),
  },
  {
    what: 'accounts by tokens',
    page: (views, window) =>
      views.accounts({ window, sort: { by: 'tokens', direction: 'desc' }, filter: {} }),
  },
  {
    what: 'cancelled callbacks',
    page: (views, window) => views.callbacks({ window, state: 'cancelled' }),
  },
];
const PLACES: readonly WindowRequest['from'][] = [{ edge: 'start' }, { near: 0.51 }, { edge: 'end' }];

interface Mark {
  /** In the history when the pages were requested. */
  readonly rows: number;
  /** Records a second, over the stretch. */
  readonly rate: number;
  /** Milliseconds for the slowest place of each kind of page, by name. */
  readonly pages: Readonly<Record<string, number>>;
}

interface Sizes {
  readonly marks: readonly number[];
  readonly stretch: number;
  readonly accounts: number;
  readonly filledAccounts: number;
}

/**
 * One unpaced run into one data directory, paused at each mark to request pages. Rows between the marks are inserted by
 * statements: ingesting ten million takes hours.
 */
export const bench: Bench = {
  title: 'rate of ingest and times of pages while the history grows, against those of its beginning',
  async run({ short, directory, say, plots, records: asked }) {
    const sizes = short
      ? { marks: [1_000, 3_000], stretch: 500, accounts: 100, filledAccounts: 50 }
      : {
          marks: marksUpTo(asked ?? LARGEST),
          stretch: STRETCH,
          accounts: ACCOUNTS,
          filledAccounts: FILLED_ACCOUNTS,
        };
    const seen = await grow(directory, sizes, say);
    const [first] = seen;
    const last = seen.at(-1);
    if (!first || !last) throw new Error('the run reached no mark');
    if (plots !== undefined) {
      await drawPlot(join(plots, 'bench-growth-rate.svg'), {
        title: 'Records a second, by records in the history',
        points: seen.map(({ rows, rate }) => ({ x: rows, y: rate, line: 'ingest' })),
        logarithmicX: true,
        labelX: 'records in the history',
        labelY: 'records a second',
      });
      await drawPlot(join(plots, 'bench-growth-pages.svg'), {
        title: 'Milliseconds for a page of 100 rows at its slowest place, by records in the history',
        points: seen.flatMap(({ rows, pages }) =>
          Object.entries(pages).map(([line, ms]) => ({ x: rows, y: ms, line })),
        ),
        logarithmicX: true,
        labelX: 'records in the history',
        labelY: 'milliseconds',
      });
    }
    const slowest = ({ pages }: Mark) => Math.max(...Object.values(pages));
    say(
      `from ${first.rows} to ${last.rows} records: rate × ${(last.rate / first.rate).toFixed(2)}, ` +
        `slowest page × ${(slowest(last) / slowest(first)).toFixed(2)}`,
    );
    return {
      records: last.rows,
      rate: rounded(last.rate),
      reference: `the first ${first.rows} records`,
      referenceRate: rounded(first.rate),
      ratio: rounded(last.rate / first.rate, 3),
      slowestPageMs: rounded(slowest(last), 1),
      referenceSlowestPageMs: rounded(slowest(first), 1),
    };
  },
};

const OUTCOMES: readonly string[] = ['indexed', 'stale', 'duplicate', 'conflict', 'rejected'];

function marksUpTo(largest: number): readonly number[] {
  const marks = new Set([SMALLEST, largest]);
  for (let power = SMALLEST; power <= largest; power *= 10) {
    for (const step of STEPS) if (step * power <= largest) marks.add(step * power);
  }
  return [...marks].sort((one, other) => one - other);
}

async function grow(
  directory: string,
  { marks, stretch, accounts, filledAccounts }: Sizes,
  say: (line: string) => void,
): Promise<readonly Mark[]> {
  const largest = marks.at(-1) ?? 0;
  const [smallest = 0] = marks;
  const path = await generatedFile(
    directory,
    smallest + marks.length * (stretch + LARGEST_BATCH_RECORDS),
    accounts,
  );
  const database = await openDirectory(join(directory, 'data'));
  const engine = await createEngine({ database, clock, logger: silentLogger, endsWithRun: true });
  const views = createViews({ database, clock, pending: engine.pending });
  engine.subscribe(views.noteChange);
  const intake = createIntake(engine, await openSource({ kind: 'file', path }));
  const seen: Mark[] = [];
  // Ingested, not filled: database and engine are warm at the first mark.
  await intake.take(smallest);
  let filled = 0;
  for (const rows of marks) {
    const to = rows - intake.taken();
    const fill = await timed(async () => {
      await fillHistory(database, { from: filled, to, updates: largest, accounts: filledAccounts });
      await tidyUp(database);
    });
    filled = Math.max(filled, to);
    views.noteChange();
    const pages: Record<string, number> = {};
    for (const { what, page } of PAGES) {
      const times: number[] = [];
      for (const from of PLACES) times.push(await timePage(views, page, from));
      pages[what] = Math.max(...times);
    }
    const before = intake.taken();
    const { ms } = await timed(() => intake.take(stretch));
    const mark = { rows, rate: ((intake.taken() - before) * 1000) / ms, pages };
    seen.push(mark);
    say(
      `${String(rows).padStart(9)} records  ${String(Math.round(mark.rate)).padStart(7)} records/s  ` +
        `${Object.entries(pages)
          .map(([what, one]) => `${what} ${one.toFixed(1)} ms`)
          .join('  ')}  (filled in ${rounded(fill.ms / 1000)} s)`,
    );
  }
  await intake.end();
  await engine.close();
  await database.close();
  return seen;
}

/** One run that ingests as many records as requested, and pauses in between. */
function createIntake(engine: Engine, source: RecordSource) {
  let run: Run | undefined;
  let taken = 0;
  let wanted = 0;
  let reached = () => {};
  engine.subscribe((events) => {
    taken += events.filter(({ event }) => OUTCOMES.includes(event)).length;
    if (taken < wanted) return;
    // At the end of the source there may be nothing left to pause.
    if (run?.status().state === 'running') void run.pause();
    reached();
  });
  return {
    taken: () => taken,
    take(records: number): Promise<void> {
      wanted = taken + records;
      return new Promise((resolve, reject) => {
        reached = resolve;
        if (run) return run.resume();
        const settings = runSettingsSchema.parse({ arrival: 'none', wait: false });
        engine.startRun(source, settings).then((started) => {
          run = started;
          if (taken >= wanted) void started.pause();
          void started.ended.then(() => reject(new Error('the source came to its end before the last mark')));
        }, reject);
      });
    },
    async end(): Promise<void> {
      run?.stop();
      await run?.ended;
    },
  };
}

async function timePage(views: Views, page: Pages['page'], from: WindowRequest['from']): Promise<number> {
  const times: number[] = [];
  for (let turn = 0; turn < TIMES; turn += 1) {
    times.push((await timed(() => page(views, { from, limit: 100 }))).ms);
  }
  return median(times);
}
