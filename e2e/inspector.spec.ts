import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { goTo, grid, ingestAtOnce, rowsOf } from './fixtures/actions';
import { expect, test } from './fixtures/ingot';

test('an account shows its versions, exact to the last digit, and what changed between any two', async ({
  opened,
  page,
  home,
}) => {
  const file = join(home, 'versions.json');
  // By hand: JSON.stringify cannot write an integer of 64 bits.
  const record = (version: number, tokens: string, data: object) =>
    `{"id":"acc-1","accountType":"mint","tokens":${tokens},"version":${version},` +
    `"callbackTimeMs":900000,"data":${JSON.stringify(data)}}`;
  await writeFile(
    file,
    `[${[
      record(1, '7', { owner: 'ada', sealed: false }),
      record(3, '18446744073709551614', { owner: 'ada' }),
      record(2, '5', {}),
      record(4, '18446744073709551615', { owner: 'grace' }),
    ].join(',')}]`,
  );
  await ingestAtOnce(opened, file);

  await goTo(page, 'Accounts');
  await rowsOf(grid(page, 'Accounts')).filter({ hasText: 'acc-1' }).click();
  const inspector = page.getByRole('complementary', { name: 'Account inspector' });
  await expect(inspector.getByRole('heading', { name: 'acc-1' })).toBeVisible();

  const versions = rowsOf(grid(page, 'Versions'));
  await expect(versions).toContainText([
    /^4indexed18,446,744,073,709,551,615\+1fired/,
    /^3indexed18,446,744,073,709,551,614.*cancelled\s*by 4/,
    /^2stale5/,
    /^1indexed7.*cancelled\s*by 3/,
  ]);

  const changes = inspector.getByRole('list', { name: 'Changed fields' }).getByRole('listitem');
  await expect(changes.filter({ hasText: 'owner' })).toContainText(/ada.*grace/);
  await expect(changes.filter({ hasText: 'tokens' })).toContainText('+1');

  await versions
    .filter({ hasText: /^1indexed/ })
    .getByRole('button', { name: /^Compare with version/ })
    .click();
  await expect(inspector.getByText('1 → 4')).toBeVisible();
  await expect(changes.filter({ hasText: 'sealed' })).toContainText('removed');

  await inspector.getByRole('tab', { name: 'JSON' }).click();
  await expect(inspector.getByRole('tabpanel')).toContainText('grace');

  await page.reload();
  await expect(inspector.getByRole('heading', { name: 'acc-1' })).toBeVisible();
  await inspector.getByRole('button', { name: 'Close the inspector' }).click();
  await expect(inspector).toBeHidden();
});

test('a number that its column has no room for is cut where one sees that it is cut', async ({
  opened,
  page,
  home,
}) => {
  const file = join(home, 'largest.json');
  const largest = '18446744073709551615';
  await writeFile(
    file,
    `[{"id":"acc-1","accountType":"mint","tokens":${largest},"version":${largest},"callbackTimeMs":900000,"data":{}}]`,
  );
  await ingestAtOnce(opened, file);
  await page.setViewportSize({ width: 1280, height: 720 });
  await goTo(page, 'Accounts');
  const row = rowsOf(grid(page, 'Accounts')).filter({ hasText: 'acc-1' });
  const cells = row.getByRole('gridcell').filter({ hasText: '18,446,744,073,709,551,615' });
  await expect(cells).toHaveCount(2);
  // How far the text's own box goes beyond its cell: what does is cut off without a sign of it.
  const beyond = () =>
    cells.evaluateAll((all) =>
      all.map((cell) => {
        const text = cell.querySelector('[data-tip]');
        if (!text) throw new Error('a long number shows itself whole on hover');
        return Math.max(
          0,
          Math.round(text.getBoundingClientRect().right - cell.getBoundingClientRect().right),
        );
      }),
    );
  expect(await beyond()).toEqual([0, 0]);
  await row.click();
  const inspector = page.getByRole('complementary', { name: 'Account inspector' });
  await expect(inspector.getByRole('heading', { name: 'acc-1' })).toBeVisible();
  expect(await beyond()).toEqual([0, 0]);

  // The account's own figures have all the room they need.
  const facts = inspector.getByRole('definition');
  await expect(facts).toHaveCount(4);
  const edge = (await inspector.boundingBox())?.x ?? Number.NaN;
  const width = (await inspector.boundingBox())?.width ?? Number.NaN;
  for (const fact of await facts.all()) {
    const right = await fact.evaluate((element) => {
      const range = document.createRange();
      range.selectNodeContents(element);
      return range.getBoundingClientRect().right;
    });
    expect(right).toBeLessThanOrEqual(edge + width);
  }
});

test('what superseded a callback is a whole number, or one sees that it is cut', async ({
  opened,
  page,
  home,
}) => {
  const file = join(home, 'superseded.json');
  const record = (version: string) =>
    `{"id":"acc-1","accountType":"mint","tokens":7,"version":${version},"callbackTimeMs":900000,"data":{}}`;
  await writeFile(file, `[${record('9007199254740992')},${record('9007199254740993')}]`);
  await ingestAtOnce(opened, file);
  const by = (table: string) =>
    rowsOf(grid(page, table))
      .getByRole('gridcell')
      .filter({ hasText: /^cancelled/ });
  // What would be shown if there were room, beyond what is: without an ellipsis of its own it is cut without a sign.
  const cutSilently = (cell: ReturnType<typeof by>) =>
    cell.evaluate((element) => {
      const text = element.querySelector('[data-tip]');
      if (!text) throw new Error('a long number shows itself whole on hover');
      const { right } = text.getBoundingClientRect();
      return (
        right > element.getBoundingClientRect().right || getComputedStyle(text).textOverflow !== 'ellipsis'
      );
    });
  await goTo(page, 'History');
  await expect(by('History').locator('[data-tip]')).toHaveAttribute('data-tip', '9,007,199,254,740,993');
  expect(await cutSilently(by('History'))).toBe(false);
  await by('History').click();
  await expect(by('Versions')).toBeVisible();
  expect(await cutSilently(by('Versions'))).toBe(false);
});
