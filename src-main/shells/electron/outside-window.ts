import { type BrowserWindow, Notification } from 'electron';
import type { RunStatus } from '../../../src-shared/events';
import type { FeedFrame } from '../../../src-shared/feed';
import {
  createTeller,
  type TaskbarProgress,
  type Telling,
  taskbarProgress,
} from '../../../src-shared/outside-window';
import type { Logger } from '../../observability/logger';

export interface OutsideDeps {
  /** Whether the person wants notifications. */
  readonly wanted: () => Promise<boolean>;
  /** Called when a notification is clicked. */
  readonly show: (view: Telling['view']) => void;
  readonly logger: Logger;
}

/** Shows the run in the taskbar or dock, and notifications while nobody looks at the window. Call the result with each frame. */
export function showOutside(window: BrowserWindow, { wanted, show, logger }: OutsideDeps) {
  const tellingsIn = createTeller();
  let status: RunStatus | null = null;
  /** The run whose failure a person has seen. */
  let seenFailure: string | null = null;
  let shown: TaskbarProgress = taskbarProgress(null);
  // A notification that is collected as garbage does not report its click.
  const open = new Set<Notification>();

  const tell = async (tellings: readonly Telling[]) => {
    if (!Notification.isSupported() || !(await wanted())) return;
    for (const { title, body, view } of tellings) {
      const notification = new Notification({ title, body });
      const forget = () => open.delete(notification);
      notification.on('click', () => {
        forget();
        show(view);
      });
      notification.on('close', forget);
      notification.on('failed', forget);
      open.add(notification);
      notification.show();
    }
  };

  const showProgress = () => {
    if (window.isDestroyed()) return;
    // Red until a person looks.
    if (status?.state === 'failed' && window.isFocused()) seenFailure = status.runId;
    const next = taskbarProgress(status !== null && status.runId === seenFailure ? null : status);
    if (next.value === shown.value && next.mode === shown.mode) return;
    shown = next;
    window.setProgressBar(next.value, { mode: next.mode });
  };
  window.on('focus', showProgress);

  return (frame: FeedFrame): void => {
    status = frame.status;
    showProgress();
    const tellings = tellingsIn(frame);
    if (tellings.length === 0 || window.isDestroyed() || window.isFocused()) return;
    tell(tellings).catch((error: unknown) => logger.warn({ err: error }, 'a notification was not shown'));
  };
}
