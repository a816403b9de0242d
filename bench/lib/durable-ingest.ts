import type { Database } from '../../src-main/database/database';
import { openSource } from '../../src-main/ingestion/open-source';
import { createEngine, type EngineDeps } from '../../src-main/runs/engine';
import type { Engine } from '../../src-main/runs/interface';
import { silentLogger } from '../../src-main/runs/testing/play-run';
import { type OpenedDatabase, openDatabase } from '../../src-main/storage/open-database';
import { createSystemClock } from '../../src-main/time/clock';
import { runSettingsSchema } from '../../src-shared/run-settings';
import { timed } from './bench';

export const clock = createSystemClock();

export function openDirectory(dataDir: string): Promise<OpenedDatabase> {
  return openDatabase({ kind: 'data-dir', dataDir }, { program: 'bench', nowMs: clock.now() });
}

/** Ingests a file on disk as fast as possible with a listener for every event; milliseconds from opening to the summary. */
export async function ingestFile(
  database: Database,
  path: string,
  { onEngine, ...options }: Partial<EngineDeps> & { onEngine?: (engine: Engine) => void } = {},
): Promise<number> {
  const engine = await createEngine({ database, clock, logger: silentLogger, endsWithRun: true, ...options });
  onEngine?.(engine);
  let heard = 0;
  engine.subscribe((events) => {
    heard += events.length;
  });
  const { ms, result } = await timed(async () => {
    const settings = runSettingsSchema.parse({ arrival: 'none', wait: false });
    const run = await engine.startRun(await openSource({ kind: 'file', path }), settings);
    return run.ended;
  });
  await engine.close();
  if (result.state !== 'completed' || heard < result.counts.records) throw new Error('the run was not whole');
  return ms;
}
