import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import {
  chooseFile,
  expectRecords,
  expectState,
  goTo,
  recordsTaken,
  startRun,
  transport,
} from './fixtures/actions';
import { expect, test } from './fixtures/ingot';
import { lookInBothThemes } from './fixtures/looks';
import { SAMPLE } from './fixtures/paths';

test('the title says how far the run is, and what state it is in', async ({ opened, page }) => {
  await expect(page).toHaveTitle('Ingot');
  await chooseFile(opened, SAMPLE);
  await startRun(page, { delay: '60000' });
  await expect(page).toHaveTitle(/^0 % · sample\.json – Ingot$/);
  await transport(page, 'Pause').click();
  await expect(page).toHaveTitle('paused · 0 % · sample.json – Ingot');
  const first = await recordsTaken(page);
  for (let records = first + 1; records <= first + 5; records += 1) {
    await transport(page, 'Step one record').click();
    await expectRecords(page, records);
  }
  await expect(page).toHaveTitle('paused · 1 % · sample.json – Ingot');
  await transport(page, 'Stop').click();
  await expect(page).toHaveTitle('stopped · sample.json – Ingot');
});

/** Records each notification of the page, and shows it too. */
async function watchNotifications(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const shown: Notification[] = [];
    const Real = window.Notification;
    class Watched extends Real {
      constructor(title: string, options?: NotificationOptions) {
        super(title, options);
        shown.push(this);
      }
    }
    Object.assign(window, { Notification: Watched, shown });
  });
  return () =>
    page.evaluate(() =>
      (window as unknown as { shown: Notification[] }).shown.map(({ title, body }) => `${title}: ${body}`),
    );
}

test('a run that fails while nobody looks is told by a notification, once a person allowed it', async ({
  home,
  opened,
  page,
  shell,
}) => {
  test.skip(shell !== 'web', 'The main process of the desktop app shows its own.');
  const file = join(home, 'broken.json');
  await writeFile(
    file,
    '[{"id":"a","accountType":"mint","tokens":1,"version":1,"callbackTimeMs":1}, nonsense',
  );
  const shown = await watchNotifications(page);
  const fail = async () => {
    await chooseFile(opened, file);
    await startRun(page, {});
    await expectState(page, 'failed');
  };
  await goTo(page, 'Settings');
  const notify = page.getByRole('switch', { name: 'Notify me' });
  await expect(notify).not.toBeChecked();
  expect(await lookInBothThemes(page, 'notifications')).toEqual({
    'notifications, dark': [],
    'notifications, light': [],
  });
  await page.context().grantPermissions(['notifications'], { origin: new URL(page.url()).origin });
  await notify.click();
  await expect(notify).toBeChecked();
  await goTo(page, 'Live');
  await fail();
  expect(await shown()).toEqual([]);

  // Playwright tells every page that it has the focus.
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Emulation.setFocusEmulationEnabled', { enabled: false });
  const other = await page.context().newPage();
  await other.bringToFront();
  await expect.poll(() => page.evaluate(() => document.hasFocus())).toBe(false);
  await page.evaluate(() => window.location.assign('#/runs'));
  // A real click would give it the focus.
  await transport(page, 'Run again…').dispatchEvent('click');
  await page.getByRole('button', { name: 'Start run' }).dispatchEvent('click');
  await expect.poll(shown).toEqual([expect.stringMatching(/^Failed: broken\.json: .*record 1/)]);
  await page.evaluate(() =>
    (window as unknown as { shown: Notification[] }).shown[0]?.onclick?.(new Event('click')),
  );
  await expect(page.getByRole('heading', { level: 1, name: 'Live' })).toBeVisible();
});
