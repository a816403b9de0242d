import { EventEmitter } from 'node:events';

export interface FakeFrame {
  readonly url: string;
  readonly origin: string;
  readonly parent: FakeFrame | null;
}

interface Sender {
  readonly sender: unknown;
  readonly senderFrame: FakeFrame | null;
}
type Handler = (event: Sender & { readonly type: 'frame' }, ...args: unknown[]) => unknown;

class FakeIpcMain {
  readonly handlers = new Map<string, Handler>();

  handle(channel: string, handler: Handler): void {
    if (this.handlers.has(channel)) {
      throw new Error(`Attempted to register a second handler for '${channel}'`);
    }
    this.handlers.set(channel, handler);
  }
  removeHandler(channel: string): void {
    this.handlers.delete(channel);
  }
  /** What arrives when that sender invokes it: cloned, with errors reduced to their text. */
  async receive(from: Sender, channel: string, args: readonly unknown[]): Promise<unknown> {
    const handler = this.handlers.get(channel);
    try {
      if (!handler) throw new Error(`No handler registered for '${channel}'`);
      return structuredClone(await handler({ ...from, type: 'frame' }, ...structuredClone(args)));
    } catch (error) {
      throw new Error(`Error invoking remote method '${channel}': ${String(error)}`);
    }
  }
}

export const ipcMain = new FakeIpcMain();

/** The page's end. There is one page at a time: `attach` sets it. */
class FakeIpcRenderer extends EventEmitter {
  #from: () => Sender = () => ({ sender: null, senderFrame: null });

  attach(from: () => Sender): void {
    this.removeAllListeners();
    this.#from = from;
  }
  invoke(channel: string, ...args: unknown[]): Promise<unknown> {
    return ipcMain.receive(this.#from(), channel, args);
  }
}

export const ipcRenderer = new FakeIpcRenderer();

type Callable = (...args: unknown[]) => unknown;

/** Like the bridge: wraps functions, also inside objects, passes files, clones the rest. */
function acrossTheBridge(value: unknown): unknown {
  if (typeof value === 'function') {
    const call = value as Callable;
    return (...args: unknown[]) => acrossTheBridge(call(...args.map(acrossTheBridge)));
  }
  if (Array.isArray(value)) return value.map(acrossTheBridge);
  if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, acrossTheBridge(held)]));
  }
  return value instanceof File ? value : structuredClone(value);
}

class FakeContextBridge {
  readonly world = new Map<string, unknown>();

  exposeInMainWorld(key: string, api: Readonly<Record<string, unknown>>): void {
    if (this.world.has(key)) throw new Error('Cannot bind an API on top of an existing property');
    this.world.set(
      key,
      Object.fromEntries(Object.entries(api).map(([name, value]) => [name, acrossTheBridge(value)])),
    );
  }
}

export const contextBridge = new FakeContextBridge();

export const webUtils = { getPathForFile: () => '' };

export function resetIpc(): void {
  ipcMain.handlers.clear();
  ipcRenderer.attach(() => ({ sender: null, senderFrame: null }));
  contextBridge.world.clear();
}
