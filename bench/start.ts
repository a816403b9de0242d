import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from '@playwright/test';
import { runIngot } from '../e2e/fixtures/command-line';
import { startWebHost } from '../e2e/fixtures/web-host';
import { findChromium, launchChromium } from '../e2e/fixtures/web-window';
import { ensureBuilt } from '../ops/ensure-built.mjs';
import { type Bench, median, rounded, timed, withSpread } from './lib/bench';
import { openDirectory } from './lib/durable-ingest';
import { generatedFile } from './lib/generated-file';

/** The phases of a start, in milliseconds since the program started. */
const PHASES = {
  loaded: 'the program has been read, and begins',
  opening: 'it begins to open its database',
  opened: 'the database is open, and its schema looked at',
  listening: 'the engine is there, and it says where it listens',
  browser: 'Chromium has come up',
  page: 'the page is there, and its scripts have run',
  shown: 'what the person came for can be seen',
} as const;
type Start = Readonly<Record<keyof typeof PHASES, number>>;

/** What the program logs at the end of a phase. */
const LOGGED = {
  loaded: 'Ingot started',
  opening: 'opening the database',
  opened: 'database opened',
} as const;

/** The built web shell and a Chromium, both from nothing, in turn with the database alone. */
export const bench: Bench = {
  title: 'from the start of the program to the first rows on screen, against reopening its database alone',
  async run({ short, repeat, directory, say }) {
    ensureBuilt(['main', 'window']);
    const home = join(directory, 'home');
    await mkdir(home);
    const file = await generatedFile(directory, short ? 200 : 20_000, short ? 20 : 2_000);
    const dataDir = join(home, 'data');
    await runIngot(home, ['ingest', file, '--arrival', 'none', '--no-wait', '--json', '--data-dir', dataDir]);
    // Finding it runs another program, which is not part of a start.
    findChromium();
    const first: Start[] = [];
    const again: Start[] = [];
    // The web shell itself opens its window only when it listens.
    const beside: Start[] = [];
    const alone: number[] = [];
    for (let round = 0; round < repeat; round += 1) {
      const empty = join(directory, `empty-${round}`);
      await mkdir(empty);
      first.push(await start(empty, '', (page) => page.getByRole('button', { name: /^Open/ }).first()));
      const { ms, result: database } = await timed(() => openDirectory(dataDir));
      await database.close();
      alone.push(ms);
      const rows = (page: Page) => page.getByRole('gridcell').first();
      again.push(await start(home, '#/accounts', rows));
      beside.push(await start(home, '#/accounts', rows, true));
    }
    const names = Object.keys(PHASES) as (keyof Start)[];
    const show = (name: string, starts: readonly Start[]) => {
      say(`${name}, since the program was started (least to most), and the phase by itself:`);
      for (const [at, phase] of names.entries()) {
        const before = names[at - 1];
        const own = starts.map((one) => one[phase] - (before ? one[before] : 0));
        const all = withSpread(
          starts.map((one) => one[phase]),
          'ms',
        );
        say(`  ${all.padEnd(34)} ${String(Math.round(median(own))).padStart(6)} ms  ${PHASES[phase]}`);
      }
    };
    show('first start ever, to the invitation', first);
    show('reopen, to the first rows', again);
    const besideMs = beside.map(({ shown }) => shown);
    say(`reopen, as it would be with Chromium begun at once  ${withSpread(besideMs, 'ms')}`);
    say(`database alone  ${withSpread(alone, 'ms')}`);
    const shownMs = again.map(({ shown }) => shown);
    return {
      ms: rounded(median(shownMs)),
      ...Object.fromEntries(
        names.map((phase) => [`${phase}Ms`, rounded(median(again.map((one) => one[phase])))]),
      ),
      firstEverMs: rounded(median(first.map(({ shown }) => shown))),
      besideMs: rounded(median(besideMs)),
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
  isBeside = false,
): Promise<Start> {
  const startedAtMs = Date.now();
  const since = () => Date.now() - startedAtMs;
  const launching = isBeside ? launchChromium(chromium) : null;
  const host = await startWebHost(home, ['--log-level', 'debug']);
  const listening = since();
  let browser: Browser | undefined;
  try {
    browser = await (launching ?? launchChromium(chromium));
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    const up = since();
    await page.goto(host.address + place, { waitUntil: 'domcontentloaded' });
    const loaded = since();
    await sight(page).waitFor();
    const shown = since();
    const logged = (message: string) => timeOf(host.said(), message) - startedAtMs;
    return {
      loaded: logged(LOGGED.loaded),
      opening: logged(LOGGED.opening),
      opened: logged(LOGGED.opened),
      listening,
      browser: up,
      page: loaded,
      shown,
    };
  } finally {
    await browser?.close();
    await host.stop();
  }
}

/** When a program logged this message. */
function timeOf(log: string, message: string): number {
  for (const line of log.split('\n')) {
    const entry = line.startsWith('{') ? (JSON.parse(line) as { msg?: string; time: string }) : null;
    if (entry?.msg === message) return Date.parse(entry.time);
  }
  throw new Error(`the program never said: ${message}`);
}
