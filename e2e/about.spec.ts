import { goTo } from './fixtures/actions';
import { expect, test } from './fixtures/ingot';
import { lookInBothThemes } from './fixtures/looks';

test('About names the versions, copies them without a path, and shows each licence', async ({
  home,
  page,
  shell,
}) => {
  await goTo(page, 'Settings');
  await page.getByRole('button', { name: 'Versions and licences' }).click();
  const main = page.getByRole('main', { name: 'About' });
  await expect(main.getByRole('definition').filter({ hasText: '(embedded)' })).toHaveText(/^18\.\d+ /);
  await expect(main.getByText(home)).toBeVisible();
  await expect(main.getByText(/^Ingot contains \d+ packages/)).toBeVisible();
  expect(await lookInBothThemes(page, 'about')).toEqual({ 'about, dark': [], 'about, light': [] });

  if (shell === 'web') await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await main.getByRole('button', { name: 'Copy details' }).click();
  await expect(page.getByText('The details were copied.')).toBeVisible();
  if (shell === 'web') {
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toMatch(/^Ingot: \d+\.\d+\.\d+\nCommit: .*\nWindow: browser\nBrowser: Chrome \d/);
    expect(copied).not.toContain(home);
  }

  const licence = main.getByRole('listitem').filter({ hasText: '@electric-sql/pglite' });
  await licence.locator('summary').click();
  await expect(licence.getByText('PostgreSQL Database Management System')).toBeVisible();
});
