import { EventEmitter } from 'node:events';
import { app } from './fake-app';

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

/** What guards it is shown in the real window. */
class FakeSession extends EventEmitter {
  protocol = new FakeProtocol();
  webRequest = { onBeforeRequest(): void {} };
  setPermissionRequestHandler(): void {}
  setPermissionCheckHandler(): void {}
  setDevicePermissionHandler(): void {}
  setDisplayMediaRequestHandler(): void {}
}

export const session = { defaultSession: new FakeSession() };

const DISPLAY = { id: 1, workArea: { x: 0, y: 0, width: 1920, height: 1040 } };
export const screen = { getAllDisplays: () => [DISPLAY], getPrimaryDisplay: () => DISPLAY };
export const nativeTheme = { shouldUseDarkColors: false };

/** Its key is a word: a test can lose it, or have none. */
class FakeSafeStorage {
  key: string | null = 'key';
  /** Undefined: as in an old Electron, which has no such function. */
  backend: string | undefined = 'gnome_libsecret';

  isEncryptionAvailable = (): boolean => app.isReady() && this.key !== null;
  get getSelectedStorageBackend(): (() => string) | undefined {
    const { backend } = this;
    return backend === undefined ? undefined : () => (app.isReady() ? backend : 'unknown');
  }
  encryptString(text: string): Buffer {
    if (!this.isEncryptionAvailable()) throw new Error('Error while encrypting the text provided');
    return Buffer.from(`${this.key}:${text}`).reverse();
  }
  decryptString(encrypted: Buffer): string {
    const [key, ...text] = Buffer.from(encrypted).reverse().toString().split(':');
    if (!this.isEncryptionAvailable() || key !== this.key)
      throw new Error('Error while decrypting the ciphertext');
    return text.join(':');
  }
}

export const safeStorage = new FakeSafeStorage();

export function resetSystem(): void {
  safeStorage.key = 'key';
  safeStorage.backend = 'gnome_libsecret';
  dialog.removeAllListeners();
  dialog.asked = [];
  dialog.answers = [];
  Notification.shown = [];
  protocol.privileged = null;
  protocol.handlers.clear();
  session.defaultSession = new FakeSession();
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
