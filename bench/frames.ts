import type { CDPSession, Page } from '@playwright/test';
import { chromium } from '@playwright/test';
import { chooseFile, goTo, grid, startRun } from '../e2e/fixtures/actions';
import { launchChromium, openWebWindow } from '../e2e/fixtures/web-window';
import { ensureBuilt } from '../ops/ensure-built.mjs';
import { type Bench, quantile, rounded } from './lib/bench';
import { generatedFile } from './lib/generated-file';

/** One window of `scatter` is 65,536 records: spread over this, 5,000 arrive in a second. */
const WINDOW_MS = 13_107;
const WATCHED_MS = 8_000;

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly ts: number;
  readonly dur?: number;
  readonly pid: number;
  readonly tid: number;
  readonly args?: { readonly name?: string; readonly frame_reporter?: { readonly state?: string } };
}

/** The window as it is built, in a real Chromium without a graphics card, by Chromium's own trace. */
export const bench: Bench = {
  title:
    'frames a second while 5,000 updates a second stream in and someone scrolls, against a window at rest',
  async run({ short, directory, say }) {
    ensureBuilt(['main', 'window']);
    const file = await generatedFile(directory, short ? 2_000 : 65_536, 6_000);
    const browser = await launchChromium(chromium);
    const opened = await openWebWindow(browser, directory);
    const { page } = opened;
    await page.setViewportSize({ width: 1440, height: 900 });
    const devtools = await page.context().newCDPSession(page);
    await chooseFile(opened, file);
    await startRun(page, { arrival: 'Scatter', delay: short ? '0-2000' : `0-${WINDOW_MS}`, wait: false });
    const figures: Record<string, Figures> = {};
    figures.live = await watch(devtools, () => page.waitForTimeout(short ? 500 : WATCHED_MS / 2));
    await goTo(page, 'History');
    figures.scrolling = await watch(devtools, () => scroll(page, short ? 500 : WATCHED_MS / 2));
    await page.getByText('completed', { exact: true }).first().waitFor();
    figures.rest = await watch(devtools, () => scroll(page, short ? 500 : WATCHED_MS / 2));
    await opened.close();
    await browser.close();
    for (const [name, { framesPerSecond, dropped, longestTaskMs, tasksOver50Ms }] of Object.entries(
      figures,
    )) {
      say(
        `${name.padEnd(10)} ${framesPerSecond.toFixed(0)} frames/s, ${(dropped * 100).toFixed(0)} % dropped, longest task ${longestTaskMs.toFixed(0)} ms, ` +
          `${tasksOver50Ms} over 50 ms`,
      );
    }
    const { live, scrolling, rest } = figures;
    if (!live || !scrolling || !rest) throw new Error('all three were watched');
    return {
      framesPerSecond: rounded(scrolling.framesPerSecond, 1),
      longestTaskMs: rounded(Math.max(live.longestTaskMs, scrolling.longestTaskMs), 1),
      reference: 'scrolling at rest',
      referenceFramesPerSecond: rounded(rest.framesPerSecond, 1),
      ratio: rounded(scrolling.framesPerSecond / rest.framesPerSecond, 2),
    };
  },
};

interface Figures {
  readonly framesPerSecond: number;
  /** Share of the frames with something new to show that did not make it. */
  readonly dropped: number;
  readonly longestTaskMs: number;
  readonly tasksOver50Ms: number;
}

/** Turns the wheel over the table, down and up again, as fast as the page takes it. */
async function scroll(page: Page, forMs: number): Promise<void> {
  await grid(page, 'History').hover();
  const end = performance.now() + forMs;
  for (let turn = 0; performance.now() < end; turn += 1) {
    await page.mouse.wheel(0, Math.floor(turn / 60) % 2 === 0 ? 240 : -240);
  }
}

async function watch(devtools: CDPSession, work: () => Promise<void>): Promise<Figures> {
  const events: TraceEvent[] = [];
  const collect = ({ value }: { value: object[] }) => events.push(...(value as TraceEvent[]));
  devtools.on('Tracing.dataCollected', collect);
  await devtools.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: ['devtools.timeline', 'toplevel', 'cc', 'benchmark'] },
  });
  await work();
  const complete = new Promise<void>((resolve) => devtools.once('Tracing.tracingComplete', () => resolve()));
  await devtools.send('Tracing.end');
  await complete;
  devtools.off('Tracing.dataCollected', collect);
  return readTrace(events);
}

/** Frames that the window drew, and tasks of its main thread. */
function readTrace(events: readonly TraceEvent[]): Figures {
  const main = events.find(
    ({ ph, name, args }) => ph === 'M' && name === 'thread_name' && args?.name === 'CrRendererMain',
  );
  if (!main) throw new Error('the trace names no main thread of a window');
  const frames = events.filter(
    ({ name, ph, pid }) => name === 'PipelineReporter' && ph === 'b' && pid === main.pid,
  );
  const inState = (prefix: string) =>
    frames.filter(({ args }) => args?.frame_reporter?.state?.startsWith(prefix));
  const presented = inState('STATE_PRESENTED');
  const dropped = inState('STATE_DROPPED');
  const times = events.filter(({ ts }) => ts > 0).map(({ ts }) => ts);
  const seconds = (quantile(times, 1) - quantile(times, 0)) / 1e6;
  const tasks = events
    .filter(({ name, pid, tid, dur }) => /RunTask$/.test(name) && pid === main.pid && tid === main.tid && dur)
    .map(({ dur = 0 }) => dur / 1000);
  return {
    framesPerSecond: presented.length / seconds,
    dropped: dropped.length / (dropped.length + presented.length),
    longestTaskMs: quantile(tasks, 1),
    tasksOver50Ms: tasks.filter((ms) => ms > 50).length,
  };
}
