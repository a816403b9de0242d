import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { goTo, grid, ingestAtOnce, rowsOf } from './fixtures/actions';
import { findCutFaults } from './fixtures/cut-texts';
import { expect, test } from './fixtures/ingot';

test('an account shows its versions, exact to the last digit, and what changed between any two', async ({
  opened,
  page,
  home,
}) => {
  const file = join(home, 'versions.json');
  // By hand: JSON.stringify cannot write a 64-bit integer.
  const record = (version: number, tokens: string, data: object) =>
    `{"id":"acc-1","accountType":"mint","tokens":${tokens},"version":${version},` +
    `"callbackTimeMs":900000,"data":${JSON.stringify(data)}}`;
  await writeFile(
    file,
    `[${[
      record(1, '7', { owner: 'ada', sealed: false }),
      record(3, '18446744073709551614', { owner: 'ada' }),
      record(2, '5', {}),
      record(5, '18446744073709551615', { owner: 'grace' }),
      record(4, '40', { owner: 'stale' }),
    ].join(',')}]`,
  );
  await ingestAtOnce(opened, file);

  await goTo(page, 'Accounts');
  await rowsOf(grid(page, 'Accounts')).filter({ hasText: 'acc-1' }).click();
  const inspector = page.getByRole('complementary', { name: 'Account inspector' });
  await expect(inspector.getByRole('heading', { name: 'acc-1' })).toBeVisible();

  const versions = rowsOf(grid(page, 'Versions'));
  await expect(versions).toContainText([
    // Against version 3, the latest until then: 4 and 2 came too late.
    /^5indexed.*?18,446,744,073,709,551,615\+1fired/,
    /^4stale.*?40–/,
    /^3indexed.*?18,446,744,073,709,551,614\+18,446,744,073,709,551,607cancelled\s*by\s*5/,
    /^2stale.*?5–/,
    /^1indexed.*7.*cancelled\s*by\s*3/,
  ]);

  // Versions 1, 3 and 5 were indexed, 2 and 4 are stale: the line skips them.
  const plot = inspector.getByRole('region', { name: 'Tokens over versions' });
  await expect(plot.locator('canvas')).toBeVisible();
  expect(
    await plot.locator('.u-over').evaluate((area) => {
      const canvas = area.parentElement?.querySelector('canvas');
      const context = canvas?.getContext('2d');
      if (!canvas || !context) throw new Error('the plot has a canvas');
      const { left, width } = area.getBoundingClientRect();
      const box = canvas.getBoundingClientRect();
      // Half way between two versions.
      return [0.5, 1.5, 2.5, 3.5].map((between) => {
        const x = ((left + (width * between) / 4 - box.left) * canvas.width) / box.width;
        const { data } = context.getImageData(Math.round(x), 0, 1, canvas.height);
        return data.some(
          (blue, at) => at % 4 === 2 && blue > 60 + (data[at - 2] ?? 0) && (data[at + 1] ?? 0) > 128,
        );
      });
    }),
  ).toEqual([true, true, true, true]);

  const changes = inspector.getByRole('list', { name: 'Changed fields' }).getByRole('listitem');
  await expect(inspector.getByText('3 → 5')).toBeVisible();
  await expect(changes.filter({ hasText: 'owner' })).toContainText(/ada.*grace/);
  await expect(changes.filter({ hasText: 'tokens' })).toContainText('+1');

  const compareWith = (version: number) =>
    versions.getByRole('button', { name: `Compare with version ${version}`, exact: true }).click();
  await compareWith(4);
  await expect(inspector.getByText('4 (stale) → 5')).toBeVisible();
  await compareWith(1);
  await expect(inspector.getByText('1 → 5')).toBeVisible();
  await expect(changes.filter({ hasText: 'sealed' })).toContainText('removed');

  await inspector.getByRole('tab', { name: 'Data' }).click();
  await expect(inspector.getByRole('tabpanel')).toContainText('grace');

  // The address has the version shown and the one it is compared with.
  await page.reload();
  await expect(inspector.getByRole('heading', { name: 'acc-1' })).toBeVisible();
  await expect(inspector.getByText('1 → 5')).toBeVisible();
  await inspector.getByRole('button', { name: 'Close the inspector' }).click();
  await expect(inspector).toBeHidden();
});

test('a number is whole where there is room; else its middle is cut, and it is whole on hover and when copied', async ({
  opened,
  page,
  home,
}) => {
  const file = join(home, 'largest.json');
  const record = (version: string) =>
    `{"id":"acc-1","accountType":"mint","tokens":18446744073709551615,"version":${version},"callbackTimeMs":900000,"data":{}}`;
  await writeFile(file, `[${record('9007199254740992')},${record('18446744073709551615')}]`);
  await ingestAtOnce(opened, file);
  const whole = '18,446,744,073,709,551,615';
  const cellsOf = (table: string) =>
    rowsOf(grid(page, table)).getByRole('gridcell').filter({ hasText: whole });
  await page.setViewportSize({ width: 1440, height: 720 });
  await goTo(page, 'Accounts');
  await expect(cellsOf('Accounts')).toHaveCount(2);
  // How much of each number is hidden.
  const hidden = (table: string) =>
    cellsOf(table).evaluateAll((cells) =>
      cells.map((cell) => {
        const range = document.createRange();
        const texts = [...cell.querySelectorAll('span')].filter(
          ({ childElementCount }) => childElementCount === 0,
        );
        return texts.some((text) => {
          range.selectNodeContents(text);
          return range.getBoundingClientRect().width > text.getBoundingClientRect().width + 0.1;
        });
      }),
    );
  await expect.poll(() => hidden('Accounts')).toEqual([false, false]);
  await cellsOf('Accounts').first().click();
  const inspector = page.getByRole('complementary', { name: 'Account inspector' });
  await expect(inspector.getByRole('heading', { name: 'acc-1' })).toBeVisible();
  // Tokens of both versions, the higher version, and that it superseded the lower one.
  await expect(cellsOf('Versions')).toHaveCount(4);
  await expect.poll(() => hidden('Versions')).toContain(true);
  expect(await findCutFaults(page)).toEqual([]);

  const cut = cellsOf('Versions').nth(1);
  await cut.locator('span').last().hover();
  const tip = page.locator('body > [aria-hidden="true"]').filter({ hasText: whole });
  await expect(tip).toBeVisible();
  await page.keyboard.press('Shift');
  await expect(tip).toBeHidden();
  const copied = await cut.evaluate((cell) => {
    document.getSelection()?.selectAllChildren(cell);
    const copy = new ClipboardEvent('copy', { clipboardData: new DataTransfer(), bubbles: true });
    cell.dispatchEvent(copy);
    return copy.clipboardData?.getData('text/plain');
  });
  expect(copied).toBe(whole);

  // The account's own figures are not cut.
  const facts = inspector.getByRole('definition');
  await expect(facts).toHaveCount(4);
  const box = await inspector.boundingBox();
  for (const fact of await facts.all()) {
    const right = await fact.evaluate((element) => {
      const range = document.createRange();
      range.selectNodeContents(element);
      return range.getBoundingClientRect().right;
    });
    expect(right).toBeLessThanOrEqual((box?.x ?? Number.NaN) + (box?.width ?? Number.NaN));
  }
});
