import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chooseFile, dropFile, expectState, goTo, previewOf, startRun } from './fixtures/actions';
import { expect, test } from './fixtures/ingot';
import { findFaults, keepScreen, THEMES } from './fixtures/looks';

const update = { accountType: 'mint', tokens: 5, version: 1, callbackTimeMs: 0 };
const older = { id: 'b', account_type: 'mint', tokens: 5, version: 1, call_back_time_ms: 0 };

test('a file that is not a source is named before a run, dropped or chosen', async ({
  opened,
  page,
  home,
}) => {
  const write = async (name: string, text: string) => {
    const file = join(home, name);
    await writeFile(file, text);
    return file;
  };
  const key = await write(
    'id.json',
    JSON.stringify(Array.from({ length: 64 }, (_, at) => (at * 37 + 101) % 256)),
  );
  const answer = await write('accounts.json', '<!doctype html>\n<title>502 Bad Gateway</title>\n');
  const preview = previewOf(page);

  await chooseFile(opened, answer);
  await expect(preview.getByRole('alert')).toContainText('HTML');
  await page.keyboard.press('Escape');
  await expect(preview).toBeHidden();

  await dropFile(page, key);
  await expect(preview.getByRole('alert')).toContainText('a Solana key pair, not records');
  await expect(preview.getByRole('alert')).toContainText('Nothing of it was stored.');
  await expect(preview.getByRole('button', { name: 'Start run' })).toBeHidden();
  await expect(preview).not.toContainText('101');
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    expect(await findFaults(page)).toEqual([]);
    await keepScreen(page, `refused-${theme}`);
  }
});

test('the preview says which names a source mixes, and shows what skipping broken lines makes of it', async ({
  opened,
  page,
  home,
}) => {
  const file = join(home, 'mixed.ndjson');
  await writeFile(
    file,
    [
      JSON.stringify({ id: 'a', ...update }),
      JSON.stringify(older),
      'oops',
      JSON.stringify({ id: 'c', ...update }),
    ].join('\n'),
  );
  await chooseFile(opened, file);
  const preview = previewOf(page);
  await expect(preview).toContainText(
    'mixes names of the same field: accountType, account_type, callbackTimeMs, call_back_time_ms. Each record is read by its own.',
  );
  await expect(preview.getByRole('alert')).toContainText('is not valid JSON');
  await expect(preview.getByRole('row')).toHaveCount(3);

  await preview.getByRole('switch', { name: 'Skip broken lines' }).click();
  await expect(preview.getByRole('alert')).toBeHidden();
  await expect(preview.getByRole('row')).toHaveCount(5);
  await expect(preview.getByRole('row').nth(3)).toContainText('is not valid JSON: expected a value');
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    expect(await findFaults(page)).toEqual([]);
    await keepScreen(page, `mixed-${theme}`);
  }

  await startRun(page, { arrival: 'No waiting' });
  await expectState(page, 'completed');
  await goTo(page, 'Runs');
  await page.getByRole('grid').getByText('mixed.ndjson').click();
  await expect(page.getByRole('main')).toContainText('skips broken lines');
  await expect(page.getByText('mixed: accountType, account_type').first()).toBeVisible();
  await expect(page.getByText('1 rejected record')).toBeVisible();
  await keepScreen(page, 'mixed-run');
});

test('the preview counts the whole source, follows the settings, and warns where most is rejected', async ({
  opened,
  page,
  home,
}) => {
  const good = Array.from({ length: 200 }, (_, at) => ({
    id: `account ${at % 50}`,
    ...update,
    accountType: at % 4 === 0 ? 'escrow' : 'mint',
    version: at,
    callbackTimeMs: 4000,
  }));
  const write = async (name: string, records: readonly object[]) => {
    const file = join(home, name);
    await writeFile(file, JSON.stringify(records));
    return file;
  };
  const preview = previewOf(page);
  const counts = preview.getByRole('region', { name: 'In the whole source' });
  const start = preview.getByRole('button', { name: 'Start run' });

  await chooseFile(opened, await write('good.json', good));
  await expect(counts).toContainText('Records200');
  await expect(counts).toContainText('Accounts50');
  await expect(counts).toContainText('mint 150');
  await expect(counts).toContainText('Already knownnone');
  await expect(counts).toContainText('about 1 m 40 s, then at most 4.0 s for callbacks');
  await expect(start).toHaveAttribute('data-tone', 'main');
  await expect(start).toBeFocused();
  await preview.getByRole('textbox', { name: 'Speed' }).fill('10');
  await expect(counts).toContainText('about 10.0 s, then at most 400 ms for callbacks');
  await keepScreen(page, 'counted');
  await page.keyboard.press('Escape');
  await expect(preview).toBeHidden();

  const broken = good.map((one, at) => (at % 10 === 0 ? one : { ...one, tokens: -1 }));
  await chooseFile(opened, await write('broken.json', broken));
  await expect(counts.getByRole('alert')).toContainText(
    '90 % of the records would be rejected. Most often: tokens',
  );
  await expect(start).toHaveAttribute('data-tone', 'plain');
  // Enter starts only what has no warning.
  await expect(start).not.toBeFocused();
  await page.keyboard.press('Enter');
  await expect(preview).toBeVisible();
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    expect(await findFaults(page)).toEqual([]);
    await keepScreen(page, `mostly-rejected-${theme}`);
  }
  await page.setViewportSize({ width: 1024, height: 700 });
  await keepScreen(page, 'mostly-rejected-1024');
});
