import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { runIngot } from '../e2e/fixtures/command-line';
import { ensureBuilt, ROOT } from '../ops/ensure-built.mjs';
import { type Bench, median, rounded } from './lib/bench';
import { generatedFile } from './lib/generated-file';
import { startEmptyWindow, startOwnWindow } from './lib/own-window';

/** What a start leaves to do: statistics, second compilations, Chromium's own. */
const SETTLED_AFTER_MS = 60_000;
const WATCHED_MS = 30_000;

/** Web shell and window at rest, and an empty window beside them, watched at the same time. */
export const bench: Bench = {
  title: 'processor time a second of an app at rest with its window open, above that of an empty window',
  async run({ short, repeat, directory, say }) {
    ensureBuilt(['main', 'window']);
    const home = join(directory, 'home');
    await mkdir(home);
    const file = await generatedFile(directory, short ? 200 : 20_000, short ? 20 : 2_000);
    const args = ['--arrival', 'none', '--no-wait', '--json', '--data-dir', join(home, 'data')];
    await runIngot(home, ['ingest', file, ...args]);
    const app = await startOwnWindow(ROOT, home);
    const empty = await startEmptyWindow(directory);
    const shares: { app: number; empty: number }[] = [];
    try {
      await app.page.getByRole('navigation').first().waitFor();
      await wait(short ? 500 : SETTLED_AFTER_MS);
      for (let round = 1; round <= repeat; round += 1) {
        const before = [app.processorMs(), empty.processorMs(), performance.now()] as const;
        await wait(short ? 1_000 : WATCHED_MS);
        const passed = (performance.now() - before[2]) / 100;
        const share = {
          app: (app.processorMs() - before[0]) / passed,
          empty: (empty.processorMs() - before[1]) / passed,
        };
        shares.push(share);
        say(
          `round ${round}: ${share.app.toFixed(2)} % of a core, the empty window ${share.empty.toFixed(2)} %`,
        );
      }
    } finally {
      await empty.end();
      await app.closeWindow();
    }
    const percent = median(shares.map(({ app: own }) => own));
    const emptyPercent = median(shares.map(({ empty: other }) => other));
    return {
      percentOfACore: rounded(percent, 2),
      reference: 'an empty window of the same Chromium',
      referencePercentOfACore: rounded(emptyPercent, 2),
      abovePercent: rounded(median(shares.map(({ app: own, empty: other }) => own - other)), 2),
      ratio: rounded(percent / emptyPercent, 2),
    };
  },
};
