import { BrowserWindow, nativeTheme, screen } from 'electron';
import { placeWindow, SMALLEST_WINDOW, type WindowState } from './window-state';

/** The page's own background in both themes, shown until it paints. */
const BACKGROUND = { dark: '#0d0e10', light: '#f3f4f5' };

export interface MainWindowOptions {
  readonly state: WindowState;
  /** CommonJS, as a sandboxed preload must be. */
  readonly preload: string;
  readonly devTools: boolean;
}

/** The one window, hidden until its first paint. */
export function createMainWindow({ state, preload, devTools }: MainWindowOptions): BrowserWindow {
  const isDark = state.theme === 'system' ? nativeTheme.shouldUseDarkColors : state.theme === 'dark';
  const primary = screen.getPrimaryDisplay();
  const others = screen.getAllDisplays().filter(({ id }) => id !== primary.id);
  const window = new BrowserWindow({
    ...placeWindow(state.bounds, [primary, ...others]),
    minWidth: SMALLEST_WINDOW.width,
    minHeight: SMALLEST_WINDOW.height,
    title: 'Ingot',
    backgroundColor: isDark ? BACKGROUND.dark : BACKGROUND.light,
    show: false,
    webPreferences: {
      preload,
      // Electron's defaults, stated: the page must stay without Node even if they change.
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
      devTools,
    },
  });
  window.once('ready-to-show', () => {
    if (state.maximized) window.maximize();
    if (state.fullScreen) window.setFullScreen(true);
    window.show();
  });
  return window;
}

export function focusWindow(window: BrowserWindow): void {
  if (window.isMinimized()) window.restore();
  window.show();
  window.focus();
}
