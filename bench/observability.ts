import { createServer } from 'node:http';
import { join } from 'node:path';
import type { Database } from '../src-main/database/database';
import { observeDatabase } from '../src-main/observability/observe-database';
import { combineObservers, type Observer } from '../src-main/observability/observer';
import { openOperations } from '../src-main/observability/operations';
import { openTracing } from '../src-main/observability/tracing/tracing';
import { silentLogger } from '../src-main/runs/testing/play-run';
import type { EngineEvent } from '../src-shared/feed';
import { foldEvents, NO_TOTALS } from '../src-shared/totals';
import type { EpochMs } from '../src-shared/update';
import { type Bench, median, rounded, withSpread } from './lib/bench';
import { clock, ingestFile, openDirectory } from './lib/durable-ingest';
import { generatedFile } from './lib/generated-file';

/** Like an eager scraper. */
const SCRAPE_EVERY_MS = 1_000;

interface Watching {
  readonly observer: Observer;
  readonly hear: (events: readonly EngineEvent[]) => void;
  close(): Promise<void>;
}

/** Everything on (a scrape a second, a sample a second, traces to a collector) against everything off, in turns on new databases. */
export const bench: Bench = {
  title: 'updates a second with all observability on, against off',
  async run({ short, repeat, directory, say }) {
    const records = short ? 2_000 : 100_000;
    const path = await generatedFile(directory, records, records / 10);
    const rates: Record<'on' | 'off', number[]> = { on: [], off: [] };
    for (let round = 0; round < repeat; round += 1) {
      // The second side finds a warmer machine, so each goes first in turn.
      const sides = round % 2 === 0 ? (['off', 'on'] as const) : (['on', 'off'] as const);
      for (const side of sides) {
        const ms = await ingest(join(directory, `${side}-${round}`), path, side === 'on');
        rates[side].push((records * 1000) / ms);
        say(`round ${round + 1}, ${side}: ${Math.round(ms)} ms for ${records} records`);
      }
    }
    const ratio = median(rates.on.map((rate, round) => rate / (rates.off[round] ?? Number.NaN)));
    say(`on     ${withSpread(rates.on, 'records/s')}`);
    say(`off    ${withSpread(rates.off, 'records/s')}`);
    say(`ratio  ${ratio.toFixed(3)}`);
    return {
      rate: rounded(median(rates.on)),
      reference: 'off',
      referenceRate: rounded(median(rates.off)),
      ratio: rounded(ratio, 3),
    };
  },
};

async function ingest(dataDir: string, path: string, watched: boolean): Promise<number> {
  const opened = await openDirectory(dataDir);
  let earliestDueMs: () => EpochMs | null = () => null;
  const watching = watched
    ? await watch(
        () => opened,
        () => earliestDueMs(),
        dataDir,
      )
    : null;
  const observer = watching?.observer;
  const database = observer ? observeDatabase(opened, observer) : opened;
  const ms = await ingestFile(database, path, {
    ...(observer && { observer }),
    onEngine(engine) {
      earliestDueMs = engine.pending.earliestMs;
      if (watching) engine.subscribe(watching.hear);
    },
  });
  await watching?.close();
  await opened.close();
  return ms;
}

async function watch(
  database: () => Database,
  earliestDueMs: () => EpochMs | null,
  dataDir: string,
): Promise<Watching> {
  let totals = NO_TOTALS;
  const operations = openOperations({
    clock,
    build: { version: 'bench', shell: 'cli' },
    database,
    earliestDueMs,
    totals: () => totals,
    isHeld: () => false,
    connections: () => [],
    directory: () => dataDir,
  });
  const collector = await openCollector();
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = collector.address;
  const tracing = await openTracing({
    clock,
    logger: silentLogger,
    shell: 'cli',
    version: 'bench',
    server: null,
    callbacks: 20,
  });
  delete process.env.OTEL_EXPORTER_OTLP_ENDPOINT;
  let scraping = true;
  let scrapes = 0;
  const scrape = async () => {
    while (scraping) {
      await operations.metrics.expose();
      scrapes += 1;
      await clock.waitUntil(clock.now() + SCRAPE_EVERY_MS);
    }
  };
  const scraped = scrape();
  return {
    observer: combineObservers([tracing.observer, operations.metrics.observer]),
    hear(events) {
      totals = foldEvents(totals, events);
      operations.metrics.hear(events);
    },
    async close() {
      scraping = false;
      await scraped;
      await tracing.close();
      operations.close();
      await collector.close();
      if (scrapes === 0 || collector.received() === 0) throw new Error('nobody looked on');
    },
  };
}

/** Accepts everything, like a collector. */
async function openCollector() {
  let bytes = 0;
  const server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    request.on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    address: `http://127.0.0.1:${port}`,
    received: () => bytes,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
