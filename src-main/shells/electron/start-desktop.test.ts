import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { RecentSource } from '../../../src-shared/contract';
import { IngotError } from '../../../src-shared/errors';
import type { HostMessage } from '../../../src-shared/wire';
import { createTestFolder } from '../../database/testing/each-database';
import { createVirtualClock } from '../../time/testing/virtual-clock';
import {
  app,
  BrowserWindow,
  dialog,
  FakeEvent,
  lastWindow,
  Menu,
  Notification,
  resetElectron,
} from './testing/fake-electron';
import type { FakePage } from './testing/open-page';
import { openAppPage, startApp, until, untilAsked, untilEnded, writeUpdates } from './testing/start-app';

beforeEach(resetElectron);

const resultOf = async (page: FakePage, method: string, params: unknown = {}) => {
  const reply = await page.call(method, params);
  if (!reply.ok) throw new Error(reply.error.message);
  return reply.result;
};
const hasRun = (source: string) => (message: HostMessage) =>
  message.type === 'frame' && message.frame.status?.source.endsWith(source) === true;
const hasFailed = (runId: string) => (message: HostMessage) =>
  message.type === 'frame' &&
  message.frame.status?.runId === runId &&
  message.frame.status.state === 'failed';
const tells = (text: string) => (message: HostMessage) =>
  message.type === 'frame' &&
  message.frame.kind === 'events' &&
  message.frame.events.some((event) => event.event === 'notice' && event.message.includes(text));

describe('the desktop app', () => {
  it('opens a window whose page talks to the engine', async () => {
    startApp();
    const page = await openAppPage();
    expect(await resultOf(page, 'app.info')).toMatchObject({ shell: 'electron', version: '1.2.3' });
    expect(await page.call('database.drop')).toMatchObject({
      ok: false,
      error: { code: 'invalid_input', message: 'There is no method "database.drop".' },
    });
    expect(await page.call('accounts.get', { id: '' })).toMatchObject({
      ok: false,
      error: { code: 'invalid_input' },
    });
  });

  it('ingests the file that it was started with', async () => {
    const file = writeUpdates();
    startApp({ file });
    const page = await openAppPage();
    page.bridge.send({ type: 'subscribe', afterSeq: null });
    await page.until(hasRun('updates.json'));
    await until(app, 'recent-for-tests', () => app.recentDocuments.length > 0);
    expect(app.recentDocuments).toEqual([file]);
  });

  it('says in the window why a file could not be ingested', async () => {
    startApp({ file: '/nowhere/updates.json' });
    const [told] = await untilAsked();
    expect(told).toMatchObject({
      kind: 'message',
      options: { message: 'updates.json cannot be found or read.' },
    });
    expect(BrowserWindow.all).toHaveLength(1);
  });

  it('reads a file that was chosen in the open dialog, and lists it as recent', async () => {
    const file = writeUpdates('chosen.json');
    startApp();
    const page = await openAppPage();
    dialog.answers.push({ canceled: false, filePaths: [file] });
    const choice = await resultOf(page, 'source.choose');
    expect(choice).toEqual({ source: { kind: 'path', path: file }, name: 'chosen.json' });
    expect(
      await resultOf(page, 'source.preview', { source: { kind: 'path', path: file }, count: 1 }),
    ).toMatchObject({ format: 'json-array', records: [{ kind: 'update', id: 'a' }] });
    const settings = { arrival: 'none', wait: false };
    await resultOf(page, 'run.start', { source: { kind: 'path', path: file }, settings });
    const recent = (await resultOf(page, 'source.recent')) as readonly RecentSource[];
    expect(recent.map(({ name }) => name)).toEqual(['chosen.json']);
  });

  it('gives null when the open dialog is cancelled', async () => {
    startApp();
    expect(await resultOf(await openAppPage(), 'source.choose')).toBeNull();
  });

  it('reads no file that nobody chose', async () => {
    startApp();
    const page = await openAppPage();
    const source = { kind: 'path', path: writeUpdates() };
    expect(await page.call('source.preview', { source, count: 1 })).toMatchObject({
      ok: false,
      error: { code: 'forbidden' },
    });
  });

  it('shows the run in the taskbar, and a failure as a notification that leads to it', async () => {
    const file = join(createTestFolder(), 'broken.json');
    writeFileSync(file, '[{"id":"a"}, nonsense');
    startApp();
    const page = await openAppPage();
    const commands: unknown[] = [];
    page.bridge.obey((command) => commands.push(command));
    page.bridge.send({ type: 'subscribe', afterSeq: null });
    dialog.answers.push({ canceled: false, filePaths: [file] });
    await resultOf(page, 'source.choose');
    const source = { kind: 'path', path: file };
    const failed = page.until(hasFailed('1'));
    await resultOf(page, 'run.start', { source, settings: {} });
    await failed;
    await until(dialog, 'asked-for-tests', () => Notification.shown.length > 0);
    expect(Notification.shown.map(({ options }) => options.title)).toEqual(['Failed: broken.json']);
    const window = lastWindow();
    expect(window.progress.at(-1)).toMatch(/^error /);
    Notification.shown[0]?.emit('click');
    expect(commands).toEqual([{ command: 'view.live' }]);
    expect(window.acts.slice(-2)).toEqual(['show', 'focus']);
    window.focused = true;
    window.focus();
    expect(window.progress.at(-1)).toBe('none -1');

    // Nobody needs to be told while looking, or after switching it off.
    const again = page.until(hasFailed('2'));
    await resultOf(page, 'run.start', { source, settings: {} });
    await again;
    window.focused = false;
    await resultOf(page, 'preferences.set', { notifications: false });
    const third = page.until(hasFailed('3'));
    await resultOf(page, 'run.start', { source, settings: {} });
    await third;
    await resultOf(page, 'preferences.get');
    expect(Notification.shown).toHaveLength(1);
  });

  it('sends what is chosen in the menu to the window', async () => {
    startApp();
    const page = await openAppPage();
    await page.call('app.info');
    const commands: unknown[] = [];
    page.bridge.obey((command) => commands.push(command));
    Menu.current?.getMenuItemById('view.accounts')?.click();
    expect(commands).toEqual([{ command: 'view.accounts' }]);
  });

  it('tells why it cannot start, and ends', async () => {
    startApp({
      wrapHost: () => {
        throw new IngotError('internal', 'Nothing works.');
      },
    });
    expect(await untilEnded()).toBe(1);
    expect(dialog.asked).toMatchObject([{ kind: 'error', options: { title: 'Ingot could not start' } }]);
    expect(BrowserWindow.all).toEqual([]);
  });
});

describe('a second start', () => {
  it('hands its file to the first and opens nothing', () => {
    app.isFirst = false;
    const file = writeUpdates();
    const { run } = startApp({ file });
    expect(app.lockData).toEqual({ file, preview: false, run });
    expect(app.endings).toEqual(['quit']);
    expect(BrowserWindow.all).toEqual([]);
  });

  it('brings the first to the front, also from being minimized', async () => {
    const { run } = startApp();
    await openAppPage().then((page) => page.call('app.info'));
    const window = lastWindow();
    window.minimize();
    app.emit('second-instance', {}, [], '/', { file: null, preview: false, run });
    await until(window, 'focus', () => window.acts.includes('focus'));
    expect(window.acts).toEqual(['restore', 'show', 'focus']);
  });

  it('has its file ingested by the first, as it was asked to be', async () => {
    const { run } = startApp();
    const page = await openAppPage();
    page.bridge.send({ type: 'subscribe', afterSeq: null });
    const file = writeUpdates('second.json');
    app.emit('second-instance', {}, [], '/', { file, preview: false, run: { ...run, speed: 20 } });
    const message = await page.until(hasRun('second.json'));
    expect(message).toMatchObject({ frame: { status: { speed: 20 } } });
  });

  it('that says something else is only a wish to see the window', async () => {
    startApp();
    await openAppPage().then((page) => page.call('app.info'));
    const window = lastWindow();
    app.emit('second-instance', {}, [], '/', { file: { path: '/etc/passwd' } });
    await until(window, 'focus', () => window.acts.includes('focus'));
    expect(dialog.asked).toEqual([]);
  });
});

describe('a file that the system opens with it', () => {
  it('is shown and not ingested, also if it comes before the window', async () => {
    startApp();
    const event = new FakeEvent();
    const file = writeUpdates('opened.json');
    app.emit('open-file', event, file);
    expect(event.defaultPrevented).toBe(true);
    const page = await openAppPage();
    const order = await new Promise((resolve) => page.bridge.obey(resolve));
    const choice = { source: { kind: 'path', path: file }, name: 'opened.json' };
    expect(order).toEqual({ command: 'open.source', choice });
    expect(await resultOf(page, 'source.preview', { source: choice.source, count: 1 })).toMatchObject({
      records: [{ kind: 'update', id: 'a' }],
    });
    expect(await resultOf(page, 'run.status')).toBeNull();
  });

  it('is shown if it came with --preview, or to a packaged app', async () => {
    const { run } = startApp();
    const page = await openAppPage();
    const file = writeUpdates('second.json');
    const obeyed = new Promise((resolve) => page.bridge.obey(resolve));
    app.emit('second-instance', {}, [], '/', { file, preview: true, run });
    expect(await obeyed).toMatchObject({ command: 'open.source', choice: { name: 'second.json' } });
  });
});

describe('when something goes down', () => {
  it('loads the window again after a crash, and the engine has not noticed', async () => {
    startApp({ file: writeUpdates() });
    const before = await openAppPage();
    before.bridge.send({ type: 'subscribe', afterSeq: null });
    await before.until(hasRun('updates.json'));

    const { webContents: contents } = lastWindow();
    contents.crash('oom');
    await until(contents, 'did-navigate', () => contents.loads.length === 2);
    const after = await openAppPage();
    after.bridge.send({ type: 'subscribe', afterSeq: null });
    await after.until(hasRun('updates.json'));
    expect(await untilAsked()).toMatchObject([
      { kind: 'message', options: { message: expect.stringContaining('was loaded again') } },
    ]);
  });

  it('opens a lost database again and tells the window', async () => {
    let lose: (reason: Error) => void = () => {};
    startApp({
      onDatabase: (way) => {
        lose = way;
      },
    });
    const page = await openAppPage();
    page.bridge.send({ type: 'subscribe', afterSeq: null });
    await page.call('app.info');
    lose(new IngotError('database_unavailable', 'Its thread ended.'));
    await page.until(tells('The database was lost'));
    await page.until(tells('The database is open again'));
    expect(await resultOf(page, 'callbacks.counts')).toMatchObject({ pending: 0 });
  });
});

describe('the end', () => {
  it('comes with the window, after the host was closed and the place of the window kept', async () => {
    const order: string[] = [];
    const { homeDirectory } = startApp({
      wrapHost: (host) => ({
        ...host,
        close: async () => {
          order.push('closing');
          await host.close();
          order.push('closed');
        },
      }),
    });
    await openAppPage().then((page) => page.call('preferences.set', { theme: 'dark' }));
    app.on('ended-for-tests', () => order.push('ended'));
    const window = lastWindow();
    window.moveTo({ x: 10, y: 20, width: 1100, height: 700 });
    window.close();
    expect(await untilEnded()).toBe(0);
    expect(order).toEqual(['closing', 'closed', 'ended']);
    const kept = readFileSync(join(homeDirectory, 'desktop/window.json'), 'utf8');
    expect(JSON.parse(kept)).toEqual({
      bounds: { x: 10, y: 20, width: 1100, height: 700 },
      maximized: false,
      fullScreen: false,
      theme: 'dark',
    });
  });

  it('comes once, however often it is asked for', async () => {
    let closings = 0;
    startApp({
      wrapHost: (host) => ({
        ...host,
        close: () => {
          closings += 1;
          return host.close();
        },
      }),
    });
    await openAppPage().then((page) => page.call('app.info'));
    app.quit();
    app.quit();
    lastWindow().close();
    expect(await untilEnded()).toBe(0);
    expect(closings).toBe(1);
    expect(app.endings).toEqual([0]);
  });

  it('does not wait for ever for what does not close', async () => {
    startApp({
      clock: createVirtualClock(),
      wrapHost: (host) => ({ ...host, close: () => new Promise(() => {}) }),
    });
    await openAppPage().then((page) => page.call('app.info'));
    app.quit();
    expect(await untilEnded()).toBe(0);
  });

  it('keeps a run and its callbacks for the next start', async () => {
    const dataDir = startApp({ file: writeUpdates() }).target;
    const page = await openAppPage();
    page.bridge.send({ type: 'subscribe', afterSeq: null });
    await page.until(hasRun('updates.json'));
    expect(await resultOf(page, 'callbacks.counts')).toMatchObject({ pending: 1 });
    app.quit();
    expect(await untilEnded()).toBe(0);

    resetElectron();
    startApp({ target: dataDir });
    const again = await openAppPage();
    expect(await resultOf(again, 'callbacks.counts')).toMatchObject({ pending: 1 });
  });
});

it('leaves its profile beside the database, not among the settings', () => {
  app.isFirst = false;
  const { homeDirectory } = startApp();
  expect(app.getPath('userData')).toBe(join(homeDirectory, 'desktop'));
  expect(existsSync(app.getPath('userData'))).toBe(true);
});
