import { join } from 'node:path';
import { app, type BrowserWindow, ipcMain, session } from 'electron';
import { preferencesSchema, type RecentSource } from '../../../src-shared/contract';
import type { RunSettings } from '../../../src-shared/run-settings';
import type { HostMessage } from '../../../src-shared/wire';
import type { Host } from '../../host/create-host';
import type { HostDialogs } from '../../host/handlers';
import type { Keychain } from '../../host/secrets';
import { openWindowFiles } from '../../host/window-files';
import type { Logger } from '../../observability/logger';
import type { Clock } from '../../time/clock';
import { START_URL, serveApp } from './app-protocol';
import { surviveCrashes } from './crashes';
import {
  chooseBackup,
  chooseDirectory,
  chooseFile,
  chooseFolder,
  chooseTarget,
  showDirectory,
  showMessage,
  showProblem,
  showUpdate,
} from './dialogs';
import { guardSession } from './guards';
import { installCommand, programForCommand } from './install-command';
import { openKeychain } from './keychain';
import { openMenu } from './open-menu';
import { showOutside } from './outside-window';
import { feedFileOf, findUpdate } from './updates';
import { createMainWindow, focusWindow } from './window';
import { openWindowChannel } from './window-channel';
import { keepWindowState, openWindowState } from './window-state';

export interface DesktopDeps {
  /** Ends this process at once, after its log is written. */
  readonly kill: (exitCode: number) => void;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly openHost: (system: {
    readonly dialogs: HostDialogs;
    readonly keychain: Keychain;
  }) => Promise<Host>;
  /** The built window: `preload/` and `renderer/`. */
  readonly buildDirectory: string;
  /** Another process holds the database. */
  readonly readOnly: boolean;
  /** Where newer versions are announced; null: nowhere is looked. */
  readonly updateFeed: string | null;
}

/** The app with its one window. */
export interface Desktop {
  focus(): void;
  /** Starts a run of a file that the system passed; reports a failure in the window. */
  ingest(file: string, settings: RunSettings): Promise<void>;
  /** Shows a file that the system passed, without ingesting it: its preview, or what restoring it means if it is a backup. */
  preview(file: string): Promise<void>;
  /** Closes the window's connection, stops a run in order and closes the database. */
  close(): Promise<void>;
}

/**
 * Opens the window and the host in parallel: the page is there when the database is, or cannot be.
 * @throws the host's rejection; the window is closed then.
 */
export async function openDesktop(deps: DesktopDeps): Promise<Desktop> {
  const { clock, logger, buildDirectory } = deps;
  const own = session.defaultSession;
  const devTools = !app.isPackaged;
  guardSession(own, { logger, downloadsDirectory: app.getPath('downloads') });

  const stateFile = openWindowState(join(app.getPath('userData'), 'window.json'), logger);
  const before = await stateFile.read();
  let window: BrowserWindow | null = null;
  const ask = (choose: (over: BrowserWindow) => Promise<string | null>) => async () =>
    window ? choose(window) : null;
  const dialogs: HostDialogs = {
    chooseFile: (what) => ask(what === 'file' ? chooseFile : chooseFolder)(),
    chooseBackup: ask(chooseBackup),
    chooseTarget: (name) => ask((window) => chooseTarget(window, name))(),
    chooseDirectory: ask(chooseDirectory),
    showDirectory,
  };
  const keychain = openKeychain(join(app.getPath('userData'), 'secrets.json'), logger);
  const host = deps.openHost({ dialogs, keychain });
  // A rejection is handled where it is awaited; until then it must not count as unhandled.
  host.catch(() => undefined);

  serveApp(own.protocol, {
    files: openWindowFiles({ directory: join(buildDirectory, 'renderer'), connectTo: [] }),
    host,
    logger,
  });
  const shown = createMainWindow({
    state: before,
    preload: join(buildDirectory, 'preload/preload.cjs'),
    devTools,
  });
  window = shown;
  const { webContents: contents } = shown;
  const keeper = keepWindowState(shown, before, { file: stateFile, clock, logger });

  const load = () => {
    const loading = contents.getURL().startsWith(START_URL)
      ? Promise.resolve(contents.reload())
      : contents.loadURL(START_URL);
    loading.catch((error: unknown) => logger.error({ err: error }, 'the window could not be loaded'));
  };
  const noteFile = (path: string) => {
    app.addRecentDocument(path);
    void menu.refresh();
  };
  let seenRun: string | null = null;
  const observe = (message: HostMessage) => {
    if (message.type !== 'frame') return;
    const { status } = message.frame;
    menu.noteRun(status);
    noteOutside(message.frame);
    if (status === null || status.runId === seenRun) return;
    // A new run has put its source at the top of the recent ones.
    seenRun = status.runId;
    void menu.refresh();
  };
  const readPreferences = async () =>
    preferencesSchema.safeParse(await (await host).dispatch('preferences.get', {})).data;
  const noteOutside = showOutside(shown, {
    wanted: async () => (await readPreferences())?.notifications === true,
    show(view) {
      focusWindow(shown);
      channel.command({ command: `view.${view}` });
    },
    logger,
  });
  const channel = openWindowChannel({ ipcMain, contents, host, logger, observe, fileGranted: noteFile });
  const asked = (act: () => Promise<void>) => () =>
    void act().catch((error: unknown) => {
      logger.warn({ err: error }, 'a command of the menu failed');
      if (!shown.isDestroyed()) void showProblem(shown, error);
    });
  const checkForUpdates = async (feed: string) => {
    const version = app.getVersion();
    const found = await findUpdate(feedFileOf(feed, process.platform, process.arch), version, clock);
    await showUpdate(shown, version, found, feed);
  };
  const offerCommand = async (program: string) => {
    const { path, isOnPath } = installCommand(program, {
      home: app.getPath('home'),
      searchPath: process.env.PATH,
    });
    const hint = 'Its directory is not in your PATH: add it there to call the command by its name.';
    await showMessage(shown, `The command was installed as ${path}.`, isOnPath ? undefined : hint, 'info');
  };
  const commandProgram = programForCommand();
  const menu = openMenu({
    actions: {
      command: (command) => channel.command({ command }),
      openSource: (choice) => channel.command({ command: 'open.source', choice }),
      reload: load,
      ...(deps.updateFeed === null
        ? {}
        : { checkForUpdates: asked(() => checkForUpdates(deps.updateFeed ?? '')) }),
      ...(commandProgram === null ? {} : { installCommand: asked(() => offerCommand(commandProgram)) }),
    },
    // The dispatcher returns this method's result, as the contract says.
    listRecent: async () => (await (await host).dispatch('source.recent', {})) as readonly RecentSource[],
    readOnly: deps.readOnly,
    devTools,
    logger,
  });
  surviveCrashes(shown, {
    clock,
    logger,
    reload: load,
    disconnect: channel.disconnect,
    tell: (message) => void showMessage(shown, message),
    quit: () => app.quit(),
  });
  load();

  const noteTheme = async () => {
    const preferences = await readPreferences();
    if (preferences) keeper.noteTheme(preferences.theme);
  };

  try {
    const opened = await host;
    void menu.refresh();
    const openFile = async (file: string, use: () => Promise<unknown>) => {
      try {
        await use();
        noteFile(file);
      } catch (error) {
        logger.warn({ err: error, file }, 'a file could not be opened');
        if (!shown.isDestroyed()) await showProblem(shown, error);
      }
    };
    return {
      focus: () => {
        if (!shown.isDestroyed()) focusWindow(shown);
      },
      ingest: (file, settings) => openFile(file, () => opened.ingest(file, settings)),
      preview: (file) =>
        openFile(file, async () => {
          const [choice, isBackup] = await Promise.all([opened.grantFile(file), opened.isBackup(file)]);
          channel.command({ command: isBackup ? 'open.backup' : 'open.source', choice });
        }),
      async close() {
        if (!shown.isDestroyed()) shown.hide();
        channel.close();
        await noteTheme().catch((error: unknown) => logger.warn({ err: error }, 'no theme to keep'));
        await Promise.all([keeper.save(), opened.close()]);
      },
    };
  } catch (error) {
    channel.close();
    if (!shown.isDestroyed()) shown.destroy();
    throw error;
  }
}
