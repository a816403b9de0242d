import type { Page } from '@playwright/test';
import { deckOf, expectState, goTo, grid, recordsTaken, rowsOf, transport } from './fixtures/actions';
import { expect, test } from './fixtures/ingot';
import { findFaults, keepScreen, THEMES } from './fixtures/looks';
import { beginRun, expectWhole, RECORDS } from './fixtures/slow-run';

/** Whether there are bars of updates: the axis alone has none of their colour. */
function isTimelineDrawn(page: Page): Promise<boolean> {
  return page.getByRole('slider', { name: 'Timeline of the run' }).evaluate((frame) => {
    const canvas = frame.querySelector('canvas');
    const context = canvas?.getContext('2d');
    if (!canvas || !context) throw new Error('the timeline has a canvas');
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    return data.some((blue, at) => at % 4 === 2 && blue > 60 + (data[at - 2] ?? 0));
  });
}

test('a stopped run resumes where it stopped', async ({ opened, page, home }) => {
  const file = await beginRun(opened, home);
  await transport(page, 'Stop').click();
  await expectState(page, 'stopped');
  const stoppedAt = await recordsTaken(page);
  expect(stoppedAt).toBeLessThan(RECORDS);

  await goTo(page, 'Runs');
  await expect(rowsOf(grid(page, 'Runs')).getByRole('button', { name: 'Resume' })).toBeVisible();
  await transport(page, 'Resume the run of cut-off.json').click();
  await expectState(page, 'running');
  expect(await recordsTaken(page)).toBeGreaterThanOrEqual(stoppedAt);
  await expectWhole(page, home, file);
  await expect(rowsOf(grid(page, 'Runs'))).toHaveCount(1);

  // Its file can be run again, though it was uploaded.
  const again = page.getByRole('region', { name: 'Run 1' }).getByRole('button', { name: 'Run again…' });
  await again.click();
  await page.getByRole('button', { name: 'Start run' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Live' })).toBeVisible();
  await goTo(page, 'Runs');
  await expect(rowsOf(grid(page, 'Runs'))).toHaveText([/2.*completed/, /1.*completed/], { timeout: 120_000 });

  // While all callbacks are paused, every view shows it.
  await goTo(page, 'Callbacks');
  await page.getByRole('button', { name: 'Pause all callbacks' }).click();
  const paused = deckOf(page).getByRole('button', { name: 'all callbacks paused' });
  await goTo(page, 'Live');
  await expect(paused).toBeVisible();
  expect(await findFaults(page)).toEqual([]);
  await keepScreen(page, 'callbacks-paused');
  await paused.click();
  await page.getByRole('button', { name: 'Resume all callbacks' }).click();
  await expect(paused).toBeHidden();
});

test('a run whose program is killed resumes in the next one with correct counts', async ({
  opened,
  openWindow,
  home,
}) => {
  const file = await beginRun(opened, home);
  await opened.kill();

  const { page } = await openWindow();
  const notice = page.getByRole('region', { name: 'Interrupted runs' });
  await expect(notice).toContainText('1 run was interrupted.');
  // The last run is in the deck, with its counts and its timeline.
  await expectState(page, 'interrupted');
  await expect(deckOf(page).getByText('cut-off.json')).toBeVisible();
  expect(await recordsTaken(page)).toBeGreaterThan(50);
  await expect.poll(() => isTimelineDrawn(page)).toBe(true);
  // This window has heard nothing of it: the log of an instant comes from the history.
  await page.keyboard.press('[');
  const log = rowsOf(grid(page, 'Live log'));
  await expect(log.last()).toContainText(/indexed|stale|fired|cancelled/);
  await log.last().click();
  await expect(rowsOf(grid(page, 'Versions'))).not.toHaveCount(0);
  // Callbacks that have fallen due fire at the start, and may be in the log before the history is.
  await expect(async () => {
    await page.keyboard.press('Home');
    await expect(log.first()).toContainText('Read from the history', { timeout: 1_000 });
  }).toPass({ timeout: 90_000 });
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  const faults: string[] = [];
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    faults.push(...(await findFaults(page)));
    await keepScreen(page, `cut-off-${theme}`);
  }
  await notice.getByRole('button', { name: 'Show the run' }).click();
  const detail = page.getByRole('region', { name: 'Run 1' });
  await expect(detail.getByText('interrupted')).toBeVisible();
  await expect(detail.getByText('standard')).toBeVisible();
  faults.push(...(await findFaults(page)));
  await keepScreen(page, 'interrupted-light');
  expect(faults).toEqual([]);
  await detail.getByRole('button', { name: 'Resume' }).click();
  await expectWhole(page, home, file);
});
