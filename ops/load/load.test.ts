import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { NO_PROMETHEUS, programs } from '../monitoring/prometheus';
import { type LoadTest, testLoad } from './load';
import type { LoadResult } from './run-load';

const ROOT = join(import.meta.dirname, '../..');
const UPDATES = 300;

const TEST: Omit<LoadTest, 'shell' | 'place'> = {
  perSecond: UPDATES,
  durationS: 1,
  warmUpS: 0,
  mix: {
    accounts: 40,
    seed: 3,
    stale: 0.1,
    duplicate: 0.05,
    conflict: 0.05,
    invalid: 0.05,
    callbackTimeMs: { fromMs: 0, toMs: 400 },
  },
  find: false,
  boundMs: 1_000,
  tries: 1,
  json: true,
  monitoredBy: null,
};

// The short form of `npm run load`: every update has its outcome, whatever the machine's speed. Windows has no named pipes.
it.each(process.platform === 'win32' ? (['cli'] as const) : (['cli', 'web'] as const))(
  'loses, doubles and misjudges nothing of what is put into the shell %s at a rate',
  async (shell) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'ingot-load-test-'));
    const printed: string[] = [];
    try {
      const ok = await testLoad(
        { ...TEST, shell, place: { kind: 'data-dir', dataDir } },
        {
          root: ROOT,
          print: (line) => printed.push(line),
          note: (line) => printed.push(line),
          onInterrupt: () => undefined,
        },
      );
      const result: LoadResult = JSON.parse(printed.join(''));
      expect(result.breaches).toEqual([]);
      expect(ok).toBe(true);
      expect(result.storedRead).toBe(true);
      expect(result.answerMs.count).toBe(UPDATES);
      // Some fire while updates arrive, some are cancelled: otherwise little is tested.
      expect(result.callbacks.fired).toBeGreaterThan(0);
      expect(result.callbacks.cancelled).toBeGreaterThan(0);
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  },
);

// A fault in the middle: the program is stopped until a real Prometheus notices.
it.skipIf(!programs || process.platform === 'win32')(
  `loses nothing while it is stopped under the eyes of a Prometheus and a collector${NO_PROMETHEUS}`,
  async () => {
    const printed: string[] = [];
    const told: string[] = [];
    const ok = await testLoad(
      {
        ...TEST,
        shell: 'cli',
        place: { kind: 'memory' },
        monitoredBy: programs?.prometheus ?? '',
      },
      {
        root: ROOT,
        print: (line) => printed.push(line),
        note: (line) => told.push(line),
        onInterrupt: () => undefined,
      },
    );
    const { breaches, monitored } = JSON.parse(printed.join(''));
    expect(breaches).toEqual([]);
    expect(ok).toBe(true);
    const down = told.filter((line) => /IngotDown|the program/.test(line)).join('\n');
    expect(down).toMatch(/is stopped.*IngotDown firing.*goes on.*IngotDown resolved/s);
    expect(monitored.updates.indexed).toBeGreaterThan(0);
    expect(monitored.logLines.debug).toBeGreaterThan(0);
    expect(monitored.logLinesTraced).toBeGreaterThan(0);
    expect(monitored.spans).toBeGreaterThan(0);
  },
);
