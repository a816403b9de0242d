import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { runIngot } from '../e2e/fixtures/command-line';
import { startWebHost } from '../e2e/fixtures/web-host';
import { ensureBuilt, ROOT } from '../ops/ensure-built.mjs';
import { type Bench, median, rounded, timed, withSpread } from './lib/bench';
import { generatedFile } from './lib/generated-file';
import { startOwnWindow } from './lib/own-window';

/** How long an end may take: what the figures are held against. */
const LONGEST_END_MS = 1_000;
/** Slow enough to be under way when it is asked to end. */
const RUN = ['--arrival', 'sequential', '--delay', '2-8'];

/** From the request to the end of the process, during a run; after it, the run is stopped and can be resumed. */
export const bench: Bench = {
  title: 'the end of a program during a run, against the second that it may take',
  async run({ short, repeat, directory, say }) {
    ensureBuilt(['main', 'window']);
    const file = await generatedFile(directory, 20_000, 2_000);
    const newHome = async (name: string) => {
      const home = join(directory, name);
      await mkdir(home);
      return home;
    };
    const measure = async (home: string, end: () => Promise<number | null>) => {
      const { ms, result: code } = await timed(end);
      if (code !== 0) throw new Error(`the program ended with ${code}`);
      await expectResumable(home);
      return ms;
    };
    const asked: number[] = [];
    const closed: number[] = [];
    const plain: number[] = [];
    for (let round = 0; round < repeat; round += 1) {
      const home = await newHome(`plain-${round}`);
      const host = await startWebHost(home, [...RUN, '--log-level', 'info', file]);
      while (!host.said().includes('run started')) await wait(10);
      plain.push(await measure(home, () => host.stop().then(() => 0)));
      // A window takes a browser, which the tests of benches do without.
      if (short) continue;
      for (const [times, by] of [
        [asked, 'end'],
        [closed, 'closeWindow'],
      ] as const) {
        const place = await newHome(`${by}-${round}`);
        const window = await startOwnWindow(ROOT, place, [...RUN, file]);
        await window.page.getByRole('grid', { name: 'Live log' }).getByRole('row').nth(1).waitFor();
        times.push(await measure(place, window[by]));
      }
    }
    say(`asked to end, no window    ${withSpread(plain, 'ms')}`);
    if (!short) say(`asked to end, with window  ${withSpread(asked, 'ms')}`);
    if (!short) say(`its window closed          ${withSpread(closed, 'ms')}`);
    const ms = median(short ? plain : asked);
    return {
      ms: rounded(ms),
      ...(!short && { closedMs: rounded(median(closed)) }),
      plainMs: rounded(median(plain)),
      reference: 'the second that it may take',
      referenceMs: LONGEST_END_MS,
      ratio: rounded(ms / LONGEST_END_MS, 2),
    };
  },
};

async function expectResumable(home: string): Promise<void> {
  const list = await runIngot(home, ['resume', '--list', '--json', '--data-dir', join(home, 'data')]);
  const [run] = list.split('\n').map((line) => (line === '' ? null : JSON.parse(line)));
  if (run?.state !== 'stopped' || run.resumable !== true) throw new Error(`the run was not stopped: ${list}`);
}
