/**
 * Stands in for the module `electron` in tests: its runtime is a program of its own, which tests cannot load
 * and not every machine has. It keeps to what Electron does where that matters here: payloads are cloned,
 * a channel has one handler, an event can be held up. What only tests need has no counterpart there.
 */
import { app } from './fake-app';
import { resetIpc } from './fake-ipc';
import { Menu } from './fake-menu';
import { resetSystem } from './fake-system';
import { BrowserWindow } from './fake-window';

export { app, FakeEvent } from './fake-app';
export { contextBridge, droppedFile, ipcMain, ipcRenderer, webUtils } from './fake-ipc';
export { Menu } from './fake-menu';
export { dialog, nativeTheme, protocol, screen, session, shell } from './fake-system';
export { BrowserWindow, FakeWebContents } from './fake-window';

/** The window that was made last. */
export function lastWindow(): BrowserWindow {
  const window = BrowserWindow.all.at(-1);
  if (!window) throw new Error('there is no window');
  return window;
}

/** As at the start of a process. */
export function resetElectron(): void {
  app.reset();
  resetIpc();
  resetSystem();
  Menu.current = null;
  BrowserWindow.all = [];
}
