import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Names of browsers that can show an app window, in the order of preference. */
const NAMES = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'microsoft-edge',
  'brave-browser',
];
const MAC_APPS = ['Google Chrome', 'Chromium', 'Microsoft Edge', 'Brave Browser'];
const WINDOWS_PATHS = [
  'Google\\Chrome\\Application\\chrome.exe',
  'Microsoft\\Edge\\Application\\msedge.exe',
  'Chromium\\Application\\chrome.exe',
];

type Variables = Readonly<Record<string, string | undefined>>;

/** On Linux only the session's variables tell; elsewhere there is always a display. */
export function hasDisplay(platform: NodeJS.Platform, variables: Variables): boolean {
  return platform !== 'linux' || Boolean(variables.DISPLAY) || Boolean(variables.WAYLAND_DISPLAY);
}

/** The first Chromium-based browser on this machine; undefined if there is none. */
export function findChromium(
  platform: NodeJS.Platform,
  variables: Variables,
  isRunnable: (path: string) => boolean = canRun,
): string | undefined {
  return candidates(platform, variables).find(isRunnable);
}

function candidates(platform: NodeJS.Platform, variables: Variables): readonly string[] {
  if (platform === 'darwin') return MAC_APPS.map((app) => `/Applications/${app}.app/Contents/MacOS/${app}`);
  if (platform === 'win32') {
    const roots = [variables.PROGRAMFILES, variables['PROGRAMFILES(X86)'], variables.LOCALAPPDATA];
    return roots.flatMap((root) => (root ? WINDOWS_PATHS.map((path) => `${root}\\${path}`) : []));
  }
  const directories = (variables.PATH ?? '').split(delimiter).filter((directory) => directory !== '');
  return NAMES.flatMap((name) => directories.map((directory) => join(directory, name)));
}

function canRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export interface AppWindow {
  /** Resolves when the window was closed, or could not be opened. */
  readonly closed: Promise<void>;
  /** Resolves when the browser has ended. */
  close(): Promise<void>;
}

/** A browser must not get our settings: one may be a server's address with its password. */
function environmentForBrowser(variables: Variables): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !name.startsWith('INGOT_')));
}

/**
 * Opens a window without browser controls, with a profile of its own.
 * @param address must contain no secret: every user of the machine can read a command line.
 */
export function openAppWindow(browser: string, address: string, profileDirectory: string): AppWindow {
  const isRoot = process.getuid?.() === 0;
  const child: ChildProcess = spawn(
    browser,
    [
      `--app=${address}`,
      `--user-data-dir=${profileDirectory}`,
      '--no-first-run',
      '--no-default-browser-check',
      '--password-store=basic',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--window-size=1440,900',
      // Chromium refuses to run as root with its sandbox.
      ...(isRoot ? ['--no-sandbox', '--test-type'] : []),
    ],
    { stdio: 'ignore', env: environmentForBrowser(process.env) },
  );
  const closed = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
  });
  return {
    closed,
    close: () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      return closed;
    },
  };
}
