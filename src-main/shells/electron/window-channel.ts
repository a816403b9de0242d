import type { IpcMain, IpcMainInvokeEvent, WebContents } from 'electron';
import {
  type FromPreloadChannel,
  type PreloadMessage,
  preloadMessageSchema,
  type ToHostChannel,
  type ToWindowChannel,
  type ToWindowMessage,
  type WindowCommand,
} from '../../../src-shared/bridge';
import { IngotError } from '../../../src-shared/errors';
import { type HostMessage, MAX_CLIENT_MESSAGE_BYTES } from '../../../src-shared/wire';
import type { ClientConnection } from '../../host/connection';
import type { Host } from '../../host/create-host';
import type { Logger } from '../../observability/logger';
import { APP_ORIGIN, START_URL } from './app-protocol';

const TO_HOST: ToHostChannel = 'ingot:to-host';
const FROM_PRELOAD: FromPreloadChannel = 'ingot:from-preload';
const TO_WINDOW: ToWindowChannel = 'ingot:to-window';

export interface WindowChannelDeps {
  readonly ipcMain: Pick<IpcMain, 'handle' | 'removeHandler'>;
  readonly contents: WebContents;
  /** Messages before it is open wait, in order. */
  readonly host: Promise<Pick<Host, 'connectClient' | 'grantFile'>>;
  readonly logger: Logger;
  /** Called with every message to the window. */
  readonly observe: (message: HostMessage) => void;
  /** The person chose this file. */
  readonly fileGranted: (path: string) => void;
}

/** The only connection between a window's page and the host. */
export interface WindowChannel {
  /** Obeyed once the page is there. */
  command(command: WindowCommand): void;
  /** Ends the page's connection, as after a crash. The next message starts a new one. */
  disconnect(): void;
  /** Accepts nothing more from any page. */
  close(): void;
}

/** One load of the page. Replies to an earlier one must not reach it: it counts its calls from 0 again. */
interface Page {
  connection: ClientConnection | null;
  /** Length of each frame that was sent and not taken yet. */
  readonly untaken: number[];
  refusal: IngotError | null;
}

const startPage = (): Page => ({ connection: null, untaken: [], refusal: null });

/** @throws Error if the process already has such a channel. */
export function openWindowChannel(deps: WindowChannelDeps): WindowChannel {
  const { ipcMain, contents, host, logger, observe, fileGranted } = deps;
  let page = startPage();
  let inOrder: Promise<unknown> = Promise.resolve();
  /** For a page that is still loading. */
  const waiting: WindowCommand[] = [];

  const send = (message: ToWindowMessage): number => {
    if (contents.isDestroyed()) return 0;
    const text = JSON.stringify(message);
    contents.send(TO_WINDOW, text);
    return text.length;
  };

  const connect = (to: Pick<Host, 'connectClient'>, mine: Page): ClientConnection =>
    to.connectClient({
      send: (message) => {
        observe(message);
        const length = send(message);
        if (message.type === 'frame') mine.untaken.push(length);
      },
      bufferedBytes: () => mine.untaken.reduce((sum, length) => sum + length, 0),
      refuse: (reason) => {
        mine.refusal = reason;
      },
    });

  const takeFromPage = async (message: unknown, mine: Page): Promise<void> => {
    const opened = await host;
    if (mine !== page) return;
    mine.connection ??= connect(opened, mine);
    for (const command of waiting.splice(0)) send({ type: 'command', command });
    mine.connection.receive(message);
    const { refusal } = mine;
    mine.refusal = null;
    if (refusal) throw refusal;
  };

  const takeFromPreload = async (message: PreloadMessage, mine: Page): Promise<void> => {
    if (message.type === 'taken') {
      if (mine === page) mine.untaken.shift();
      return;
    }
    const { path } = message;
    const { grantFile } = await host;
    // The call that reads the file reports a failure, with the name and the reason.
    await grantFile(path).then(
      () => fileGranted(path),
      (error: unknown) => logger.info({ err: error }, 'a file from the window cannot be read'),
    );
  };

  const handle = <Message>(
    name: string,
    check: (message: unknown) => Message,
    take: (message: Message, mine: Page) => Promise<void>,
  ) =>
    ipcMain.handle(name, async (event, text: unknown) => {
      try {
        // Before any await: a frame that goes away loses its address.
        checkSender(event, contents);
        const message = check(parse(text));
        const mine = page;
        // One order for both channels: a file is granted before the call that reads it.
        const taken = inOrder.then(() => take(message, mine));
        inOrder = taken.catch(() => undefined);
        await taken;
      } catch (error) {
        logger.warn({ err: error }, 'a message from a window was refused');
        // Electron passes the text to the page, so it says no more.
        throw new Error('refused');
      }
    });
  handle(TO_HOST, (message) => message, takeFromPage);
  handle(FROM_PRELOAD, (message) => preloadMessageSchema.parse(message), takeFromPreload);

  const disconnect = () => {
    page.connection?.close();
    page = startPage();
  };
  contents.on('did-navigate', disconnect);
  contents.on('destroyed', disconnect);

  return {
    command(command) {
      if (page.connection === null) waiting.push(command);
      else send({ type: 'command', command });
    },
    disconnect,
    close() {
      ipcMain.removeHandler(TO_HOST);
      ipcMain.removeHandler(FROM_PRELOAD);
      disconnect();
    },
  };
}

/** @throws IngotError `forbidden` unless the sender is our window's own page, not a frame in it. */
function checkSender(event: IpcMainInvokeEvent, contents: WebContents): void {
  const frame = event.senderFrame;
  if (event.sender !== contents || frame === null || frame.parent !== null) {
    throw new IngotError('forbidden', 'The sender is not the main frame of the window.');
  }
  if (frame.origin !== APP_ORIGIN || !frame.url.startsWith(START_URL)) {
    throw new IngotError('forbidden', 'The sender is of another origin.');
  }
}

/** @throws IngotError `invalid_input` if it is not text, too long, or not JSON. */
function parse(text: unknown): unknown {
  if (typeof text !== 'string') throw new IngotError('invalid_input', 'A message is JSON text.');
  if (Buffer.byteLength(text) > MAX_CLIENT_MESSAGE_BYTES) {
    throw new IngotError('invalid_input', `A message is at most ${MAX_CLIENT_MESSAGE_BYTES} bytes long.`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new IngotError('invalid_input', 'A message is JSON text.', {}, error);
  }
}
