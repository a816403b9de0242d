import { contextBridge, ipcRenderer, webUtils } from 'electron';
import type {
  FromPreloadChannel,
  IngotBridge,
  PreloadMessage,
  ToHostChannel,
  ToWindowChannel,
  ToWindowMessage,
  WindowCommand,
} from '../../../src-shared/bridge';
import type { ClientMessage, HostMessage } from '../../../src-shared/wire';

// A sandboxed preload can load only Electron; from our own files it imports only types.

const TO_HOST: ToHostChannel = 'ingot:to-host';
const FROM_PRELOAD: FromPreloadChannel = 'ingot:from-preload';
const TO_WINDOW: ToWindowChannel = 'ingot:to-window';

const messageListeners = new Set<(message: HostMessage) => void>();
const commandListeners = new Set<(command: WindowCommand) => void>();
/** Commands that came before the page could obey them. */
let waiting: WindowCommand[] = [];

/**
 * Copies the allowed fields of a message that the page may send. Any script in the page can call this with anything, so the
 * page's own object is never passed on, and neither is one of the preload's messages.
 * @throws TypeError for anything else.
 */
function readPageMessage(given: unknown): ClientMessage {
  const { type, callId, method, params, traceparent, afterSeq } = Object(given) as Record<string, unknown>;
  // The main process checks each field again, by its schema.
  if (type === 'call') {
    const call = { type, callId, method, params } as Extract<ClientMessage, { type: 'call' }>;
    return traceparent === undefined ? call : { ...call, traceparent: String(traceparent) };
  }
  if (type === 'subscribe') return { type, afterSeq: afterSeq as number | null };
  throw new TypeError('Only calls and subscriptions can be sent.');
}

function sendFromPage(message: ClientMessage): void {
  ipcRenderer.invoke(TO_HOST, JSON.stringify(message)).catch(() => {
    if (message.type !== 'call') return;
    // The host does not answer a message that it refused unread. Without this reply the caller would wait forever.
    const error = {
      code: 'invalid_input',
      message: 'Ingot did not take this request.',
      details: {},
    } as const;
    tell(messageListeners, { type: 'reply', callId: message.callId, ok: false, error });
  });
}

function sendFromPreload(message: PreloadMessage): void {
  // The main process logs a refusal; nothing here needs the answer.
  ipcRenderer.invoke(FROM_PRELOAD, JSON.stringify(message)).catch(() => undefined);
}

function tell<Heard>(listeners: ReadonlySet<(heard: Heard) => void>, heard: Heard): void {
  for (const listener of listeners) listener(heard);
}

ipcRenderer.on(TO_WINDOW, (_event, text: string) => {
  // From our own main process, so it matches the types.
  const message = JSON.parse(text) as ToWindowMessage;
  if (message.type === 'command') {
    if (commandListeners.size === 0) waiting.push(message.command);
    else tell(commandListeners, message.command);
    return;
  }
  tell(messageListeners, message);
  if (message.type === 'frame') sendFromPreload({ type: 'taken' });
});

function listen<Heard>(listeners: Set<(heard: Heard) => void>, listener: (heard: Heard) => void): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

contextBridge.exposeInMainWorld('ingot', {
  send: (message) => sendFromPage(readPageMessage(message)),
  receive: (listener) => listen(messageListeners, listener),
  obey(listener) {
    const stop = listen(commandListeners, listener);
    const early = waiting;
    waiting = [];
    for (const command of early) listener(command);
    return stop;
  },
  pathOf(file) {
    // Older Electrons read a path from any object that claims one.
    if (!(file instanceof File)) return null;
    // Empty for a file made by a script: only a person's file has a path.
    const path = webUtils.getPathForFile(file);
    if (path === '') return null;
    sendFromPreload({ type: 'grant', path });
    return path;
  },
} satisfies IngotBridge<File>);
