import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { IngotError } from '../../../src-shared/errors';
import type { HostMessage } from '../../../src-shared/wire';
import { createTestFolder } from '../../database/testing/each-database';
import { createVirtualClock } from '../../time/testing/virtual-clock';
import { showFatal } from './dialogs';
import { app, BrowserWindow, dialog, lastWindow, Notification, resetElectron } from './testing/fake-electron';
import type { FakePage } from './testing/open-page';
import { openAppPage, startApp, until, untilEnded } from './testing/start-app';

beforeEach(resetElectron);

const resultOf = async (page: FakePage, method: string, params: unknown = {}) => {
  const reply = await page.call(method, params);
  if (!reply.ok) throw new Error(reply.error.message);
  return reply.result;
};
const hasFailed = (runId: string) => (message: HostMessage) =>
  message.type === 'frame' &&
  message.frame.status?.runId === runId &&
  message.frame.status.state === 'failed';

describe('the desktop app', () => {
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

  it('says where an error of our own happened, if no log does', () => {
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const error = new TypeError('oops');
    showFatal(error, false);
    expect(said).toHaveBeenCalledWith(`ingot: Something went wrong inside Ingot: ${error.stack}\n`);
    said.mockRestore();
    showFatal(error, true);
    expect(dialog.asked.map(({ options }) => options.content)).toEqual([
      expect.stringMatching(/: oops\n\nStart Ingot in a terminal/),
      expect.stringContaining('The log has the details'),
    ]);
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
  it('brings the first to the front, also from being minimized', async () => {
    const { run } = startApp();
    await openAppPage().then((page) => page.call('app.info'));
    const window = lastWindow();
    window.minimize();
    app.emit('second-instance', {}, [], '/', { file: null, preview: false, run });
    await until(window, 'focus', () => window.acts.includes('focus'));
    expect(window.acts).toEqual(['restore', 'show', 'focus']);
  });
});

describe('the end', () => {
  it('does not wait for ever for what does not close: it kills its process, because an exit would wait', async () => {
    const killed: number[] = [];
    startApp({
      clock: createVirtualClock(),
      kill(exitCode) {
        killed.push(exitCode);
        app.exit(exitCode);
      },
      wrapHost: (host) => ({ ...host, close: () => new Promise(() => {}) }),
    });
    await openAppPage().then((page) => page.call('app.info'));
    app.quit();
    expect(await untilEnded()).toBe(0);
    expect(killed).toEqual([0]);
  });
});
