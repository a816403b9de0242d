import { EventEmitter } from 'node:events';
import { app, FakeEvent } from './fake-app';

type Answer = Readonly<Record<string, unknown>>;
interface Asked {
  readonly kind: 'open' | 'message' | 'error';
  readonly options: Readonly<Record<string, unknown>>;
}

/** Dialogs answered by the test in order; without an answer, as if cancelled. */
class FakeDialog extends EventEmitter {
  asked: Asked[] = [];
  answers: Answer[] = [];

  #ask(
    kind: Asked['kind'],
    { signal, ...options }: Record<string, unknown>,
    cancelled: Answer,
  ): Promise<Answer> {
    this.asked.push({ kind, options: structuredClone(options) });
    this.emit('asked-for-tests');
    const answer = this.answers.shift();
    if (answer || !(signal instanceof AbortSignal)) return Promise.resolve(answer ?? cancelled);
    // A dialog that can be aborted stays until then.
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(cancelled)));
  }
  showOpenDialog(_window: unknown, options: Record<string, unknown>): Promise<Answer> {
    return this.#ask('open', options, { canceled: true, filePaths: [] });
  }
  showMessageBox(_window: unknown, options: Record<string, unknown>): Promise<Answer> {
    return this.#ask('message', options, { response: options.cancelId ?? 0, checkboxChecked: false });
  }
  showErrorBox(title: string, content: string): void {
    this.asked.push({ kind: 'error', options: { title, content } });
  }
}

export const dialog = new FakeDialog();

type Respond = (request: Request) => Promise<Response>;

class FakeProtocol {
  readonly handlers = new Map<string, Respond>();
  privileged: unknown = null;

  registerSchemesAsPrivileged(schemes: unknown): void {
    if (app.isReady()) throw new Error('schemes are registered before the app is ready');
    // In Electron the second call replaces the first.
    if (this.privileged !== null) throw new Error('schemes are registered once');
    this.privileged = structuredClone(schemes);
  }
  handle(scheme: string, respond: Respond): void {
    if (this.handlers.has(scheme)) throw new Error(`the scheme ${scheme} is handled already`);
    this.handlers.set(scheme, respond);
  }
}

export const protocol = new FakeProtocol();

export class FakeDownload {
  readonly url: string;
  readonly name: string;
  saveDialog: Readonly<Record<string, unknown>> | null = null;
  constructor(url: string, name: string) {
    this.url = url;
    this.name = name;
  }
  getURL = (): string => this.url;
  getFilename = (): string => this.name;
  setSaveDialogOptions(options: Readonly<Record<string, unknown>>): void {
    this.saveDialog = structuredClone(options);
  }
}

type PermissionRequest = (
  contents: unknown,
  permission: string,
  answer: (granted: boolean) => void,
  details: { readonly requestingUrl: string },
) => void;
type PermissionCheck = (contents: unknown, permission: string, origin: string) => boolean;
type BeforeRequest = (details: { readonly url: string }, answer: (a: { cancel?: boolean }) => void) => void;

/** Without handlers Electron grants everything, and so does this. */
export class FakeSession extends EventEmitter {
  protocol = new FakeProtocol();
  #request: PermissionRequest = (_contents, _permission, answer) => answer(true);
  #check: PermissionCheck = () => true;
  #device: () => boolean = () => true;
  #before: { urls: readonly string[]; listener: BeforeRequest } | null = null;

  setPermissionRequestHandler(handler: PermissionRequest): void {
    this.#request = handler;
  }
  setPermissionCheckHandler(handler: PermissionCheck): void {
    this.#check = handler;
  }
  setDevicePermissionHandler(handler: () => boolean): void {
    this.#device = handler;
  }
  setDisplayMediaRequestHandler(): void {}
  webRequest = {
    onBeforeRequest: (filter: { urls: readonly string[] }, listener: BeforeRequest) => {
      this.#before = { urls: filter.urls, listener };
    },
  };

  requestPermission(permission: string, requestingUrl: string): Promise<boolean> {
    return new Promise((resolve) => this.#request({}, permission, resolve, { requestingUrl }));
  }
  checkPermission(permission: string, origin: string): boolean {
    return this.#check({}, permission, origin);
  }
  allowsDevice(): boolean {
    return this.#device();
  }
  /** Whether a request to this address is allowed. */
  lets(url: string): boolean {
    const { urls = [], listener } = this.#before ?? {};
    const scheme = url.slice(0, url.indexOf('://'));
    if (!listener || !urls.some((pattern) => pattern.startsWith(`${scheme}://`))) return true;
    let cancelled = false;
    listener({ url }, (answer) => {
      cancelled = answer.cancel === true;
    });
    return !cancelled;
  }
  /** A download starts; null if refused. */
  download(url: string, name: string): FakeDownload | null {
    const event = new FakeEvent();
    const item = new FakeDownload(url, name);
    this.emit('will-download', event, item);
    return event.defaultPrevented ? null : item;
  }
}

export const session = { defaultSession: new FakeSession() };

interface FakeDisplay {
  readonly id: number;
  readonly workArea: {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  };
}
const ONE_DISPLAY: readonly FakeDisplay[] = [{ id: 1, workArea: { x: 0, y: 0, width: 1920, height: 1040 } }];

/** The first display is the primary one. */
class FakeScreen {
  displays = ONE_DISPLAY;
  getAllDisplays = (): readonly FakeDisplay[] => this.displays;
  getPrimaryDisplay = (): FakeDisplay | undefined => this.displays[0];
}
export const screen = new FakeScreen();
export const nativeTheme = { shouldUseDarkColors: false };

/** The desktop: records what it was asked to show, and answers with an error or nothing. */
class FakeShell {
  opened: string[] = [];
  problem = '';
  openPath = (path: string): Promise<string> => {
    this.opened.push(path);
    return Promise.resolve(this.problem);
  };
}
export const shell = new FakeShell();

export function resetSystem(): void {
  dialog.removeAllListeners();
  dialog.asked = [];
  dialog.answers = [];
  Notification.shown = [];
  protocol.privileged = null;
  protocol.handlers.clear();
  session.defaultSession = new FakeSession();
  screen.displays = ONE_DISPLAY;
  nativeTheme.shouldUseDarkColors = false;
  shell.opened = [];
  shell.problem = '';
}

export class Notification extends EventEmitter {
  static shown: Notification[] = [];
  static isSupported = (): boolean => true;
  constructor(readonly options: { readonly title: string; readonly body: string }) {
    super();
  }
  show(): void {
    Notification.shown.push(this);
    dialog.emit('asked-for-tests');
  }
}
