import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as electron from 'electron';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../runs/testing/play-run';
import { createVirtualClock } from '../../time/testing/virtual-clock';
import { lastWindow, resetElectron } from './testing/fake-electron';
import { createMainWindow } from './window';
import {
  keepWindowState,
  NO_WINDOW_STATE,
  openWindowState,
  placeWindow,
  SMALLEST_WINDOW,
} from './window-state';

let directory: string;
let path: string;

beforeEach(() => {
  resetElectron();
  directory = mkdtempSync(join(tmpdir(), 'ingot-window-'));
  path = join(directory, 'window.json');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const display = (x: number, y: number, width: number, height: number) => ({
  id: x + y,
  workArea: { x, y, width, height },
});
const left = display(0, 0, 1920, 1040);
const right = display(1920, 0, 1280, 1024);
const place = { x: 2000, y: 100, width: 1000, height: 700 };

describe('a window opens', () => {
  it('with its usual size in the middle, the first time', () => {
    expect(placeWindow(null, [left])).toEqual({ width: 1440, height: 900 });
  });

  it('where it was', () => {
    expect(placeWindow(place, [left, right])).toEqual(place);
  });

  it('in the middle, if its display is gone', () => {
    expect(placeWindow(place, [left])).toEqual({ width: 1000, height: 700 });
  });

  it.each([
    ['above', { ...place, x: 100, y: -50 }],
    ['to the left', { ...place, x: -950, y: 100 }],
    ['to the right', { ...place, x: 1850, y: 100 }],
    ['below', { ...place, x: 100, y: 1030 }],
  ])('in the middle, if its title bar is out of reach %s', (_where, before) => {
    expect(placeWindow(before, [left])).toEqual({ width: 1000, height: 700 });
  });

  it('no larger than its display', () => {
    const large = { x: 1920, y: 0, width: 3000, height: 2000 };
    expect(placeWindow(large, [left, right])).toEqual({ x: 1920, y: 0, width: 1280, height: 1024 });
  });

  it('no smaller than its layout needs', () => {
    expect(placeWindow({ x: 0, y: 0, width: 200, height: 10 }, [left])).toMatchObject(SMALLEST_WINDOW);
  });
});

describe("a window's place", () => {
  function openKept() {
    const file = openWindowState(path, silentLogger);
    const window = new electron.BrowserWindow({});
    const clock = createVirtualClock();
    const keeper = keepWindowState(window, NO_WINDOW_STATE, { file, clock, logger: silentLogger });
    return { window: lastWindow(), clock, keeper };
  }
  const readAgain = () => openWindowState(path, silentLogger).read();

  it('is there at the next start', async () => {
    const { window, keeper } = openKept();
    window.moveTo(place);
    keeper.noteTheme('dark');
    await keeper.save();
    expect(await readAgain()).toEqual({ bounds: place, maximized: false, fullScreen: false, theme: 'dark' });
  });

  it('is the one it goes back to from being maximized', async () => {
    const { window, keeper } = openKept();
    window.moveTo(place);
    window.maximize();
    await keeper.save();
    expect(await readAgain()).toMatchObject({ bounds: place, maximized: true });
  });

  it('is kept a moment after it was moved, also if the program dies then', async () => {
    const { window, clock } = openKept();
    window.moveTo(place);
    expect(readdirSync(directory)).toEqual([]);
    await clock.waitUntil(1_000);
    expect(await readAgain()).toMatchObject({ bounds: place });
  });

  it('leaves no draft behind', async () => {
    const { window, keeper } = openKept();
    window.moveTo(place);
    await keeper.save();
    expect(readdirSync(directory)).toEqual(['window.json']);
  });

  it.each(['', '{', '[]', '{"bounds":{"x":"left"}}', '{"bounds":{"x":1,"y":1,"width":-5,"height":1}}'])(
    'that reads %j is as if there was none',
    async (text) => {
      writeFileSync(path, text);
      expect(await readAgain()).toEqual(NO_WINDOW_STATE);
    },
  );
});

describe('the main window', () => {
  const open = (state = NO_WINDOW_STATE) => {
    createMainWindow({ state, preload: '/app/preload.cjs', devTools: false });
    return lastWindow();
  };

  it('appears when its first picture is there, not before', () => {
    const window = open();
    expect(window.options.show).toBe(false);
    expect(window.acts).toEqual([]);
    window.emit('ready-to-show');
    expect(window.acts).toEqual(['show']);
  });

  it('is maximized again if it was', () => {
    const window = open({ ...NO_WINDOW_STATE, maximized: true });
    window.emit('ready-to-show');
    expect(window.isMaximized()).toBe(true);
  });
});
