import * as electron from 'electron';
import { beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../runs/testing/play-run';
import { START_URL } from './app-protocol';
import { guardContents, guardSession } from './guards';
import { FakeEvent, lastWindow, resetElectron, session } from './testing/fake-electron';

beforeEach(resetElectron);

async function openGuardedWindow() {
  guardContents(new electron.BrowserWindow({}).webContents, silentLogger);
  const contents = lastWindow().webContents;
  await contents.loadURL(START_URL);
  return contents;
}

function openGuardedSession() {
  guardSession(electron.session.defaultSession, { logger: silentLogger, downloadsDirectory: '/downloads' });
  return session.defaultSession;
}

describe('a window', () => {
  it.each([
    'https://example.com/',
    'file:///etc/passwd',
    'app://other/',
    'app://ingot.evil/',
    'app://ingot/other.html',
    'data:text/html,hello',
    'javascript:alert(1)',
  ])('does not go to %s', async (url) => {
    const contents = await openGuardedWindow();
    expect(contents.navigateFromPage(url)).toBe(false);
    expect(contents.getURL()).toBe(START_URL);
  });

  it('may load its own page again, wherever in it it is', async () => {
    const contents = await openGuardedWindow();
    expect(contents.navigateFromPage(`${START_URL}#/accounts`)).toBe(true);
  });

  it('is not sent elsewhere by a redirection', async () => {
    const contents = await openGuardedWindow();
    const event = Object.assign(new FakeEvent(), { url: 'https://example.com/' });
    contents.emit('will-redirect', event);
    expect(event.defaultPrevented).toBe(true);
  });

  it('shows no frame', async () => {
    const contents = await openGuardedWindow();
    const event = Object.assign(new FakeEvent(), { url: START_URL, isMainFrame: false });
    contents.emit('will-frame-navigate', event);
    expect(event.defaultPrevented).toBe(true);
  });

  it('opens no other window', async () => {
    const contents = await openGuardedWindow();
    for (const url of ['https://example.com/', START_URL]) {
      expect(contents.openHandler({ url })).toEqual({ action: 'deny' });
    }
  });

  it('holds no other page', async () => {
    const contents = await openGuardedWindow();
    const event = new FakeEvent();
    contents.emit('will-attach-webview', event, {}, { src: 'https://example.com/' });
    expect(event.defaultPrevented).toBe(true);
  });

  it('cannot keep itself from closing', async () => {
    const contents = await openGuardedWindow();
    const event = new FakeEvent();
    contents.emit('will-prevent-unload', event);
    // Preventing the prevention: the window closes.
    expect(event.defaultPrevented).toBe(true);
  });
});

describe('a page', () => {
  const denied = [
    'media',
    'geolocation',
    'notifications',
    'clipboard-read',
    'fullscreen',
    'openExternal',
    'usb',
  ];

  it.each(denied)('is denied %s', async (permission) => {
    const guarded = openGuardedSession();
    expect(await guarded.requestPermission(permission, START_URL)).toBe(false);
    expect(guarded.checkPermission(permission, START_URL)).toBe(false);
  });

  it('may write to the clipboard, as copying an id does', async () => {
    const guarded = openGuardedSession();
    expect(await guarded.requestPermission('clipboard-sanitized-write', `${START_URL}#/accounts`)).toBe(true);
    expect(guarded.checkPermission('clipboard-sanitized-write', 'app://ingot/')).toBe(true);
    expect(guarded.checkPermission('clipboard-sanitized-write', 'app://ingot')).toBe(true);
  });

  it.each(['https://example.com', 'app://ingot.evil/'])('of %s may not even that', async (origin) => {
    const guarded = openGuardedSession();
    expect(await guarded.requestPermission('clipboard-sanitized-write', origin)).toBe(false);
    expect(guarded.checkPermission('clipboard-sanitized-write', origin)).toBe(false);
  });

  it('gets no device', () => {
    expect(openGuardedSession().allowsDevice()).toBe(false);
  });

  it.each(['http://127.0.0.1:80/', 'https://example.com/x', 'ws://localhost/', 'wss://example.com/'])(
    'reaches no network at %s',
    (url) => {
      expect(openGuardedSession().lets(url)).toBe(false);
    },
  );

  it('reaches its own files', () => {
    expect(openGuardedSession().lets(START_URL)).toBe(true);
  });
});

describe('a download', () => {
  it.each([`${START_URL}backups/ingot-1`, `blob:${START_URL}8f0e`])('of %s asks where to go', (url) => {
    const item = openGuardedSession().download(url, 'report.csv');
    expect(item?.saveDialog).toEqual({ title: 'Save', defaultPath: '/downloads/report.csv' });
  });

  it.each(['../../.bashrc', '/etc/cron.d/x', '..\\..\\x'])('named %s stays in the directory', (name) => {
    const item = openGuardedSession().download(`blob:${START_URL}8f0e`, name);
    expect(item?.saveDialog?.defaultPath).toMatch(/^\/downloads\/[^/\\]+$/);
  });

  it.each(['https://example.com/x.zip', 'data:text/plain,x', 'blob:https://example.com/1'])(
    'from %s is refused',
    (url) => {
      expect(openGuardedSession().download(url, 'x')).toBeNull();
    },
  );
});
