import { spawn } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureBuilt, ROOT } from '../ops/ensure-built.mjs';
import { type Bench, rounded } from './lib/bench';
import { generatedFile } from './lib/generated-file';

interface Peak {
  readonly heapBytes: number;
  readonly residentBytes: number;
}

/** The command line as it is built, on a file ten times as long. */
export const bench: Bench = {
  title: 'peak memory of an ingest, against that of one a tenth as long',
  async run({ short, directory, say }) {
    ensureBuilt(['main']);
    const peaks: Peak[] = [];
    for (const records of short ? [200, 2_000] : [30_000, 300_000]) {
      const path = await generatedFile(directory, records, 10_000);
      const peak = await measure(path, join(directory, `data-${records}`), directory);
      peaks.push(peak);
      say(
        `${records} records (${toMegabytes((await stat(path)).size)} MB): heap of the engine's thread at most ` +
          `${toMegabytes(peak.heapBytes)} MB, whole process ${toMegabytes(peak.residentBytes)} MB`,
      );
    }
    const [small, large] = peaks;
    if (!small || !large) throw new Error('both were measured');
    return {
      heapMegabytes: toMegabytes(large.heapBytes),
      residentMegabytes: toMegabytes(large.residentBytes),
      reference: 'a tenth as long',
      referenceHeapMegabytes: toMegabytes(small.heapBytes),
      ratio: rounded(large.heapBytes / small.heapBytes, 2),
    };
  },
};

const toMegabytes = (bytes: number) => rounded(bytes / 1e6);

async function measure(path: string, dataDir: string, directory: string): Promise<Peak> {
  const file = join(directory, 'peak.json');
  const args = ['--import', join(ROOT, 'bench/lib/memory-probe.mjs'), join(ROOT, 'out/main/cli.js')];
  const flags = ['--arrival', 'none', '--no-wait', '--json', '--data-dir', dataDir];
  const child = spawn(process.execPath, [...args, 'ingest', path, ...flags], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, MEMORY_PROBE_FILE: file },
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`the ingest ended with ${String(code)}`);
  return JSON.parse(await readFile(file, 'utf8')) as Peak;
}
