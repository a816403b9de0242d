import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { REMEMBERED_ACCOUNTS } from '../accounts/known-accounts';
import { createTestDataDir } from '../database/testing/each-database';
import { generateUpdates } from '../ingestion/generator';
import { collectGarbage } from '../runs/testing/collect-garbage';
import { createSystemClock } from '../time/clock';
import { openTestHost } from './testing/open-test-host';
import { createTestClient } from './testing/test-client';

/** An hour by hand: `INGOT_SOAK_MINUTES=60 npx vitest run src-main/host/soak.test.ts`. */
const MINUTES = Number(process.env.INGOT_SOAK_MINUTES ?? 0);
/** Until everything that is loaded once, or cached up to a limit, is there. */
const WARM_UP = 4;
const CYCLES = 10;
const RECORDS = 1_000;
/**
 * In the hour every cycle brings its own accounts, and the cache of accounts is bounded by their number: first fill it beyond
 * that bound.
 */
const FILLING = { records: 2 * REMEMBERED_ACCOUNTS, accounts: 2 * REMEMBERED_ACCOUNTS, seed: 1_000_000 };
const SAY_EVERY_MS = 5 * 60_000;

const HEAP_GROWTH_BYTES = 8 * 2 ** 20;
/** Twice the amount of log that triggers a checkpoint, for what is written meanwhile. */
const LOG_BYTES = 192 * 2 ** 20;

it(
  'keeps nothing of windows and runs that are over: memory, handles, timers and the log stay as they were',
  async () => {
    const dataDir = createTestDataDir();
    const clock = createSystemClock();
    const test = await openTestHost({ target: { kind: 'data-dir', dataDir }, recorded: false });
    const measure = async () => {
      collectGarbage();
      const heapBytes = process.memoryUsage().heapUsed;
      const resources: number[] = [];
      for (let turn = 0; turn < 100; turn += 1) {
        await new Promise((resolve) => setImmediate(resolve));
        resources.push(process.getActiveResourcesInfo().filter((kind) => kind !== 'Immediate').length);
      }
      return { heapBytes, fewest: Math.min(...resources), most: Math.max(...resources) };
    };
    const cycle = async (seed: number, { records, accounts } = { records: RECORDS, accounts: 100 }) => {
      const path = join(test.allowed, 'updates.json');
      await writeFile(path, generateUpdates({ records, accounts, seed }));
      const connection = test.host.connectClient({
        send: (message) => client.receive(structuredClone(message)),
        bufferedBytes: () => 0,
        refuse: (reason) => {
          throw reason;
        },
      });
      const client = createTestClient((message) => connection.receive(structuredClone(message)));
      client.subscribe(null);
      const settings = { arrival: 'none', speed: 1_000_000 } as const;
      const { runId } = await client.call('run.start', { source: { kind: 'path', path }, settings });
      const { status } = await client.untilFrame(
        (frame) => frame.status?.runId === runId && frame.status.state === 'completed',
      );
      expect(status?.counts.records).toBe(records);
      const window = { from: { edge: 'end' }, limit: 100 } as const;
      await client.call('history.page', { window, direction: 'asc', filter: {} });
      await client.call('report.get', {});
      connection.close();
    };

    let seed = 0;
    if (MINUTES > 0) await cycle(FILLING.seed, FILLING);
    while (seed < WARM_UP) await cycle(seed++);
    const before = await measure();
    const beganMs = clock.now();
    let saidMs = beganMs;
    while (seed < WARM_UP + CYCLES || clock.now() < beganMs + MINUTES * 60_000) {
      await cycle(seed++);
      if (clock.now() < saidMs + SAY_EVERY_MS) continue;
      saidMs = clock.now();
      const { heapBytes, most } = await measure();
      const minutes = Math.round((saidMs - beganMs) / 60_000);
      process.stdout.write(
        `${minutes} min, ${seed} cycles: heap ${Math.round(heapBytes / 1e6)} MB, ${most} handles\n`,
      );
    }
    const after = await measure();

    expect(after.heapBytes - before.heapBytes).toBeLessThan(HEAP_GROWTH_BYTES);
    // What is kept is there in every turn. An alarm that is set again, or a look at the disk, is there in some only.
    expect(after.fewest).toBeLessThanOrEqual(before.most);
    expect(await bytesIn(join(dataDir, 'pg/pg_wal'))).toBeLessThan(LOG_BYTES);
    await test.close();
  },
  MINUTES * 60_000 + 900_000,
);

async function bytesIn(directory: string): Promise<number> {
  const entries = await readdir(directory, { withFileTypes: true });
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map(async ({ name }) => (await stat(join(directory, name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
