import * as electron from 'electron';
import { beforeEach, describe, expect, it } from 'vitest';
import { MAX_CLIENT_MESSAGE_BYTES } from '../../../src-shared/wire';
import { type ClientTransport, createConnection } from '../../host/connection';
import type { Dispatch } from '../../host/dispatch';
import { createFeed } from '../../host/feed';
import { silentLogger } from '../../runs/testing/play-run';
import { createVirtualClock } from '../../time/testing/virtual-clock';
import { START_URL } from './app-protocol';
import { BrowserWindow, ipcMain, lastWindow, resetElectron } from './testing/fake-electron';
import { openPage } from './testing/open-page';
import { openWindowChannel, type WindowChannel } from './window-channel';

const TO_HOST = 'ingot:to-host';

/** A window with our page, its channel, and a host with the test's dispatcher. */
async function openChannel(
  dispatch: Dispatch = async (method) => `answer to ${method}`,
  hostIsOpen: Promise<void> = Promise.resolve(),
) {
  // The same objects twice: typed for the product, and for a test.
  const window = new electron.BrowserWindow({});
  const contents = lastWindow().webContents;
  const clock = createVirtualClock();
  const feed = createFeed({ clock, status: () => null });
  const transports: ClientTransport[] = [];
  const granted: string[] = [];
  const channel: WindowChannel = openWindowChannel({
    ipcMain: electron.ipcMain,
    contents: window.webContents,
    host: hostIsOpen.then(() => ({
      connectClient: (transport: ClientTransport) => {
        transports.push(transport);
        return createConnection({ dispatch, feed }, transport);
      },
      grantFile: async (path: string) => {
        granted.push(path);
        return { source: { kind: 'path', path } as const, name: path };
      },
    })),
    logger: silentLogger,
    observe: () => {},
    fileGranted: () => {},
  });
  await contents.loadURL(START_URL);
  return { contents, channel, clock, feed, transports, granted };
}

const aCall = (callId = 0) => JSON.stringify({ type: 'call', callId, method: 'app.info', params: {} });

beforeEach(resetElectron);

describe("the window's channel", () => {
  it('carries a call of the page to the host, and the reply back', async () => {
    const { contents } = await openChannel(async (method, params) => ({ method, params }));
    const page = await openPage(contents);
    expect(await page.call('history.page', { limit: 3 })).toEqual({
      type: 'reply',
      callId: 0,
      ok: true,
      result: { method: 'history.page', params: { limit: 3 } },
    });
  });

  it('carries the trace that a call belongs to', async () => {
    const { contents } = await openChannel(async (_method, _params, traceparent) => ({ traceparent }));
    const page = await openPage(contents);
    const traceparent = `00-${'4bf92f3577b34da6'.repeat(2)}-00f067aa0ba902b7-01`;
    page.bridge.send({ type: 'call', callId: 0, method: 'app.info', params: {}, traceparent });
    expect(await page.until((message) => message.type === 'reply')).toMatchObject({
      result: { traceparent },
    });
  });

  it('carries the feed to a page that subscribed', async () => {
    const { contents, feed, clock } = await openChannel();
    const page = await openPage(contents);
    page.bridge.send({ type: 'subscribe', afterSeq: null });
    await page.call('app.info');
    feed.publish([{ event: 'notice', level: 'info', message: 'hello' }]);
    await clock.waitUntil(1_000);
    const frame = await page.until((message) => message.type === 'frame');
    expect(frame).toMatchObject({ frame: { events: [{ seq: 1, event: 'notice', message: 'hello' }] } });
  });

  it('keeps commands of the menu until the page is there, and carries later ones to it at once', async () => {
    const { contents, channel } = await openChannel();
    const page = await openPage(contents);
    const commands: unknown[] = [];
    channel.command({ command: 'open.file' });
    await page.call('app.info');
    page.bridge.obey((command) => commands.push(command));
    expect(commands).toEqual([{ command: 'open.file' }]);
    channel.command({ command: 'run.toggle' });
    expect(commands).toEqual([{ command: 'open.file' }, { command: 'run.toggle' }]);
  });

  it('keeps messages that come before the host is open, in their order', async () => {
    let open: () => void = () => {};
    const hostIsOpen = new Promise<void>((resolve) => {
      open = resolve;
    });
    const asked: string[] = [];
    const { contents } = await openChannel(async (method) => asked.push(method), hostIsOpen);
    const page = await openPage(contents);
    const replies = ['first', 'second', 'third'].map((method) => page.call(method));
    expect(asked).toEqual([]);
    open();
    await Promise.all(replies);
    expect(asked).toEqual(['first', 'second', 'third']);
  });

  it('is one in a process', async () => {
    await openChannel();
    await expect(openChannel()).rejects.toThrow('second handler');
  });

  it('takes nothing more once it is closed', async () => {
    const { contents, channel } = await openChannel();
    channel.close();
    const own = { sender: contents, senderFrame: contents.mainFrame };
    await expect(ipcMain.receive(own, TO_HOST, [aCall()])).rejects.toThrow('No handler');
  });
});

describe('a message is refused', () => {
  it('from a frame inside of the page', async () => {
    const { contents, transports } = await openChannel();
    const frame = contents.childFrame(START_URL);
    await expect(
      ipcMain.receive({ sender: contents, senderFrame: frame }, TO_HOST, [aCall()]),
    ).rejects.toThrow('refused');
    expect(transports).toEqual([]);
  });

  it('from another window', async () => {
    const { transports } = await openChannel();
    const other = new BrowserWindow({}).webContents;
    await other.loadURL(START_URL);
    await expect(
      ipcMain.receive({ sender: other, senderFrame: other.mainFrame }, TO_HOST, [aCall()]),
    ).rejects.toThrow('refused');
    expect(transports).toEqual([]);
  });

  it.each([
    ['another site', { url: 'https://example.com/', origin: 'https://example.com', parent: null }],
    ['a file', { url: 'file:///ingot/', origin: 'file://', parent: null }],
    [
      'an origin that begins like ours',
      { url: 'app://ingot.evil/', origin: 'app://ingot.evil', parent: null },
    ],
    ['a page of ours without our origin', { url: START_URL, origin: 'null', parent: null }],
    ['a blank page with our origin', { url: 'about:blank', origin: 'app://ingot', parent: null }],
  ])('from %s', async (_name, senderFrame) => {
    const { contents, transports } = await openChannel();
    await expect(ipcMain.receive({ sender: contents, senderFrame }, TO_HOST, [aCall()])).rejects.toThrow(
      'refused',
    );
    expect(transports).toEqual([]);
  });

  it('from a frame that is gone', async () => {
    const { contents, transports } = await openChannel();
    await expect(
      ipcMain.receive({ sender: contents, senderFrame: null }, TO_HOST, [aCall()]),
    ).rejects.toThrow('refused');
    expect(transports).toEqual([]);
  });

  it.each([
    ['no text', { type: 'subscribe', afterSeq: null }],
    ['no JSON', '{"type":'],
    ['of no protocol', '{"type":"shout"}'],
    ['of a trace that is none', '{"type":"call","callId":0,"method":"app.info","traceparent":"00-12-34-01"}'],
    ['a call with more to it', '{"type":"call","callId":0,"method":"app.info","params":{},"admin":true}'],
  ])('that is %s', async (_name, message) => {
    const { contents } = await openChannel();
    await expect(
      ipcMain.receive({ sender: contents, senderFrame: contents.mainFrame }, TO_HOST, [message]),
    ).rejects.toThrow('refused');
    expect(contents.sent).toEqual([]);
  });

  it('that is too long, counted in bytes', async () => {
    const asked: string[] = [];
    const { contents } = await openChannel(async (method) => asked.push(method));
    const own = { sender: contents, senderFrame: contents.mainFrame };
    const frame = aCall().length + '"x":""'.length;
    const text = (room: number) =>
      JSON.stringify({ type: 'call', callId: 0, method: 'app.info', params: { x: 'ü'.repeat(room) } });
    const fits = Math.floor((MAX_CLIENT_MESSAGE_BYTES - frame) / 2);
    await ipcMain.receive(own, TO_HOST, [text(fits)]);
    expect(asked).toEqual(['app.info']);
    await expect(ipcMain.receive(own, TO_HOST, [text(fits + 1)])).rejects.toThrow('refused');
    expect(asked).toHaveLength(1);
  });

  it('with an answer to whoever called, so that nobody waits for ever', async () => {
    const { contents } = await openChannel();
    const page = await openPage(contents);
    const reply = await page.call('preferences.set', { layout: 'x'.repeat(MAX_CLIENT_MESSAGE_BYTES) });
    expect(reply).toMatchObject({ ok: false, error: { code: 'invalid_input' } });
  });

  it('and says nothing of why', async () => {
    const { contents } = await openChannel();
    const failure = await ipcMain
      .receive({ sender: contents, senderFrame: null }, TO_HOST, [aCall()])
      .catch((error: Error) => error.message);
    expect(failure).toBe("Error invoking remote method 'ingot:to-host': Error: refused");
  });
});

describe('a page that was loaded again', () => {
  it('does not get replies to calls of the page before', async () => {
    let answer: (result: string) => void = () => {};
    const first = new Promise<string>((resolve) => {
      answer = resolve;
    });
    const { contents } = await openChannel((method) => (method === 'slow' ? first : Promise.resolve('new')));
    const before = await openPage(contents);
    void before.call('slow');
    await before.call('quick');
    contents.reload();
    const after = await openPage(contents);
    answer('old');
    await first;
    expect(await after.call('quick')).toMatchObject({ callId: 0, result: 'new' });
    expect(after.received).toHaveLength(1);
  });

  it('gets a connection of its own', async () => {
    const { contents, transports } = await openChannel();
    await (await openPage(contents)).call('app.info');
    contents.reload();
    await (await openPage(contents)).call('app.info');
    expect(transports).toHaveLength(2);
  });
});

describe('a page that lags', () => {
  it('is known by the frames that it has not taken', async () => {
    const { contents, feed, clock, transports } = await openChannel();
    const page = await openPage(contents);
    page.bridge.send({ type: 'subscribe', afterSeq: null });
    await page.call('app.info');
    const [transport] = transports;
    if (!transport) throw new Error('no connection');

    // The page hangs, so messages to it stay unread.
    const { send } = contents;
    const held: [string, ...unknown[]][] = [];
    contents.send = (...message) => held.push(message);
    feed.publish([{ event: 'notice', level: 'info', message: 'x'.repeat(1_000) }]);
    await clock.waitUntil(1_000);
    expect(held).toHaveLength(1);
    expect(transport.bufferedBytes()).toBe(String(held[0]?.[1]).length);

    contents.send = send;
    for (const message of held) contents.send(...message);
    await page.call('app.info');
    expect(transport.bufferedBytes()).toBe(0);
  });
});
