import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, ROOT } from '../ops/ensure-built.mjs';
import { openSource } from '../src-main/ingestion/open-source';
import { collectGarbage } from '../src-main/runs/testing/collect-garbage';
import { type Bench, median, rounded } from './lib/bench';
import { ingestByCommand } from './lib/compare-commands';
import { generatedFile } from './lib/generated-file';

interface Seen {
  readonly heapBytes: number;
  readonly residentBytes: number;
  /** The lowest value of each five seconds, in order. */
  readonly floorsBytes: readonly number[];
}

const LONG = 300_000;
const LONG_TO_READ = 3_200_000;
const ACCOUNTS = 10_000;

/** The reader alone, and the built command line, on a file ten times as long. */
export const bench: Bench = {
  title: 'peak memory of an ingest, against that of one a tenth as long; the reader alone over 557 MB',
  async run({ short, directory, say, records: asked }) {
    ensureBuilt(['main']);
    const toRead = short ? 5_000 : (asked ?? LONG_TO_READ);
    const source = await generatedFile(directory, toRead, ACCOUNTS);
    const reading = await measureReading(source);
    say(
      `reading ${toRead} records (${toMegabytes((await stat(source)).size)} MB): held after a collection, from one tenth ` +
        `to the next: ${reading.heldBytes.map((bytes) => (bytes / 1e6).toFixed(1)).join(', ')} MB; ` +
        `heap at most ${toMegabytes(reading.heapBytes)} MB`,
    );
    await rm(source);

    const records = short ? 2_000 : (asked ?? LONG);
    const peaks: Seen[] = [];
    for (const count of [Math.ceil(records / 10), records]) {
      const path = await generatedFile(directory, count, ACCOUNTS);
      const dataDir = join(directory, `data-${count}`);
      const seen = await measureIngest(path, dataDir, directory);
      peaks.push(seen);
      say(
        `ingest of ${count} records (${toMegabytes((await stat(path)).size)} MB): heap of the engine's thread at most ` +
          `${toMegabytes(seen.heapBytes)} MB; held, from one tenth of the time to the next: ` +
          `${tenthsOf(seen.floorsBytes).map(toMegabytes).join(', ')} MB; whole process at most ${toMegabytes(seen.residentBytes)} MB`,
      );
      await rm(path);
      await rm(dataDir, { recursive: true });
    }
    const [small, large] = peaks;
    if (!small || !large) throw new Error('both were measured');
    const held = tenthsOf(large.floorsBytes);
    return {
      records,
      heapMegabytes: toMegabytes(large.heapBytes),
      heldFirstTenthMegabytes: toMegabytes(held[0] ?? Number.NaN),
      heldLastTenthMegabytes: toMegabytes(held.at(-1) ?? Number.NaN),
      residentMegabytes: toMegabytes(large.residentBytes),
      readingHeapMegabytes: toMegabytes(reading.heapBytes),
      reference: 'a tenth as long',
      referenceHeapMegabytes: toMegabytes(small.heapBytes),
      ratio: rounded(large.heapBytes / small.heapBytes, 2),
    };
  },
};

const toMegabytes = (bytes: number) => rounded(bytes / 1e6);

/** The median of each tenth; fewer if there are not enough. */
function tenthsOf(values: readonly number[]): readonly number[] {
  const pieces = Math.min(10, values.length);
  const place = (piece: number) => Math.round((piece * values.length) / pieces);
  return Array.from({ length: pieces }, (_, piece) => median(values.slice(place(piece), place(piece + 1))));
}

/** Reads a file to its end in this process: peak heap, and heap after a collection at each tenth. */
async function measureReading(path: string): Promise<{ heapBytes: number; heldBytes: readonly number[] }> {
  const source = await openSource({ kind: 'file', path });
  const bytesTotal = (await stat(path)).size;
  const heldBytes: number[] = [];
  let heapBytes = 0;
  let chunks = 0;
  for await (const _ of source.chunks()) {
    chunks += 1;
    if (chunks % 4 === 0) heapBytes = Math.max(heapBytes, process.memoryUsage().heapUsed);
    if (source.progress().bytesRead < (bytesTotal * (heldBytes.length + 1)) / 10) continue;
    collectGarbage();
    heldBytes.push(process.memoryUsage().heapUsed);
  }
  return { heapBytes, heldBytes };
}

async function measureIngest(path: string, dataDir: string, directory: string): Promise<Seen> {
  const file = join(directory, 'memory.json');
  const preload = pathToFileURL(join(ROOT, 'bench/lib/memory-probe.mjs')).href;
  await ingestByCommand(ROOT, path, dataDir, { preload, env: { MEMORY_PROBE_FILE: file } });
  return JSON.parse(await readFile(file, 'utf8')) as Seen;
}
