import { join } from 'node:path';
import { app } from 'electron';
import { z } from 'zod';
import { runSettingsSchema } from '../../../src-shared/run-settings';
import { unusableDirectory } from '../../database/data-directory';
import { makeDirectory } from '../../database/make-directory';
import { threadsEnded } from '../../storage/open-database';
import type { DesktopOptions } from './desktop-options';
import { showFatal } from './dialogs';
import { guardContents } from './guards';
import { type Desktop, type DesktopDeps, openDesktop } from './open-desktop';

/** What a second start passes to the first. */
const requestSchema = z.object({
  file: z.string().min(1).max(4096).nullable(),
  preview: z.boolean(),
  run: runSettingsSchema,
});
type FileRequest = z.infer<typeof requestSchema>;

/** How long an orderly end may take. Committed work is safe either way. */
const LONGEST_END_MS = 2_000;

/**
 * Starts the app, or passes its file to the running one. Call it after `registerAppScheme` and before Electron is ready.
 * @throws IngotError `database_unusable` if its directory cannot be created.
 */
export function startDesktop(options: DesktopOptions, deps: DesktopDeps): void {
  const { logger } = deps;
  setProfile(join(options.homeDirectory, 'desktop'));
  // A packaged app is started by a double click: that must not ingest at once.
  const preview = options.preview || app.isPackaged;
  const request: FileRequest = { file: options.file, preview, run: options.run };
  if (!app.requestSingleInstanceLock(request)) {
    app.quit();
    return;
  }

  app.on('web-contents-created', (_event, contents) => guardContents(contents, logger));
  app.on('child-process-gone', (_event, { type, reason, exitCode }) => {
    if (reason !== 'clean-exit') logger.warn({ type, reason, exitCode }, 'a process of Electron ended');
  });

  const opened = app.whenReady().then(() => openDesktop(deps));
  opened.catch((error: unknown) => {
    logger.error({ err: error }, 'Ingot could not start');
    showFatal(error, true);
    app.exit(1);
  });
  /** Nothing to do without a file; a failed opening was reported. */
  const whenOpened = (act: (desktop: Desktop) => unknown) => {
    opened.then(act, () => undefined);
  };
  const open = ({ file, preview, run }: FileRequest) => {
    if (file !== null) whenOpened((desktop) => (preview ? desktop.preview(file) : desktop.ingest(file, run)));
  };

  app.on('second-instance', (_event, _args, _directory, data) => {
    whenOpened((desktop) => desktop.focus());
    const parsed = requestSchema.safeParse(data);
    if (parsed.success) open(parsed.data);
    else logger.warn({ err: parsed.error }, 'a second start sent an invalid message');
  });
  app.on('open-file', (event, file) => {
    event.preventDefault();
    open({ file, preview: true, run: options.run });
  });
  // The engine ends with its window, on every system.
  app.on('window-all-closed', () => app.quit());
  endInOrder(() => opened.then((desktop) => desktop.close()), deps);
  open(request);
}

/** Chromium's profile, and the lock by which a second start finds the first. */
function setProfile(directory: string): void {
  try {
    makeDirectory(directory);
  } catch (error) {
    throw unusableDirectory(directory, error);
  }
  app.setPath('userData', directory);
}

/** How long the end waits for the thread of a database that is closed. */
const LONGEST_THREAD_MS = 500;

/**
 * The first request to quit starts the end; the process ends when everything is closed, or after too long. `app.exit` is no limit:
 * it waits for V8's compile threads, for seconds. So does `process.reallyExit`. What is left then is killed.
 */
function endInOrder(close: () => Promise<void>, { clock, logger, kill }: DesktopDeps): void {
  let ending = false;
  app.on('before-quit', (event) => {
    event.preventDefault();
    if (ending) return;
    ending = true;
    const closed = close().catch((error: unknown) => logger.error({ err: error }, 'not all ended in order'));
    const after = (ms: number) => clock.waitUntil(clock.now() + ms).then(() => false);
    const isDone = closed.then(() =>
      Promise.race([threadsEnded().then(() => true), after(LONGEST_THREAD_MS)]),
    );
    void Promise.race([isDone, after(LONGEST_END_MS)]).then((isNothingLeft) => {
      const code = typeof process.exitCode === 'number' ? process.exitCode : 0;
      if (isNothingLeft) app.exit(code);
      else kill(code);
    });
  });
}
