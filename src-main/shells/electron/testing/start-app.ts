import type { EventEmitter } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { runSettingsSchema } from '../../../../src-shared/run-settings';
import { createTestDataDir, createTestFolder } from '../../../database/testing/each-database';
import { createHost, type Host } from '../../../host/create-host';
import { openLogs } from '../../../observability/open-logs';
import { silentLogger } from '../../../runs/testing/play-run';
import { type DatabaseTarget, openDatabase } from '../../../storage/open-database';
import { type Clock, createSystemClock } from '../../../time/clock';
import { ABOUT } from '../../process/version';
import type { DesktopOptions } from '../desktop-options';
import { startDesktop } from '../start-desktop';
import { app, BrowserWindow, dialog, ipcMain, lastWindow } from './fake-electron';
import { type FakePage, openPage } from './open-page';

export interface StartOptions {
  readonly file?: string;
  readonly clock?: Clock;
  /** Sees the host before the app does, or replaces it. */
  readonly wrapHost?: (host: Host) => Host;
  /** Default: as an orderly exit. */
  readonly kill?: (exitCode: number) => void;
  readonly target?: DatabaseTarget;
}

const clock = createSystemClock();
const run = runSettingsSchema.parse({ arrival: 'none', wait: false });

/** Starts the app on the fake Electron, with a real host and database, until it is ready. */
export function startApp(options: StartOptions = {}): DesktopOptions {
  const home = createTestFolder();
  const { target = { kind: 'data-dir', dataDir: createTestDataDir() } } = options;
  const desktopOptions: DesktopOptions = {
    target,
    homeDirectory: home,
    file: options.file ?? null,
    preview: false,
    run,
    overdue: 'fire',
    idl: null,
    traceCallbacks: 20,
    logLevel: 'silent',
    logDirectory: null,
    metricsPort: null,
    logFileLevel: 'info',
    updateFeed: null,
  };
  const buildDirectory = join(home, 'out');
  mkdirSync(join(buildDirectory, 'renderer'), { recursive: true });
  writeFileSync(join(buildDirectory, 'renderer/index.html'), 'page');
  let opened: Promise<Host> | null = null;
  startDesktop(desktopOptions, {
    clock: options.clock ?? clock,
    logger: silentLogger,
    kill: options.kill ?? ((exitCode) => app.exit(exitCode)),
    buildDirectory,
    readOnly: false,
    updateFeed: null,
    openHost: async (system) => {
      const logs = await openLogs({
        clock,
        terminal: { level: 'silent', pretty: false },
        level: 'info',
        directory: null,
      });
      opened = createHost({
        target,
        openDatabase: (at, onLost, onTaken) =>
          openDatabase(at, { program: 'ingot', nowMs: clock.now(), onLost, onTaken }),
        clock,
        logger: silentLogger,
        logs,
        app: {
          name: 'Ingot',
          version: '1.2.3',
          shell: 'electron',
          capabilities: { nativeDialogs: true, uploads: false, links: false },
          ...ABOUT,
        },
        paths: {
          stateDirectory: home,
          backupsDirectory: join(home, 'backups'),
          uploadsParent: tmpdir(),
          uploadsKept: false,
          samplePath: join(home, 'sample.json'),
          licencesPath: join(home, 'licences.json'),
          allowedDirectories: [],
        },
        ...system,
      });
      const host = await opened;
      await host.opened;
      return options.wrapHost?.(host) ?? host;
    },
  });
  onTestFinished(async () => {
    await opened?.then(
      (host) => host.close(),
      () => undefined,
    );
  });
  app.becomeReady();
  return desktopOptions;
}

/** The page of the app's window. */
export async function openAppPage(): Promise<FakePage> {
  // The window opens after its stored position was read.
  await until(app, 'web-contents-created', () => BrowserWindow.all.length > 0);
  await until(lastWindow().webContents, 'did-navigate', () => lastWindow().webContents.getURL() !== '');
  if (ipcMain.handlers.size === 0) throw new Error('the window has nobody to talk to');
  return openPage(lastWindow().webContents);
}

/** Resolves once it is true: checked now, and at each event. */
export function until(emitter: EventEmitter, event: string, isTrue: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!isTrue()) return;
      emitter.off(event, look);
      resolve();
    };
    emitter.on(event, look);
    look();
  });
}

/** Resolves with the dialogs shown, once there are that many. */
export async function untilAsked(count = 1) {
  await until(dialog, 'asked-for-tests', () => dialog.asked.length >= count);
  return dialog.asked;
}

/** Resolves with the process's exit code. */
export async function untilEnded(): Promise<number | 'quit' | undefined> {
  await until(app, 'ended-for-tests', () => app.endings.length > 0);
  return app.endings[0];
}

/** A file with one update. */
export function writeUpdates(name = 'updates.json'): string {
  const path = join(createTestFolder(), name);
  const update = { id: 'a', accountType: 'mint', tokens: 5, version: 1, callbackTimeMs: 60_000, data: {} };
  writeFileSync(path, JSON.stringify([update]));
  return path;
}
