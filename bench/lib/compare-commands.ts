import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ensureBuilt, ROOT } from '../../ops/ensure-built.mjs';
import { timed } from './bench';

/** Writes what all threads of the process took, in microseconds, when it ends. */
const METER = `import { writeFileSync } from 'node:fs';
process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  writeFileSync(process.env.TAKEN, String(user + system));
});`;
const meterUrl = `data:text/javascript,${encodeURIComponent(METER)}`;

/**
 * Ingests a file by the built command line of this version and of the one in `before`, into new directories: this one's part
 * of the other's processor time of all threads, start and opening included, and of its time by the clock.
 */
export async function compareCommands(
  before: string,
  file: string,
  place: string,
): Promise<{ beforeRatio: number; beforeWallRatio: number }> {
  ensureBuilt(['main']);
  const older = await ingestBy(resolve(before), file, `${place}-older`);
  const now = await ingestBy(ROOT, file, `${place}-now`);
  return { beforeRatio: now.processorMs / older.processorMs, beforeWallRatio: now.ms / older.ms };
}

async function ingestBy(root: string, file: string, dataDir: string) {
  const taken = `${dataDir}.taken`;
  const program = [join(root, 'out/main/cli.js'), 'ingest', file];
  const options = ['--arrival', 'none', '--no-wait', '--json', '--data-dir', dataDir];
  const { ms } = await timed(async () => {
    const child = spawn(process.execPath, ['--import', meterUrl, ...program, ...options], {
      cwd: root,
      env: { ...process.env, TAKEN: taken },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`the command in ${root} ended with ${code}`);
  });
  const processorMs = Number(await readFile(taken, 'utf8')) / 1000;
  await rm(dataDir, { recursive: true });
  return { ms, processorMs };
}
