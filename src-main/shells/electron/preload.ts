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
  ipcRenderer.invoke(TO_HOST, JSON.stringify(message)).catch(() => {
    if (message.type !== 'call') return;
    // What was refused unread is never answered by the host: whoever called would wait for ever.
    const error = {
      code: 'invalid_input',
      message: 'Ingot did not take this request.',
      details: {},
    } as const;
    tell(messageListeners, { type: 'reply', callId: message.callId, ok: false, error });
  });
}

function tell<Heard>(listeners: ReadonlySet<(heard: Heard) => void>, heard: Heard): void {
  for (const listener of listeners) listener(heard);
}

ipcRenderer.on(TO_WINDOW, (_event, text: string) => {
  // From our own main process: what it sends is what the types say.
  const message = JSON.parse(text) as ToWindowMessage;
  if (message.type === 'command') {
    tell(commandListeners, message.command);
    return;
  }
  tell(messageListeners, message);
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
