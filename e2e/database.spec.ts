import { copyFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { deckOf, expectState, goTo, grid, ingestAtOnce, rowsOf } from './fixtures/actions';
import { expect, test } from './fixtures/ingot';
import { keepScreen } from './fixtures/looks';
import { SAMPLE } from './fixtures/paths';

test('a reset says what goes, wants its word typed, and its backup brings everything back', async ({
  opened,
  page,
}) => {
  await ingestAtOnce(opened, SAMPLE);
  await goTo(page, 'Accounts');
  await rowsOf(grid(page, 'Accounts')).first().click();
  const inspector = page.getByRole('complementary', { name: 'Account inspector' });
  const facts = inspector.getByRole('term').filter({ hasText: 'Tokens' });
  await expect(facts).toBeVisible();
  await goTo(page, 'Database');
  const accounts = page
    .getByRole('region', { name: 'About' })
    .getByText(/^Accounts/)
    .locator('..');
  const before = await accounts.innerText();
  expect(before).toMatch(/[1-9]/);

  await page.getByRole('button', { name: 'Reset database…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Reset database?' });
  await expect(dialog.getByRole('textbox')).toBeFocused();
  await expect(dialog.getByRole('listitem').first()).toContainText(/^[1-9]\d* accounts$/);
  const confirm = dialog.getByRole('button', { name: 'Reset database' });
  await expect(confirm).toBeDisabled();
  await page.keyboard.type('rese');
  await expect(confirm).toBeDisabled();
  await page.keyboard.press('Enter');
  await expect(dialog).toBeVisible();
  await page.keyboard.type('t');
  await page.keyboard.press('Enter');
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('status').filter({ hasText: 'The database was reset.' })).toBeVisible();
  await expect(deckOf(page).getByText('No run yet')).toBeVisible();

  await expect(accounts).toHaveText(/Accounts\s*0$/);
  await expect(inspector.getByRole('alert')).toContainText('There is no account of that id.');
  await expect(facts).toBeHidden();
  await goTo(page, 'Accounts');
  await expect(page.getByText('No accounts yet')).toBeVisible();

  await goTo(page, 'Database');
  const backups = page.getByRole('region', { name: 'Backups' });
  await expect(backups.getByRole('listitem')).toHaveCount(1);
  await backups.getByRole('button', { name: /^Restore/ }).click();
  await expect(page.getByRole('dialog', { name: 'Restore this backup?' })).toContainText(
    /ingot-.* was made at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d and holds [1-9][\d,]* rows/,
  );
  await keepScreen(page, 'tour-restore');
  // The deck shows the operation, and nothing beside it contradicts that.
  await page.evaluate(() => {
    const deck = document.querySelector('section[aria-label="Run"]') ?? document.body;
    const look = () => {
      const text = deck.textContent ?? '';
      if (text.includes('restoring') && /not ready|completed/.test(text)) document.body.dataset.said = text;
    };
    new MutationObserver(look).observe(deck, { childList: true, subtree: true, characterData: true });
  });
  await page.getByRole('dialog').getByRole('button', { name: 'Restore backup' }).click();
  await expect.poll(() => accounts.innerText()).toBe(before);
  await expect(page.locator('body')).not.toHaveAttribute('data-said');
  // The restored run is shown, not a deck without one.
  await expectState(page, 'completed');
  await expect(deckOf(page).getByText('sample.json')).toBeVisible();
  await expect(facts).toBeVisible();
  await goTo(page, 'Accounts');
  await expect(rowsOf(grid(page, 'Accounts'))).not.toHaveCount(0);
});

test('a cancelled reset removes nothing', async ({ opened, page }) => {
  await ingestAtOnce(opened, SAMPLE);
  await goTo(page, 'Database');
  await page.getByRole('button', { name: 'Reset database…' }).click();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
  await goTo(page, 'Accounts');
  await expect(rowsOf(grid(page, 'Accounts'))).not.toHaveCount(0);
});

test('a backup file from elsewhere is shown and restored', async ({ opened, page, home }) => {
  await ingestAtOnce(opened, SAMPLE);
  await goTo(page, 'Database');
  await page.getByRole('button', { name: 'Back up now' }).click();
  const backups = page.getByRole('region', { name: 'Backups' });
  await expect(backups.getByRole('listitem')).toHaveCount(1);
  const [name] = (await readdir(join(home, 'data/backups'))).filter((file) => file.endsWith('.gz'));
  const elsewhere = join(home, 'from-elsewhere.ndjson.gz');
  await copyFile(join(home, 'data/backups', name ?? ''), elsewhere);
  await goTo(page, 'Live');
  const second = join(home, 'second.json');
  await copyFile(SAMPLE, second);
  await ingestAtOnce(opened, second, { seed: '2' });
  await goTo(page, 'Database');
  const runs = page.getByRole('region', { name: 'About' }).getByText(/^Runs/).locator('..');
  await expect(runs).toHaveText(/Runs\s*2$/);

  await opened.willChoose(elsewhere);
  await backups.getByRole('button', { name: 'Open a backup…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Restore this backup?' });
  await expect(dialog).toContainText(
    /^.*from-elsewhere\.ndjson\.gz was made at .* and holds [1-9][\d,]* rows/,
  );
  await dialog.getByRole('button', { name: 'Restore backup' }).click();
  await expect(runs).toHaveText(/Runs\s*1$/);
  await expect(backups.getByRole('listitem')).toHaveCount(2);
});

test('history is limited after a question, and all of it is kept again', async ({ opened, page }) => {
  await ingestAtOnce(opened, SAMPLE);
  await goTo(page, 'Database');
  const retention = page.getByRole('region', { name: 'Retention' });
  await expect(retention).toContainText('All history is kept.');
  await retention.getByLabel('Keep for').fill('5 minutes');
  await expect(retention.getByRole('button', { name: 'Limit history…' })).toBeDisabled();
  await retention.getByLabel('Keep for').fill('7d');
  await retention.getByRole('button', { name: 'Limit history…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Remove older history?' });
  await expect(dialog).toContainText('History is kept for 7d. That is back to');
  await dialog.getByRole('button', { name: 'Remove older history' }).click();
  await expect(retention).toContainText('History is kept for 7d.');
  await retention.getByLabel('Keep for').fill('');
  await retention.getByRole('button', { name: 'Keep all' }).click();
  await expect(retention).toContainText('All history is kept.');
});
