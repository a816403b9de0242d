import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expectState, goTo } from '../fixtures/actions';
import { test } from '../fixtures/desktop';
import { expect } from '../fixtures/ingot';

test('the taskbar and a notification tell of a failed run, and a click leads to it', async ({
  desktop,
  page,
  home,
  startBeside,
}) => {
  const file = join(home, 'broken.json');
  await writeFile(file, '[{"id":"a"}, nonsense');
  // Not every desktop that tests run on has a taskbar or a service for notifications.
  const seen = await desktop.app.evaluateHandle(({ BrowserWindow, Notification }) => {
    const [window] = BrowserWindow.getAllWindows();
    if (!window) throw new Error('there is no window');
    const found = { bars: [] as string[], shown: [] as Electron.Notification[], focused: false };
    window.isFocused = () => found.focused;
    window.setProgressBar = (value, options) => {
      found.bars.push(`${options?.mode} ${value}`);
    };
    Notification.isSupported = () => true;
    Notification.prototype.show = function show() {
      found.shown.push(this);
    };
    return found;
  });
  const titles = () => seen.evaluate(({ shown }) => shown.map(({ title }) => title));
  const lastBar = () => seen.evaluate(({ bars }) => bars.at(-1));

  await goTo(page, 'Accounts');
  expect(await startBeside([file])).toBe(0);
  await expectState(page, 'failed');
  await expect.poll(titles).toEqual(['Failed: broken.json']);
  expect(await lastBar()).toMatch(/^error /);
  await seen.evaluate(({ shown }) => shown[0]?.emit('click'));
  await expect(page.getByRole('heading', { level: 1, name: 'Live' })).toBeVisible();
  await desktop.app.evaluate(({ BrowserWindow }, found) => {
    found.focused = true;
    BrowserWindow.getAllWindows()[0]?.emit('focus');
  }, seen);
  expect(await lastBar()).toBe('none -1');
});
