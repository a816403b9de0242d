import { join } from 'node:path';
import type { Session, WebContents } from 'electron';
import type { Logger } from '../../observability/logger';
import { APP_ORIGIN, START_URL } from './app-protocol';

/** The only permission a page gets: writing to the clipboard, for copying an id. */
const ALLOWED_PERMISSION = 'clipboard-sanitized-write';

/** Keeps a window's content from navigating, opening windows or embedding anything. */
export function guardContents(contents: WebContents, logger: Logger): void {
  const refuse = (what: string, url: string) => logger.warn({ url: shorten(url) }, `${what} was refused`);

  // Reloading looks like navigating, and is allowed.
  contents.on('will-navigate', (event) => {
    if (isOwnPage(event.url)) return;
    event.preventDefault();
    refuse('going to another address', event.url);
  });
  contents.on('will-redirect', (event) => {
    event.preventDefault();
    refuse('a redirection', event.url);
  });
  contents.on('will-frame-navigate', (event) => {
    if (event.isMainFrame) return;
    event.preventDefault();
    refuse('a frame in the window', event.url);
  });
  contents.on('will-attach-webview', (event, _preferences, params) => {
    event.preventDefault();
    refuse('a page in the window', params.src ?? '');
  });
  // A page must not be able to keep the window open.
  contents.on('will-prevent-unload', (event) => event.preventDefault());
  contents.setWindowOpenHandler(({ url }) => {
    refuse('another window', url);
    return { action: 'deny' };
  });
}

/** Denies permissions, devices and the network, and asks where to save a download. */
export function guardSession(
  session: Session,
  { logger, downloadsDirectory }: { readonly logger: Logger; readonly downloadsDirectory: string },
): void {
  session.setPermissionRequestHandler((_contents, permission, answer, details) => {
    const granted = permission === ALLOWED_PERMISSION && isOwnPage(details.requestingUrl);
    if (!granted) logger.warn({ permission }, 'a permission was refused');
    answer(granted);
  });
  session.setPermissionCheckHandler(
    (_contents, permission, requestingOrigin) =>
      permission === ALLOWED_PERMISSION && requestingOrigin.replace(/\/$/, '') === APP_ORIGIN,
  );
  session.setDevicePermissionHandler(() => false);
  session.setDisplayMediaRequestHandler(null);
  // In addition to the page's own policy: nothing in the window needs a network.
  session.webRequest.onBeforeRequest(
    { urls: ['http://*/*', 'https://*/*', 'ws://*/*', 'wss://*/*'] },
    (details, answer) => {
      logger.warn({ url: shorten(details.url) }, 'a request to the network was refused');
      answer({ cancel: true });
    },
  );
  session.on('will-download', (event, item) => {
    if (!isOwnContent(item.getURL())) {
      event.preventDefault();
      logger.warn({ url: shorten(item.getURL()) }, 'a download was refused');
      return;
    }
    // Without a path, Electron asks the person.
    item.setSaveDialogOptions({
      title: 'Save',
      defaultPath: join(downloadsDirectory, plainName(item.getFilename())),
    });
  });
}

function isOwnPage(url: string): boolean {
  return (url.split('#', 1)[0] ?? '') === START_URL;
}

/** Files that the shell serves, and what the page itself made, such as a report. */
function isOwnContent(url: string): boolean {
  return url.startsWith(START_URL) || url.startsWith(`blob:${START_URL}`);
}

/** The base name only: a page must not choose the directory. */
function plainName(name: string): string {
  return name.replace(/^.*[\\/]/, '') || 'download';
}

/** For the log: an address can have any length. */
function shorten(url: string): string {
  return url.slice(0, 256);
}
