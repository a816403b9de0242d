import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { environmentAt } from '../e2e/fixtures/command-line';
import { findChromium } from '../e2e/fixtures/web-window';
import { ensureBuilt, ROOT } from '../ops/ensure-built.mjs';
import { type Bench, median, rounded, timed, withSpread } from './lib/bench';
import { ingestByCommand, meterUrl } from './lib/compare-commands';
import { openDirectory } from './lib/durable-ingest';
import { generatedFile } from './lib/generated-file';
import { startOwnWindow } from './lib/own-window';

/** What is measured of one version, each by the clock and in processor time of all its processes. */
interface Start {
  /** The program's JavaScript is read: it prints its help. */
  readonly web: Taken;
  readonly cli: Taken;
  /** From nothing to the invitation, with no data directory. */
  readonly first: Taken;
  /** From nothing to the first rows of the accounts. */
  readonly again: Taken;
}
interface Taken {
  readonly ms: number;
  readonly processorMs: number;
}
const PARTS = {
  web: 'the web shell is read',
  cli: 'the command line is read',
  first: 'first start ever, to the invitation',
  again: 'reopened, to the first rows',
} as const;
const NAMES = Object.keys(PARTS) as (keyof Start)[];

/**
 * The built web shell, which opens its own window in a Chromium, both from nothing. In turn with the database alone (`ratio`), and
 * with an earlier version built in `--before` (`…BeforeRatio`, and `…BeforeProcessorRatio` for all its processes).
 */
export const bench: Bench = {
  title:
    'from the start of the program to the first rows on screen, against its database alone and an earlier version',
  async run({ short, repeat, before, directory, say }) {
    ensureBuilt(['main', 'window']);
    // Finding it runs another program, which is not part of a start.
    findChromium();
    const file = await generatedFile(directory, short ? 200 : 20_000, short ? 20 : 2_000);
    const roots = { now: ROOT, ...(before !== undefined && { before: resolve(before) }) };
    const versions = Object.entries(roots).map(([name, root]) => ({
      name,
      root,
      home: join(directory, name),
      starts: [] as Start[],
    }));
    for (const { root, home } of versions) {
      await mkdir(home);
      // Each makes its own: an earlier version cannot read the present one's.
      await ingestByCommand(root, file, join(home, 'data'), { env: {} });
    }
    const alone: number[] = [];
    for (let round = 0; round < repeat; round += 1) {
      const { ms, result: database } = await timed(() => openDirectory(join(directory, 'now', 'data')));
      await database.close();
      alone.push(ms);
      for (const { root, home, name, starts } of versions) {
        const empty = join(directory, `${name}-empty-${round}`);
        await mkdir(empty);
        starts.push({
          web: await read(root, 'web', home),
          cli: await read(root, 'cli', home),
          first: await start(root, empty, (page) => page.getByRole('button', { name: /^Open/ }).first()),
          again: await start(root, home, (page) => page.getByRole('gridcell').first(), 'Accounts'),
        });
      }
    }
    const figures: Record<string, number> = {};
    for (const part of NAMES) {
      for (const { name, starts } of versions) {
        const all = starts.map((one) => one[part]);
        const [wall, processor] = [all.map(({ ms }) => ms), all.map(({ processorMs }) => processorMs)];
        say(
          `${PARTS[part].padEnd(36)} ${name.padEnd(6)} ${withSpread(wall, 'ms')}; processor time ${withSpread(processor, 'ms')}`,
        );
        if (name !== 'now') continue;
        figures[`${part}Ms`] = rounded(median(wall));
        figures[`${part}ProcessorMs`] = rounded(median(processor));
      }
      const [now, older] = versions.map(({ starts }) => starts.map((one) => one[part]));
      if (!now || !older) continue;
      const ratioOf = (of: keyof Taken) =>
        rounded(median(now.map((one, round) => one[of] / (older[round]?.[of] ?? Number.NaN))), 2);
      figures[`${part}BeforeRatio`] = ratioOf('ms');
      figures[`${part}BeforeProcessorRatio`] = ratioOf('processorMs');
      say(`  of before: ${ratioOf('ms')} of the time, ${ratioOf('processorMs')} of the processor time`);
    }
    say(`database alone ${withSpread(alone, 'ms')}`);
    const shown = versions[0]?.starts.map(({ again }) => again.ms) ?? [];
    return {
      ms: rounded(median(shown)),
      ...figures,
      reference: 'database reopened alone',
      referenceMs: rounded(median(alone)),
      ratio: rounded(median(shown.map((ms, round) => ms / (alone[round] ?? Number.NaN))), 2),
    };
  },
};

async function read(root: string, program: 'web' | 'cli', home: string): Promise<Taken> {
  const taken = join(home, 'taken');
  const { ms } = await timed(async () => {
    const child = spawn(
      process.execPath,
      ['--import', meterUrl, join(root, `out/main/${program}.js`), '--help'],
      { cwd: home, env: { ...environmentAt(home), TAKEN: taken }, stdio: 'ignore' },
    );
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`${program} --help ended with ${code}`);
  });
  return { ms, processorMs: Number(await readFile(taken, 'utf8')) / 1000 };
}

/** @param view to go to as soon as it can be chosen; omitted: the first one. */
async function start(
  root: string,
  home: string,
  sight: (page: Page) => Locator,
  view?: string,
): Promise<Taken> {
  const { page, since, processorMs, end } = await startOwnWindow(root, home);
  try {
    if (view) {
      const views = page.getByRole('navigation', { name: 'Views' });
      await views.getByRole('link', { name: new RegExp(`${view}$`) }).click();
    }
    await sight(page).waitFor();
    return { ms: since(), processorMs: processorMs() };
  } finally {
    await end();
  }
}
