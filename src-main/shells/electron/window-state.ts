import type { Display, Rectangle } from 'electron';
import { z } from 'zod';
import { type JsonFile, openJsonFile } from '../../host/json-file';
import type { Logger } from '../../observability/logger';
import type { Clock } from '../../time/clock';

const windowStateSchema = z.object({
  /** The position when neither maximized nor full screen; null: unknown. */
  bounds: z.object({ x: z.int(), y: z.int(), width: z.int().min(1), height: z.int().min(1) }).nullable(),
  maximized: z.boolean(),
  fullScreen: z.boolean(),
  /** The last theme, so that the window opens in the right colour. */
  theme: z.enum(['system', 'light', 'dark']),
});
export type WindowState = z.infer<typeof windowStateSchema>;

export const NO_WINDOW_STATE: WindowState = {
  bounds: null,
  maximized: false,
  fullScreen: false,
  theme: 'system',
};

/** The layout needs at least this. */
export const SMALLEST_WINDOW = { width: 960, height: 600 };
const USUAL_WINDOW = { width: 1440, height: 900 };
/** How much of the title bar must be on a display, to be grabbed. */
const GRIP = { width: 120, height: 24 };

/** Stored beside the window's profile; an unreadable file counts as missing. */
export function openWindowState(path: string, logger: Logger): JsonFile<WindowState> {
  return openJsonFile(path, windowStateSchema, NO_WINDOW_STATE, logger);
}

/** Where to open the window: at its last position, if that can be seen and grabbed, otherwise with its old size in the middle. */
export function placeWindow(
  before: Rectangle | null,
  displays: readonly Pick<Display, 'workArea'>[],
): Partial<Rectangle> & { readonly width: number; readonly height: number } {
  if (before === null) return fitSize(USUAL_WINDOW, displays[0]?.workArea);
  const grip = { x: before.x, y: before.y, width: before.width, height: GRIP.height };
  const display = displays.find(({ workArea }) => {
    const shared = overlap(grip, workArea);
    return shared.width >= GRIP.width && shared.height >= GRIP.height;
  });
  if (!display) return fitSize(before, displays[0]?.workArea);
  return { x: before.x, y: before.y, ...fitSize(before, display.workArea) };
}

function fitSize(size: { width: number; height: number }, area: Rectangle | undefined) {
  return {
    width: Math.max(Math.min(size.width, area?.width ?? size.width), SMALLEST_WINDOW.width),
    height: Math.max(Math.min(size.height, area?.height ?? size.height), SMALLEST_WINDOW.height),
  };
}

function overlap(a: Rectangle, b: Rectangle): { width: number; height: number } {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return { width: Math.max(width, 0), height: Math.max(height, 0) };
}

export interface PlacedWindow {
  getNormalBounds(): Rectangle;
  isMaximized(): boolean;
  isFullScreen(): boolean;
  on(event: 'resize' | 'move' | 'maximize' | 'unmaximize', listener: () => void): unknown;
  on(event: 'enter-full-screen' | 'leave-full-screen' | 'close', listener: () => void): unknown;
}

export interface WindowStateKeeper {
  noteTheme(theme: WindowState['theme']): void;
  /** Resolves when all is written; a failure is only logged. */
  save(): Promise<void>;
}

/** Dragging a window sends sixty events a second. */
const SAVE_AFTER_MS = 1_000;

/** Stores the window's position shortly after a move, and on closing. */
export function keepWindowState(
  window: PlacedWindow,
  before: WindowState,
  { file, clock, logger }: { file: JsonFile<WindowState>; clock: Clock; logger: Logger },
): WindowStateKeeper {
  let state = before;
  let alarm: { clear(): void } | null = null;

  const look = () => {
    const { x, y, width, height } = window.getNormalBounds();
    state = {
      ...state,
      bounds: { x, y, width, height },
      maximized: window.isMaximized(),
      fullScreen: window.isFullScreen(),
    };
  };
  const save = () => {
    alarm?.clear();
    alarm = null;
    return file
      .write(state)
      .catch((error: unknown) => logger.warn({ err: error }, "the window's place could not be kept"));
  };
  const note = () => {
    look();
    alarm ??= clock.setAlarm(clock.now() + SAVE_AFTER_MS, save);
  };
  window.on('resize', note);
  window.on('move', note);
  window.on('maximize', note);
  window.on('unmaximize', note);
  window.on('enter-full-screen', note);
  window.on('leave-full-screen', note);
  window.on('close', () => {
    look();
    void save();
  });

  return {
    noteTheme(theme) {
      state = { ...state, theme };
    },
    save,
  };
}
