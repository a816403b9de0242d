import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from '@playwright/test';
import { runIngot } from '../e2e/fixtures/command-line';
import { startWebHost } from '../e2e/fixtures/web-host';
import { launchChromium } from '../e2e/fixtures/web-window';
import { ensureBuilt } from '../ops/ensure-built.mjs';
import { type Bench, median, rounded, timed } from './lib/bench';
import { openDirectory } from './lib/durable-ingest';
import { generatedFile } from './lib/generated-file';

/** Milliseconds since the program was started. */
interface Start {
  /** The database is open, and the program says where it listens. */
  readonly listening: number;
  /** Chromium has come up. */
  readonly browser: number;
  /** The page is there, and its scripts have run. */
  readonly page: number;
  /** What the person came for can be seen. */
  readonly shown: number;
}

/** The web shell as it is built and a Chromium of its own, both from nothing, in turn with the database alone. */
export const bench: Bench = {
  title: 'from the start of the program to the first rows on screen, against reopening its database alone',
  async run({ short, repeat, directory, say }) {
    ensureBuilt(['main', 'window']);
    const home = join(directory, 'home');
    await mkdir(home);
    const file = await generatedFile(directory, short ? 200 : 20_000, short ? 20 : 2_000);
    const dataDir = join(home, 'data');
    await runIngot(home, ['ingest', file, '--arrival', 'none', '--no-wait', '--json', '--data-dir', dataDir]);
    const first: Start[] = [];
    const again: Start[] = [];
    const alone: number[] = [];
    for (let round = 0; round < repeat; round += 1) {
      const empty = join(directory, `empty-${round}`);
      await mkdir(empty);
      first.push(await start(empty, '', (page) => page.getByRole('button', { name: /^Open/ }).first()));
      const { ms, result: database } = await timed(() => openDirectory(dataDir));
      await database.close();
      alone.push(ms);
      again.push(await start(home, '#/accounts', (page) => page.getByRole('gridcell').first()));
    }
    const show = (name: string, starts: readonly Start[]) => {
      const phase = (key: keyof Start) => `${key} ${Math.round(median(starts.map((one) => one[key])))}`;
      say(`${name}  ${(['listening', 'browser', 'page', 'shown'] as const).map(phase).join(', ')} ms`);
    };
    show('first start ever     ', first);
    show('reopen, first rows   ', again);
    say(`database alone        ${Math.round(median(alone))} ms`);
    const shownMs = again.map(({ shown }) => shown);
    return {
      ms: rounded(median(shownMs)),
      firstEverMs: rounded(median(first.map(({ shown }) => shown))),
      reference: 'database reopened alone',
      referenceMs: rounded(median(alone)),
      ratio: rounded(median(shownMs.map((ms, round) => ms / (alone[round] ?? Number.NaN))), 2),
    };
  },
};

async function start(
  home: string,
  place: string,
  sight: (page: Page) => ReturnType<Page['getByRole']>,
): Promise<Start> {
  const before = performance.now();
  const since = () => performance.now() - before;
  const host = await startWebHost(home);
  const listening = since();
  let browser: Browser | undefined;
  try {
    browser = await launchChromium(chromium);
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    const up = since();
    await page.goto(host.address + place, { waitUntil: 'domcontentloaded' });
    const loaded = since();
    await sight(page).waitFor();
    return { listening, browser: up, page: loaded, shown: since() };
  } finally {
    await browser?.close();
    await host.stop();
  }
}
