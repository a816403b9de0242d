import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { createTestDataDir, createTestFolder } from '../../database/testing/each-database';
import { dialog, ipcMain, lastWindow, resetElectron } from './testing/fake-electron';
import type { FakePage } from './testing/open-page';
import { openAppPage, startApp, writeUpdates } from './testing/start-app';

/**
 * A script in the page tries what only the preload or a person may do, with forged messages. e2e/page-powers.spec.ts tries the
 * same in the real window.
 */

beforeEach(resetElectron);

/** Sends anything; a refusal by the preload counts as sent. */
function sendAnything(page: FakePage, message: unknown): void {
  try {
    page.bridge.send(message as never);
  } catch {
    // The preload refused.
  }
}

const refusalOf = async (page: FakePage, method: string, params: unknown) => {
  const reply = await page.call(method, params);
  return reply.ok ? 'done' : reply.error.code;
};

describe('a script in the page', () => {
  it('cannot have a file granted by any message', async () => {
    startApp();
    const page = await openAppPage();
    const path = writeUpdates('private.json');
    const grant = { type: 'grant', path };
    for (const message of [
      grant,
      [grant],
      JSON.stringify(grant),
      // Objects that become it when serialized as JSON.
      { toJSON: () => grant },
      { type: 'call', callId: 1_000_000, method: 'app.info', params: {}, toJSON: () => grant },
      { type: 'subscribe', afterSeq: null, toJSON: () => grant },
      { type: { toJSON: () => 'grant' }, path },
      { type: 'command', command: { command: 'open.source', choice: { source: { kind: 'path', path } } } },
      undefined,
      null,
      7,
    ]) {
      sendAnything(page, message);
      const source = { kind: 'path', path };
      expect(await refusalOf(page, 'source.preview', { source, count: 5 })).toBe('forbidden');
    }
    expect(await page.call('source.recent')).toMatchObject({ result: [] });
  });

  it('cannot use a path that nobody chose, by any method that takes one', async () => {
    startApp();
    const page = await openAppPage();
    const source = { kind: 'path', path: writeUpdates('private.json') };
    expect(await refusalOf(page, 'source.preview', { source, count: 1 })).toBe('forbidden');
    expect(await refusalOf(page, 'run.start', { source, settings: {} })).toBe('forbidden');
    expect(await refusalOf(page, 'database.readBackup', { source })).toBe('forbidden');
    expect(await refusalOf(page, 'database.restoreFile', { source })).toBe('forbidden');
    expect(page.bridge.pathOf(new File(['[]'], source.path))).toBeNull();
    expect(await refusalOf(page, 'source.preview', { source, count: 1 })).toBe('forbidden');
  });

  it('cannot open a directory that was not chosen in the dialog, whatever is in it', async () => {
    // A file in place of a directory: the database is in trouble, where `openOther` applies.
    startApp({ target: { kind: 'data-dir', dataDir: writeUpdates() } });
    const page = await openAppPage();
    const withDatabase = createTestDataDir();
    writeFileSync(join(withDatabase, 'notes.txt'), 'kept');
    const chosen = createTestFolder();
    for (const dataDir of [createTestFolder(), withDatabase, '/', 'relative', '/no/such/directory']) {
      expect(await refusalOf(page, 'database.openOther', { dataDir })).toBe('forbidden');
    }
    // A cancelled dialog chose nothing.
    dialog.answers.push({ canceled: true, filePaths: [] });
    await page.call('database.chooseDirectory');
    dialog.answers.push({ canceled: false, filePaths: [chosen] });
    await page.call('database.chooseDirectory');
    for (const dataDir of [join(chosen, '..'), `${chosen}-other`, join(chosen, 'inside')]) {
      expect(await refusalOf(page, 'database.openOther', { dataDir })).toBe('forbidden');
    }
    expect(await refusalOf(page, 'database.openOther', { dataDir: chosen })).toBe('done');
  });

  it('cannot say that it has taken frames which it has not', async () => {
    startApp();
    const page = await openAppPage();
    const { contents, taken } = countTaken();
    const { send } = contents;
    contents.send = () => undefined;
    sendAnything(page, { type: 'subscribe', afterSeq: null });
    sendAnything(page, { type: 'taken' });
    contents.send = send;
    await page.call('app.info');
    expect(taken()).toBe(0);
  });

  it('cannot break the channel by odd subscriptions and calls', async () => {
    startApp();
    const page = await openAppPage();
    for (const odd of [
      { type: 'subscribe' },
      { type: 'subscribe', afterSeq: -1 },
      { type: 'subscribe', afterSeq: 0.5 },
      { type: 'subscribe', afterSeq: '0' },
      { type: 'subscribe', afterSeq: Number.NaN },
      { type: 'subscribe', afterSeq: { toJSON: () => 0 }, as: 'preload' },
      { type: 'call', callId: -1, method: 'app.info', params: {} },
      { type: 'call', callId: 'x', method: 'app.info', params: {} },
      { type: 'call', callId: 1, method: ['app.info'], params: {} },
      { type: 'call', callId: 1, method: 'app.info', params: 1n },
      { type: 'subscribe', afterSeq: 5e15 },
    ]) {
      sendAnything(page, odd);
    }
    expect(await page.call('app.info')).toMatchObject({ ok: true, result: { name: 'Ingot' } });
    expect(await refusalOf(page, 'constructor', {})).toBe('invalid_input');
    expect(await refusalOf(page, '__proto__', {})).toBe('invalid_input');
  });

  it('has four functions, and no other channel to say anything on', async () => {
    startApp();
    const page = await openAppPage();
    expect(Object.keys(page.bridge).sort()).toEqual(['obey', 'pathOf', 'receive', 'send']);
    expect([...ipcMain.handlers.keys()].sort()).toEqual(['ingot:from-preload', 'ingot:to-host']);
    // The page's channel refuses it too, for a script that reached it.
    const own = { sender: lastWindow().webContents, senderFrame: lastWindow().webContents.mainFrame };
    const path = writeUpdates('private.json');
    for (const message of [{ type: 'grant', path }, { type: 'taken' }]) {
      await expect(ipcMain.receive(own, 'ingot:to-host', [JSON.stringify(message)])).rejects.toThrow(
        'refused',
      );
    }
    const call = { type: 'call', callId: 0, method: 'app.info', params: {} };
    await expect(ipcMain.receive(own, 'ingot:from-preload', [JSON.stringify(call)])).rejects.toThrow(
      'refused',
    );
    expect(await refusalOf(page, 'source.preview', { source: { kind: 'path', path }, count: 1 })).toBe(
      'forbidden',
    );
  });
});

/** Counts what arrives as `taken` on any channel. */
function countTaken() {
  let count = 0;
  const receive = ipcMain.receive.bind(ipcMain);
  ipcMain.receive = (from, channel, args) => {
    if (String(args[0]).includes('"taken"')) count += 1;
    return receive(from, channel, args);
  };
  return { contents: lastWindow().webContents, taken: () => count };
}
