import { contextBridge, ipcRenderer, webUtils } from 'electron';
import type {
  IngotBridge,
  ToHostChannel,
  ToHostMessage,
  ToWindowChannel,
  ToWindowMessage,
  WindowCommand,
} from '../../../src-shared/bridge';
import type { HostMessage } from '../../../src-shared/wire';

// The preload of a sandboxed window can load nothing but Electron: of our own files, only types.

const TO_HOST: ToHostChannel = 'ingot:to-host';
const TO_WINDOW: ToWindowChannel = 'ingot:to-window';

const messageListeners = new Set<(message: HostMessage) => void>();
const commandListeners = new Set<(command: WindowCommand) => void>();

function post(message: ToHostMessage): void {
  // A refusal is in the host's log; the page waits for replies, not for this.
  ipcRenderer.invoke(TO_HOST, JSON.stringify(message)).catch(() => {});
}

ipcRenderer.on(TO_WINDOW, (_event, text: string) => {
  // From our own main process: what it sends is what the types say.
  const message = JSON.parse(text) as ToWindowMessage;
  if (message.type === 'command') {
    for (const listener of commandListeners) listener(message.command);
    return;
  }
  for (const listener of messageListeners) listener(message);
  if (message.type === 'frame') post({ type: 'taken' });
});

function listen<Heard>(listeners: Set<(heard: Heard) => void>, listener: (heard: Heard) => void): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

contextBridge.exposeInMainWorld('ingot', {
  send: (message) => post(message),
  receive: (listener) => listen(messageListeners, listener),
  obey: (listener) => listen(commandListeners, listener),
  pathOf(file) {
    // Empty for a file that a script made up: only a person's own file has a path.
    const path = webUtils.getPathForFile(file);
    if (path === '') return null;
    post({ type: 'grant', path });
    return path;
  },
} satisfies IngotBridge<File>);
