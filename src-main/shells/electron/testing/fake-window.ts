import { EventEmitter } from 'node:events';
import { app, FakeEvent } from './fake-app';
import { contextBridge, type FakeFrame, ipcRenderer } from './fake-ipc';

interface Bounds {
  x: number;
  y: number;
  width: number;
  height: number;
}

function originOf(url: string): string {
  return /^[a-z]+:\/\/[^/]*/.exec(url)?.[0] ?? 'null';
}

export class FakeWebContents extends EventEmitter {
  mainFrame: FakeFrame = { url: '', origin: 'null', parent: null };
  /** Every address loaded, by the app or by the page. */
  readonly loads: string[] = [];
  /** What was sent to the page, as it arrived. */
  readonly sent: { readonly channel: string; readonly args: readonly unknown[] }[] = [];
  #destroyed = false;

  /** A frame inside the page. */
  childFrame(url: string): FakeFrame {
    return { url, origin: originOf(url), parent: this.mainFrame };
  }
  getURL = (): string => this.mainFrame.url;
  isDestroyed = (): boolean => this.#destroyed;
  setWindowOpenHandler(): void {}
  async loadURL(url: string): Promise<void> {
    this.#commit(url);
  }
  reload(): void {
    this.#commit(this.getURL());
  }
  send(channel: string, ...args: unknown[]): void {
    if (this.#destroyed) throw new TypeError('Object has been destroyed');
    const cloned = structuredClone(args);
    this.sent.push({ channel, args: cloned });
    this.emit('sent-for-tests');
    ipcRenderer.emit(channel, {}, ...cloned);
  }
  /** The page's process ends. */
  crash(reason: string): void {
    ipcRenderer.attach(() => ({ sender: this, senderFrame: null }));
    this.emit('render-process-gone', {}, { reason, exitCode: 5 });
  }
  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.emit('destroyed');
  }

  #commit(url: string): void {
    this.loads.push(url);
    this.mainFrame = { url, origin: originOf(url), parent: null };
    // A new page knows nothing of the old one: its preload runs again.
    contextBridge.world.clear();
    ipcRenderer.attach(() => ({ sender: this, senderFrame: this.mainFrame }));
    this.emit('did-navigate', {}, url);
  }
}

export class BrowserWindow extends EventEmitter {
  static all: BrowserWindow[] = [];
  readonly options: Readonly<Record<string, unknown>>;
  readonly webContents = new FakeWebContents();
  /** Calls, in order. */
  readonly acts: string[] = [];
  bounds: Bounds;
  focused = false;
  /** Each change of the bar in the taskbar. */
  readonly progress: string[] = [];
  #maximized = false;
  #fullScreen = false;
  #minimized = false;
  #destroyed = false;

  constructor(options: Readonly<Record<string, unknown>>) {
    super();
    this.options = structuredClone(options);
    this.bounds = { x: 0, y: 0, width: 800, height: 600, ...pickBounds(options) };
    BrowserWindow.all.push(this);
    app.emit('web-contents-created', {}, this.webContents);
  }

  show = (): void => this.#act('show');
  hide = (): void => this.#act('hide');
  focus = (): void => this.#act('focus');
  restore(): void {
    this.#act('restore');
    this.#minimized = false;
  }
  minimize(): void {
    this.#minimized = true;
  }
  isFocused = (): boolean => this.focused;
  setProgressBar = (value: number, { mode }: { readonly mode: string }): void => {
    this.progress.push(`${mode} ${value}`);
  };
  isMinimized = (): boolean => this.#minimized;
  maximize(): void {
    this.#maximized = true;
    this.emit('maximize');
  }
  isMaximized = (): boolean => this.#maximized;
  setFullScreen(on: boolean): void {
    this.#fullScreen = on;
  }
  isFullScreen = (): boolean => this.#fullScreen;
  getNormalBounds = (): Bounds => this.bounds;
  isDestroyed = (): boolean => this.#destroyed;

  #act(name: string): void {
    this.acts.push(name);
    this.emit(name);
  }

  /** A person drags it. */
  moveTo(bounds: Bounds): void {
    this.bounds = bounds;
    this.emit('move');
    this.emit('resize');
  }
  /** A person closes it. */
  close(): void {
    this.emit('close', new FakeEvent());
    this.destroy();
  }
  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.webContents.destroy();
    BrowserWindow.all = BrowserWindow.all.filter((window) => window !== this);
    this.emit('closed');
    if (BrowserWindow.all.length === 0) app.emit('window-all-closed');
  }
}

function pickBounds(options: Readonly<Record<string, unknown>>): Partial<Bounds> {
  return Object.fromEntries(
    ['x', 'y', 'width', 'height'].flatMap((key) => (key in options ? [[key, options[key]]] : [])),
  );
}
