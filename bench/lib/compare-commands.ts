import { readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { startProgram } from '../../ops/drive/program';
import { ensureBuilt, ROOT } from '../../ops/ensure-built.mjs';
import { timed } from './bench';

/** At the end, writes the processor time of all threads, in microseconds. */
const METER = `import { writeFileSync } from 'node:fs';
process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  writeFileSync(process.env.TAKEN, String(user + system));
});`;
export const meterUrl = `data:text/javascript,${encodeURIComponent(METER)}`;

/** Ingests a file by the built command line in `root`. The program's first thread loads `preload`, a URL. */
export async function ingestByCommand(
  root: string,
  file: string,
  dataDir: string,
  { preload, env }: { preload?: string; env: Readonly<Record<string, string>> },
): Promise<void> {
  const flags = ['--arrival', 'none', '--no-wait', '--json', '--data-dir', dataDir];
  const { code, signal, stderr } = await startProgram(
    join(root, 'out/main/cli.js'),
    ['ingest', file, ...flags],
    {
      // In the tests the benches run with flags for short lives.
      nodeFlags: [...process.execArgv, ...(preload === undefined ? [] : ['--import', preload])],
      cwd: root,
      env: { ...process.env, ...env },
      longestMs: null,
      onLines: () => {},
    },
  ).ended;
  if (code !== 0) throw new Error(`the command in ${root} ended with ${code ?? signal}: ${stderr}`);
}

/**
 * Ingests a file by this version's command line and by that in `before`, into new directories: the ratio of processor time of all
 * threads, start and opening included, and of wall time.
 */
export async function compareCommands(
  before: string,
  file: string,
  place: string,
): Promise<{ beforeRatio: number; beforeWallRatio: number }> {
  ensureBuilt(['main']);
  const older = await measure(resolve(before), file, `${place}-older`);
  const now = await measure(ROOT, file, `${place}-now`);
  return { beforeRatio: now.processorMs / older.processorMs, beforeWallRatio: now.ms / older.ms };
}

async function measure(root: string, file: string, dataDir: string) {
  const taken = `${dataDir}.taken`;
  const { ms } = await timed(() =>
    ingestByCommand(root, file, dataDir, { preload: meterUrl, env: { TAKEN: taken } }),
  );
  const processorMs = Number(await readFile(taken, 'utf8')) / 1000;
  await rm(dataDir, { recursive: true });
  return { ms, processorMs };
}
