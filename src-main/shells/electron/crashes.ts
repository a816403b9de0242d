import type { BrowserWindow } from 'electron';
import type { Logger } from '../../observability/logger';
import type { Clock } from '../../time/clock';
import { askToReload } from './dialogs';

/** A window that goes down again this soon is not loaded again by itself. */
const SETTLED_AFTER_MS = 60_000;

export interface CrashDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Loads the page again. */
  readonly reload: () => void;
  /** What the page was connected to has nobody at the other end. */
  readonly disconnect: () => void;
  /** Tells the person, in the window that is back, what happened. */
  readonly tell: (message: string) => void;
  /** The person would rather end. */
  readonly quit: () => void;
}

/**
 * A window's process may end or hang at any time; the engine is in another one and does not notice. The
 * page is loaded again and fetches what it missed. One that keeps crashing waits for the person.
 */
export function surviveCrashes(window: BrowserWindow, deps: CrashDeps): void {
  const { clock, logger, reload, disconnect, tell, quit } = deps;
  const contents = window.webContents;
  let crashedAtMs = Number.NEGATIVE_INFINITY;
  let asking: AbortController | null = null;

  // In a later turn: Electron's own cleaning up after the process must be over, or it goes down as well.
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
      // What hangs cannot be asked to load again; ended, it goes the way of a crash.
      if (again && !asked.signal.aborted) contents.forcefullyCrashRenderer();
    });
  });
  contents.on('responsive', () => asking?.abort());
}
