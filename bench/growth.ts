import { join } from 'node:path';
import { createViews, type Views } from '../src-main/accounts/views/create-views';
import { createEngine } from '../src-main/engine/engine';
import type { Run } from '../src-main/engine/interface';
import { silentLogger } from '../src-main/engine/testing/play-run';
import { openSource } from '../src-main/ingestion/open-source';
import { runSettingsSchema } from '../src-shared/run-settings';
import type { RowWindow, WindowRequest } from '../src-shared/views';
import { type Bench, median, rounded, timed } from './lib/bench';
import { clock, openDirectory } from './lib/durable-ingest';
import { generatedFile } from './lib/generated-file';
import { drawPlot } from './lib/plot';

const RECORDS = 200_000;
const ACCOUNTS = 10_000;
const TIMES = 7;
/** At so many records the run is held, and the pages are asked for. */
const MARKS = [1, 2, 5].flatMap((step) => [1e4, 1e5, 1e6, 1e7].map((power) => step * power));

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
    page: (views, window) => views.callbacks({ window, state: 'cancelled', idPrefix: undefined }),
  },
];
const PLACES: readonly WindowRequest['from'][] = [{ edge: 'start' }, { near: 0.51 }, { edge: 'end' }];

interface Mark {
  /** Records taken in. */
  readonly rows: number;
  /** Records a second, since the mark before. */
  readonly rate: number;
  /** Milliseconds of the slowest place of each kind of page, by name. */
  readonly pages: Readonly<Record<string, number>>;
}

/** One long run as fast as it goes into one data directory, held at each mark to ask for pages. */
export const bench: Bench = {
  title: 'rate of ingest and times of pages while the history grows, against those of its beginning',
  async run({ short, directory, say, plots, records: asked }) {
    const records = short ? 5_000 : (asked ?? RECORDS);
    const path = await generatedFile(directory, records, Math.min(ACCOUNTS, records / 10));
    const marks = short ? [2_000, 5_000] : [...MARKS.filter((mark) => mark < records), records];
    const seen = await grow(
      directory,
      path,
      marks.sort((a, b) => a - b),
      (mark) =>
        say(
          `${String(mark.rows).padStart(9)} records  ${String(Math.round(mark.rate)).padStart(7)} records/s  ` +
            Object.entries(mark.pages)
              .map(([what, ms]) => `${what} ${ms.toFixed(1)} ms`)
              .join('  '),
        ),
    );
    const [first] = seen;
    const last = seen.at(-1);
    if (!first || !last) throw new Error('the run reached no mark');
    if (plots !== undefined) {
      await drawPlot(join(plots, 'bench-growth-rate.svg'), {
        title: 'Records a second, by records taken in before',
        points: seen.map(({ rows, rate }) => ({ x: rows, y: rate, line: 'ingest' })),
        logarithmicX: true,
        labelX: 'records in the history',
        labelY: 'records a second',
      });
      await drawPlot(join(plots, 'bench-growth-pages.svg'), {
        title: 'Milliseconds for a page of 100 rows at its slowest place, by records taken in before',
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

async function grow(
  directory: string,
  path: string,
  marks: readonly number[],
  tell: (mark: Mark) => void,
): Promise<readonly Mark[]> {
  const database = await openDirectory(join(directory, 'data'));
  const views = createViews({ database, clock });
  const engine = await createEngine({ database, clock, logger: silentLogger, endsWithRun: true });
  const source = await openSource({ kind: 'file', path });
  let run: Run | undefined;
  let taken = 0;
  let wanted = Number.POSITIVE_INFINITY;
  let reached = () => {};
  engine.subscribe((events) => {
    views.noteChange();
    taken += events.filter(({ event }) => OUTCOMES.includes(event)).length;
    if (taken < wanted) return;
    // At the end of the source the run may have nothing left to hold.
    if (run?.status().state === 'running') run.pause();
    reached();
  });
  const seen: Mark[] = [];
  let before = 0;
  for (const mark of marks) {
    const { ms } = await timed(
      () =>
        new Promise<void>((resolve, reject) => {
          reached = resolve;
          wanted = mark;
          if (run) run.resume();
          else {
            const settings = runSettingsSchema.parse({ arrival: 'none', wait: false });
            engine.startRun(source, settings).then((started) => {
              run = started;
            }, reject);
          }
        }),
    );
    wanted = Number.POSITIVE_INFINITY;
    const pages: Record<string, number> = {};
    for (const { what, page } of PAGES) {
      const times: number[] = [];
      for (const from of PLACES) times.push(await timePage(views, page, from));
      pages[what] = Math.max(...times);
    }
    const said = { rows: taken, rate: ((taken - before) * 1000) / ms, pages };
    before = taken;
    seen.push(said);
    tell(said);
  }
  if (run?.status().state === 'paused') run.resume();
  await run?.ended;
  await engine.close();
  await database.close();
  return seen;
}

async function timePage(views: Views, page: Pages['page'], from: WindowRequest['from']): Promise<number> {
  const times: number[] = [];
  for (let turn = 0; turn < TIMES; turn += 1) {
    times.push((await timed(() => page(views, { from, limit: 100 }))).ms);
  }
  return median(times);
}
