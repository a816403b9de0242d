/**
 * Replaces the module `electron` in tests: its runtime is a separate program, which tests cannot load and not every machine has.
 * It copies Electron where that matters: payloads are cloned, a channel has one handler, an event can be prevented. Members that
 * only tests need have no counterpart.
 */
import { app } from './fake-app';
import { resetIpc } from './fake-ipc';
import { Menu } from './fake-menu';
import { resetSystem } from './fake-system';
import { BrowserWindow } from './fake-window';

export { app, FakeEvent } from './fake-app';
export { contextBridge, ipcMain, ipcRenderer, webUtils } from './fake-ipc';
export { Menu } from './fake-menu';
export { dialog, Notification, nativeTheme, protocol, safeStorage, screen, session } from './fake-system';
export { BrowserWindow, FakeWebContents } from './fake-window';

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
