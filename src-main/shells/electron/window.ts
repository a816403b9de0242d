import { BrowserWindow, nativeTheme, screen } from 'electron';
import { placeWindow, SMALLEST_WINDOW, type WindowState } from './window-state';

/** The ground that the page itself paints, in both themes: what shows until it does. */
const BACKGROUND = { dark: '#0d0e10', light: '#f3f4f5' };

export interface MainWindowOptions {
  readonly state: WindowState;
  /** The built preload: CommonJS, as a sandboxed window wants it. */
  readonly preload: string;
  /** Whether the developer tools can be opened. */
  readonly devTools: boolean;
}

/** The one window, not yet shown: it appears when its first picture is there. */
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
      // Electron's own defaults, written down: the page must stay without Node whatever they become.
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

/** Brings it to the front, wherever it was left. */
export function focusWindow(window: BrowserWindow): void {
  if (window.isMinimized()) window.restore();
  window.show();
  window.focus();
}
