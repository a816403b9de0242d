import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createViews } from '../src-main/accounts/views/create-views';
import { type Column, TABLE_COLUMNS } from '../src-main/host/export/columns';
import { encodeRows } from '../src-main/host/export/encode-rows';
import { PAGE_ROWS } from '../src-main/host/export/exports';
import { createEngine } from '../src-main/runs/engine';
import { silentLogger } from '../src-main/runs/testing/play-run';
import { type AnyRow, EXPORT_FORMATS, type TableQuery } from '../src-shared/tables';
import { MAX_WINDOW_ROWS, type WindowRequest } from '../src-shared/views';
import { type Bench, rounded, timed } from './lib/bench';
import { clock, openDirectory } from './lib/durable-ingest';
import { fillHistory, tidyUp } from './lib/large-history';

const UPDATES = 1_000_000;
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
    const views = createViews({ database, clock, pending: engine.pending });
    const query = { table: 'updates', direction: 'asc', filter: {} } satisfies TableQuery;
    const figures: Record<string, number> = {};
    for (const format of EXPORT_FORMATS) {
      const path = join(directory, `updates.${format}`);
      const before = process.memoryUsage().rss;
      let peak = before;
      let longestMs = 0;
      const pages = async function* () {
        let asked = performance.now();
        for await (const page of views.walk(query, () => PAGE_ROWS)) {
          longestMs = Math.max(longestMs, performance.now() - asked);
          peak = Math.max(peak, process.memoryUsage().rss);
          yield page;
          asked = performance.now();
        }
      };
      const { ms } = await timed(() =>
        pipeline(
          encodeRows(pages(), TABLE_COLUMNS.updates as readonly Column<AnyRow>[], { format }),
          createWriteStream(path),
        ),
      );
      const { size } = await stat(path);
      const seconds = ms / 1000;
      say(
        `${format.padEnd(8)} ${seconds.toFixed(1).padStart(6)} s  ${rounded(updates / seconds)} rows/s  ${rounded(size / 1e6)} MB  memory +${rounded((peak - before) / 1e6)} MB, ${rounded(peak / 1e6)} MB in all  longest page ${longestMs.toFixed(0)} ms`,
      );
      figures[`${format}Seconds`] = rounded(seconds, 1);
      figures[`${format}PeakMb`] = rounded((peak - before) / 1e6);
      figures[`${format}LongestPageMs`] = rounded(longestMs, 1);
    }
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
      reference: 'windows of 500 rows',
      referenceSeconds: rounded(referenceSeconds, 1),
      ratio: rounded((figures.ndjsonSeconds ?? 0) / referenceSeconds, 3),
    };
  },
};
