import * as electron from 'electron';
import { beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../runs/testing/play-run';
import { createVirtualClock } from '../../time/testing/virtual-clock';
import { START_URL } from './app-protocol';
import { surviveCrashes } from './crashes';
import { dialog, lastWindow, resetElectron } from './testing/fake-electron';
import { until, untilAsked } from './testing/start-app';

beforeEach(resetElectron);

async function openWatchedWindow() {
  const real = new electron.BrowserWindow({});
  const window = lastWindow();
  const { webContents: contents } = window;
  await contents.loadURL(START_URL);
  const acts: string[] = [];
  const clock = createVirtualClock();
  surviveCrashes(real, {
    clock,
    logger: silentLogger,
    reload: () => {
      acts.push('reload');
      contents.reload();
    },
    disconnect: () => acts.push('disconnect'),
    tell: () => acts.push('tell'),
    quit: () => acts.push('quit'),
  });
  const untilLoaded = (loads: number) =>
    until(contents, 'did-navigate', () => contents.loads.length === loads);
  return { window, contents, acts, clock, untilLoaded };
}

describe('a window that crashed', () => {
  it('that ended in order is left alone', async () => {
    const { contents, acts } = await openWatchedWindow();
    contents.crash('clean-exit');
    expect(acts).toEqual(['disconnect']);
  });

  it('again after a minute is loaded again without asking', async () => {
    const { contents, clock, untilLoaded } = await openWatchedWindow();
    contents.crash('crashed');
    await untilLoaded(2);
    await clock.waitUntil(60_000);
    contents.crash('crashed');
    await untilLoaded(3);
    expect(dialog.asked).toEqual([]);
  });

  it('and was closed meanwhile stays closed', async () => {
    const { window, contents, acts } = await openWatchedWindow();
    contents.crash('crashed');
    window.destroy();
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(acts).not.toContain('reload');
  });
});

describe('a window that does not answer', () => {
  it('is waited for if the person would rather', async () => {
    const { contents, acts } = await openWatchedWindow();
    dialog.answers.push({ response: 1 });
    contents.emit('unresponsive');
    await untilAsked();
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(acts).toEqual([]);
  });

  it('takes the question back when it answers again', async () => {
    const { contents, acts } = await openWatchedWindow();
    contents.emit('unresponsive');
    contents.emit('unresponsive');
    expect(await untilAsked()).toHaveLength(1);
    contents.emit('responsive');
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(acts).toEqual([]);
    contents.emit('unresponsive');
    expect(await untilAsked(2)).toHaveLength(2);
  });
});
