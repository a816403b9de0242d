import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createViews, type Views } from '../src-main/accounts/views/create-views';
import type { Database } from '../src-main/database/database';
import { createExports, exportTable } from '../src-main/host/export/exports';
import { createEngine } from '../src-main/runs/engine';
import { silentLogger } from '../src-main/runs/testing/play-run';
import { EXPORT_FORMATS, type TableQuery } from '../src-shared/tables';
import { MAX_WINDOW_ROWS, type WindowRequest } from '../src-shared/views';
import { type Bench, median, quantile, rounded, timed, withProcessorTime } from './lib/bench';
import { clock, openDirectory } from './lib/durable-ingest';
import { fillHistory, tidyUp } from './lib/large-history';

const UPDATES = 1_000_000;
const PROBES = 300;
/** Read for the reference, from the start. */
const WINDOWS = 40;

/** The whole history in each format, and what the page of the window did before: windows of 500 rows. */
export const bench: Bench = {
  title: 'a history of a million rows into a file, in each format',
  async run({ short, directory, say, records }) {
    const updates = short ? 2_000 : (records ?? UPDATES);
    const database = await openDirectory(directory);
    await fillHistory(database, { from: 0, to: updates, updates, accounts: updates / 10 });
    await tidyUp(database);
    const engine = await createEngine({ database, clock, logger: silentLogger, endsWithRun: true });
    let longestMs = 0;
    const watched: Database = {
      ...database,
      async query(statement, values) {
        const { ms, result } = await timed(() => database.query<never>(statement, values));
        longestMs = Math.max(longestMs, ms);
        return result;
      },
    };
    const views = createViews({ database: watched, clock, pending: engine.pending });
    const query = { table: 'updates', direction: 'asc', filter: {} } satisfies TableQuery;
    const figures: Record<string, number> = {};
    for (const format of EXPORT_FORMATS) {
      const path = join(directory, `updates.${format}`);
      const before = process.memoryUsage().rss;
      let peak = before;
      longestMs = 0;
      const onRows = () => {
        peak = Math.max(peak, process.memoryUsage().rss);
      };
      const pieces = exportTable(views, { query, format }, { isBusy: () => false, onRows });
      const { processorMs, result } = await withProcessorTime(() =>
        timed(() => pipeline(pieces, createWriteStream(path))),
      );
      const { size } = await stat(path);
      const seconds = result.ms / 1000;
      say(
        `${format.padEnd(8)} ${seconds.toFixed(1).padStart(6)} s, processor ${rounded(processorMs / 1000, 1)} s  ${rounded(updates / seconds)} rows/s  ${rounded(size / 1e6)} MB  memory +${rounded((peak - before) / 1e6)} MB, ${rounded(peak / 1e6)} MB in all  longest statement ${longestMs.toFixed(0)} ms`,
      );
      figures[`${format}Seconds`] = rounded(seconds, 1);
      figures[`${format}ProcessorSeconds`] = rounded(processorMs / 1000, 1);
      figures[`${format}PeakMb`] = rounded((peak - before) / 1e6);
      figures[`${format}LongestStatementMs`] = rounded(longestMs, 1);
    }
    const delays = await delaysBeside(views, database, directory, short ? 5 : PROBES);
    say(
      `a statement beside an export during a run waits: p50 ${median(delays).toFixed(1)}, p99 ${quantile(delays, 0.99).toFixed(1)} ms`,
    );
    let from: WindowRequest['from'] = { edge: 'start' };
    let read = 0;
    const windows = await timed(async () => {
      for (let turn = 0; turn < WINDOWS; turn += 1) {
        const { rows } = await views.history({ ...query, window: { from, limit: MAX_WINDOW_ROWS } });
        const last = rows.at(-1);
        read += rows.length;
        if (!last) break;
        from = { after: last.cursor };
      }
    });
    await engine.close();
    await database.close();
    const referenceSeconds = (windows.ms / 1000 / read) * updates;
    return {
      updates,
      ...figures,
      besideP50Ms: rounded(median(delays), 1),
      besideP99Ms: rounded(quantile(delays, 0.99), 1),
      reference: 'windows of 500 rows',
      referenceSeconds: rounded(referenceSeconds, 1),
      ratio: rounded((figures.ndjsonSeconds ?? 0) / referenceSeconds, 3),
    };
  },
};

/** How long the shortest statement takes beside an export that gives way to a run. */
async function delaysBeside(
  views: Views,
  database: Database,
  directory: string,
  probes: number,
): Promise<readonly number[]> {
  const exports = createExports({
    sql: () => Promise.reject(new Error('no result of SQL is exported')),
    views: () => views,
    isBusy: () => true,
    choosePath: async (name) => join(directory, `beside-${name}`),
    clock,
    logger: silentLogger,
  });
  const query = { table: 'updates', direction: 'asc', filter: {} } satisfies TableQuery;
  await exports.start({ query, format: 'ndjson' });
  const delays: number[] = [];
  while (delays.length < probes) {
    await clock.waitUntil(clock.now() + 5);
    delays.push(
      (await timed(() => database.query({ name: 'probe', deadline: 'read', text: 'SELECT 1' }))).ms,
    );
  }
  await exports.close();
  return delays;
}
