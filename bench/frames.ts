import type { CDPSession, Page } from '@playwright/test';
import { chromium } from '@playwright/test';
import { chooseFile, goTo, grid, rowsOf, startRun } from '../e2e/fixtures/actions';
import { launchChromium, openWebWindow } from '../e2e/fixtures/web-window';
import { ensureBuilt } from '../ops/ensure-built.mjs';
import { SCATTER_WINDOW_RECORDS } from '../src-shared/run-settings';
import { type Bench, rounded } from './lib/bench';
import { type FrameFigures, watchFrames } from './lib/frame-trace';
import { generatedFile } from './lib/generated-file';

/** One window of `scatter` spread over this: 5,000 updates a second. */
const WINDOW_MS = 13_107;
const WATCHED_MS = 4_000;
const SCROLL_PIXELS_PER_SECOND = 2_400;
const LOOK_EVERY_MS = 5_000;

/** The built window in a real Chromium without a graphics card, by Chromium's own trace. */
export const bench: Bench = {
  title:
    'frames a second while 5,000 updates a second stream in and someone scrolls, against a window at rest',
  async run({ short, directory, say, minutes = 0 }) {
    ensureBuilt(['main', 'window']);
    const windows = Math.max(1, Math.ceil((minutes * 60_000) / WINDOW_MS));
    const file = await generatedFile(directory, short ? 2_000 : windows * SCATTER_WINDOW_RECORDS, 6_000);
    const browser = await launchChromium(chromium);
    const opened = await openWebWindow(browser, directory);
    const { page } = opened;
    await page.setViewportSize({ width: 1440, height: 900 });
    const devtools = await page.context().newCDPSession(page);
    await chooseFile(opened, file);
    await startRun(page, { arrival: 'Scatter', delay: short ? '0-2000' : `0-${WINDOW_MS}`, wait: false });
    await rowsOf(grid(page, 'Live log')).first().waitFor();

    const watchedMs = short ? 500 : WATCHED_MS;
    const live = await watchFrames(devtools, () => page.waitForTimeout(watchedMs));
    await goTo(page, 'History');
    await rowsOf(grid(page, 'History')).first().waitFor();
    const scrolling = await watchFrames(devtools, () => scroll(devtools, page, watchedMs));
    await goTo(page, 'Live');
    const held = await watchHeap(devtools, page, Math.max(minutes, 1) * 60);
    await goTo(page, 'History');
    const rest = await watchFrames(devtools, () => scroll(devtools, page, watchedMs));
    await opened.close();
    await browser.close();

    for (const [name, seen] of Object.entries({ live, scrolling, rest })) {
      say(describe(name, seen));
      const parts = seen.longestTaskParts.slice(0, 8).map((part) => `${part.name} ${part.ms.toFixed(1)}`);
      say(`           its longest task, in ms of each by itself: ${parts.join(', ')}`);
    }
    const growth = slopeOf(held);
    const last = held.at(-1)?.megabytes ?? Number.NaN;
    say(
      `heap of the window after a collection: ${held[0]?.megabytes.toFixed(1)} MB, after ${rounded((held.at(-1)?.seconds ?? 0) / 60, 1)} ` +
        `minutes of the stream ${last.toFixed(1)} MB, growing by ${(growth * 3600).toFixed(1)} MB an hour`,
    );
    return {
      framesPerSecond: rounded(scrolling.framesPerSecond, 1),
      longestTaskMs: rounded(Math.max(live.longestTaskMs, scrolling.longestTaskMs), 1),
      longestRunMs: rounded(Math.max(live.longestRunMs, scrolling.longestRunMs), 1),
      heapMegabytes: rounded(last, 1),
      reference: 'scrolling at rest',
      referenceFramesPerSecond: rounded(rest.framesPerSecond, 1),
      ratio: rounded(scrolling.framesPerSecond / rest.framesPerSecond, 2),
    };
  },
};

function describe(name: string, seen: FrameFigures): string {
  return (
    `${name.padEnd(10)} ${seen.framesPerSecond.toFixed(0)} frames/s, ${(seen.dropped * 100).toFixed(0)} % dropped, ` +
    `longest task ${seen.longestTaskMs.toFixed(0)} ms, none ran longer than ${seen.longestRunMs.toFixed(0)} ms, ` +
    `${seen.tasksOver50Ms} over 50 ms; main thread busy ${(seen.busy * 100).toFixed(0)} %`
  );
}

/**
 * Scrolls the table down and up by a gesture of Chromium's, which requests every frame. Wheel events from outside did not: each
 * waits for the one before, so at rest the table looked slower than under load.
 */
async function scroll(devtools: CDPSession, page: Page, forMs: number): Promise<void> {
  const box = await grid(page, 'History').boundingBox();
  if (!box) throw new Error('the history is not there');
  const yDistance = (SCROLL_PIXELS_PER_SECOND * forMs) / 2000;
  for (const direction of [-1, 1]) {
    await devtools.send('Input.synthesizeScrollGesture', {
      x: box.x + box.width / 2,
      y: box.y + box.height / 2,
      yDistance: direction * yDistance,
      speed: SCROLL_PIXELS_PER_SECOND,
      gestureSourceType: 'mouse',
    });
  }
}

interface Held {
  readonly seconds: number;
  readonly megabytes: number;
}

/** The page's heap, every few seconds until the run has ended. */
async function watchHeap(devtools: CDPSession, page: Page, seconds: number): Promise<readonly Held[]> {
  const held: Held[] = [];
  const before = performance.now();
  const ended = page.getByText('completed', { exact: true }).first();
  for (;;) {
    await devtools.send('HeapProfiler.collectGarbage');
    const { usedSize } = await devtools.send('Runtime.getHeapUsage');
    const passed = (performance.now() - before) / 1000;
    held.push({ seconds: passed, megabytes: usedSize / 1e6 });
    // A machine that does not keep up has more to read than time.
    if (passed >= seconds) return held;
    const isOver = await ended.waitFor({ timeout: LOOK_EVERY_MS }).then(
      () => true,
      () => false,
    );
    if (isOver) return held;
  }
}

/** Megabytes per second, by least squares; 0 for a single sample. */
function slopeOf(held: readonly Held[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const middle = mean(held.map(({ seconds }) => seconds));
  const level = mean(held.map(({ megabytes }) => megabytes));
  const spread = held.reduce((sum, { seconds }) => sum + (seconds - middle) ** 2, 0);
  const together = held.reduce(
    (sum, { seconds, megabytes }) => sum + (seconds - middle) * (megabytes - level),
    0,
  );
  return spread === 0 ? 0 : together / spread;
}
