import type { BrowserWindow } from 'electron';
import type { Logger } from '../../observability/logger';
import type { Clock } from '../../time/clock';
import { askToReload } from './dialogs';

/** A window that crashes again within this time is not reloaded automatically. */
const SETTLED_AFTER_MS = 60_000;

export interface CrashDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly reload: () => void;
  /** The crashed page's connection has no peer. */
  readonly disconnect: () => void;
  /** Tells the person, in the reloaded window, what happened. */
  readonly tell: (message: string) => void;
  /** The person chose to quit. */
  readonly quit: () => void;
}

/**
 * A window's process may crash or hang; the engine is in another one and is not affected. The page is reloaded and fetches what
 * it missed. A window that keeps crashing waits for the person.
 */
export function surviveCrashes(window: BrowserWindow, deps: CrashDeps): void {
  const { clock, logger, reload, disconnect, tell, quit } = deps;
  const contents = window.webContents;
  let crashedAtMs = Number.NEGATIVE_INFINITY;
  let asking: AbortController | null = null;

  // In a later turn: reloading before Electron has cleaned up crashes it too.
  const reloadLater = () => clock.breathe().then(() => (window.isDestroyed() ? undefined : reload()));

  contents.on('render-process-gone', (_event, { reason, exitCode }) => {
    asking?.abort();
    disconnect();
    if (reason === 'clean-exit') return;
    logger.error({ reason, exitCode }, "the window's process ended");
    const crashedBeforeMs = crashedAtMs;
    crashedAtMs = clock.now();
    if (crashedAtMs - crashedBeforeMs >= SETTLED_AFTER_MS) {
      void reloadLater();
      tell('The window stopped working and was loaded again. The run was not affected.');
      return;
    }
    void askToReload(window, 'The window stopped working again.', 'Quit').then((again) =>
      again ? reloadLater() : quit(),
    );
  });

  contents.on('unresponsive', () => {
    if (asking) return;
    const asked = new AbortController();
    asking = asked;
    logger.warn('the window does not answer');
    void askToReload(window, 'The window does not answer.', 'Wait', asked.signal).then((again) => {
      asking = null;
      // A hanging page cannot reload; ending its process is handled like a crash.
      if (again && !asked.signal.aborted) contents.forcefullyCrashRenderer();
    });
  });
  contents.on('responsive', () => asking?.abort());
}
