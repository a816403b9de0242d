import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { startTestPostgres } from '../src-main/database/testing/test-postgres';
import {
  chooseFile,
  deckOf,
  dropFile,
  expectRecords,
  expectState,
  goTo,
  grid,
  previewOf,
  readTimeline,
  recordsTaken,
  rowsOf,
  startRun,
  tipOf,
  transport,
} from './fixtures/actions';
import { expect, test } from './fixtures/ingot';
import { findFaults, keepScreen, THEMES } from './fixtures/looks';
import { SAMPLE } from './fixtures/paths';
import { openWebWindow } from './fixtures/web-window';

const REASON = 'This window is read-only: it changes nothing';

/** Refused with the reason, without any other effect. */
async function expectRefusal(page: Page): Promise<void> {
  const message = page.getByRole('alert').filter({ hasText: REASON });
  await expect(message).toBeVisible();
  await message.getByRole('button').click();
  await expect(message).toHaveCount(0);
}

const countTimeline = async (page: Page) => (await readTimeline(page)).reduce((sum, count) => sum + count, 0);

async function expectGreyed(page: Page, button: Locator): Promise<void> {
  await expect(button).toBeDisabled();
  await button.hover();
  await expect(tipOf(page, REASON)).toBeVisible();
}

test('a read-only window names the holder and offers no changes', async ({ browserOnce, home, shell }) => {
  test.skip(shell !== 'web', 'The window is the same, and only this shell can be started twice here');
  const server = await startTestPostgres();
  const browser = await browserOnce();
  const places = { holder: join(home, 'holder'), looking: join(home, 'looking') };
  for (const place of Object.values(places)) await mkdir(place);
  const holder = await openWebWindow(browser, places.holder, ['--database', server.url]);
  try {
    const file = join(home, 'updates.json');
    const update = { accountType: 'mint', tokens: 5, callbackTimeMs: 900_000_000 };
    const updates = Array.from({ length: 40 }, (_, at) => ({ ...update, id: `account-${at}`, version: 1 }));
    await writeFile(file, JSON.stringify(updates));
    await chooseFile(holder, file);
    await startRun(holder.page, { delay: '10000', speed: '1' });
    await transport(holder.page, 'Pause').click();
    await expectState(holder.page, 'paused');
    const before = await recordsTaken(holder.page);
    for (const taken of [before + 1, before + 2, before + 3]) {
      await transport(holder.page, 'Step one record').click();
      await expectRecords(holder.page, taken);
    }

    const looking = await openWebWindow(browser, places.looking, ['--database', server.url, '--read-only']);
    try {
      const { page } = looking;
      await expect(page.getByRole('status').filter({ hasText: 'Read-only.' })).toContainText(
        /Ingot.* \(process \d+ on .+\) has held the database since \d{4}-\d\d-\d\d \d\d:\d\d/i,
      );
      await expectState(page, 'paused');
      await expect(page.getByRole('slider', { name: 'Timeline of the run' })).toHaveText('');
      for (const name of ['Run again…', 'Step one record', 'Stop']) {
        await expect(transport(page, name)).toBeDisabled();
      }
      await expectGreyed(page, transport(page, 'Resume'));
      await expect(deckOf(page).getByRole('button', { name: /^Speed/ })).toHaveCount(0);

      await page.keyboard.press('Space');
      await expectRefusal(page);
      await page.keyboard.press('Control+o');
      await expectRefusal(page);
      await dropFile(page, SAMPLE, REASON);
      await expectRefusal(page);
      await expect(previewOf(page)).toHaveCount(0);
      await page.keyboard.press('Control+k');
      const palette = page.getByRole('dialog');
      await expect(palette.getByText('Accounts', { exact: true }).first()).toBeVisible();
      for (const command of ['Open file…', 'Try the sample', 'Stop the run', 'Step one record']) {
        await expect(palette.getByText(command)).toHaveCount(0);
      }
      await page.keyboard.press('Escape');

      await goTo(page, 'Callbacks');
      await expectGreyed(page, page.getByRole('button', { name: 'Pause all callbacks' }));
      const rows = rowsOf(grid(page, 'Callbacks pending'));
      await expect(rows).toHaveCount(before + 3);
      await expect(page.getByRole('button', { name: 'Fire now' })).toHaveCount(0);
      await rows.first().click();
      for (const key of ['f', 'x']) {
        await page.keyboard.press(key);
        await expectRefusal(page);
      }
      await page.keyboard.press('Escape');
      await goTo(page, 'Runs');
      await expectGreyed(
        page,
        page.getByRole('region', { name: 'Run 1' }).getByRole('button', { name: 'Run again…' }),
      );
      await goTo(page, 'Database');
      await expect(page.getByRole('button', { name: 'Reset database…' })).toBeDisabled();
      await expect(page.getByRole('button', { name: 'Open a backup…' })).toBeDisabled();
      await page.getByRole('button', { name: 'Back up now' }).click();
      await expectGreyed(page, page.getByRole('button', { name: /^Restore ingot-/ }));

      for (const theme of THEMES) {
        await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
        for (const view of ['Live', 'Callbacks']) {
          await goTo(page, view);
          await expect(page.getByText(/^Loading/)).toHaveCount(0);
          expect(await findFaults(page)).toEqual([]);
          for (const width of [1024, 1920]) {
            await page.setViewportSize({ width, height: 900 });
            await keepScreen(page, `read-only-${view.toLowerCase()}-${width}-${theme}`);
          }
        }
      }
      await page.setViewportSize({ width: 800, height: 600 });

      await transport(holder.page, 'Stop').click();
      await expectState(page, 'stopped');
      await expect.poll(() => countTimeline(page)).toBe(before + 3);
      await expectRecords(page, before + 3);
      await holder.close();
      await expect(page.getByText('No Ingot holds the database now.')).toBeVisible();
    } finally {
      await looking.close();
    }
  } finally {
    await holder.close();
    await server.stop();
  }
});
