import { EventEmitter } from 'node:events';
import { existsSync } from 'node:fs';

/** An event that a listener can prevent, like Electron's. */
export class FakeEvent {
  defaultPrevented = false;
  preventDefault = (): void => {
    this.defaultPrevented = true;
  };
}

/** Electron's `app`, without Electron. Fields without a counterpart are for tests to set. */
class FakeApp extends EventEmitter {
  isPackaged = false;
  readonly paths = new Map<string, string>();
  /** Calls of `exit` and `quit`, in order. */
  endings: (number | 'quit')[] = [];
  #ready = false;
  #becomeReady: () => void = () => {};
  #whenReady: Promise<void> = Promise.resolve();

  constructor() {
    super();
    this.reset();
  }

  reset(): void {
    this.removeAllListeners();
    this.isPackaged = false;
    this.paths.clear();
    this.paths.set('downloads', '/downloads');
    this.endings = [];
    this.#ready = false;
    this.#whenReady = new Promise((resolve) => {
      this.#becomeReady = resolve;
    });
  }

  becomeReady(): void {
    this.#ready = true;
    this.#becomeReady();
    this.emit('ready');
  }
  isReady = (): boolean => this.#ready;
  whenReady = (): Promise<void> => this.#whenReady;
  getVersion = (): string => '1.2.3';
  getAppPath = (): string => '/app';
  getPath(name: string): string {
    const path = this.paths.get(name);
    if (path === undefined) throw new Error(`Failed to get '${name}' path`);
    return path;
  }
  setPath(name: string, path: string): void {
    if (!existsSync(path)) throw new Error(`the path ${path} of '${name}' does not exist`);
    if (this.#ready) throw new Error(`'${name}' must be set before the app is ready`);
    this.paths.set(name, path);
  }
  requestSingleInstanceLock = (): boolean => true;
  addRecentDocument(): void {}
  quit(): void {
    const event = new FakeEvent();
    this.emit('before-quit', event);
    if (!event.defaultPrevented) this.endings.push('quit');
  }
  exit(code = 0): void {
    this.endings.push(code);
    this.emit('ended-for-tests');
  }
}

export const app = new FakeApp();
