import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chooseFile, expectState, goTo, grid, previewOf, rowsOf, startRun } from './fixtures/actions';
import { findCutFaults } from './fixtures/cut-texts';
import { findHiddenCharacters } from './fixtures/hidden-characters';
import { expect, test } from './fixtures/ingot';

const WIDTHS = [1024, 1280, 1440, 1920] as const;
const LARGEST = 18_446_744_073_709_551_615n;

/** Updates with versions and tokens of twenty digits, in every outcome and with callbacks in every state. */
function longNumbers(): string {
  const record = (id: string, below: bigint, more: object) => {
    const { callbackTimeMs = 0, ...rest } = more as { callbackTimeMs?: number };
    // By hand: JSON.stringify cannot write a 64-bit integer.
    return `{"id":"${id}","accountType":"masterEdition","tokens":${LARGEST - below * 1_234_567n},"version":${
      LARGEST - below
    },"callbackTimeMs":${callbackTimeMs},"data":${JSON.stringify(rest)}}`;
  };
  const ids = Array.from(
    { length: 12 },
    (_, at) => `${String.fromCharCode(65 + at)}${'4kQz7'.repeat(8)}${at + 10}W`,
  );
  return `[${[
    ...ids.flatMap((id, at) => [
      record(id, 9_000n, { callbackTimeMs: 900_000_000 }),
      record(id, 9_500n, { late: true }),
      record(id, BigInt(at), { callbackTimeMs: at % 2 === 0 ? 0 : 900_000_000 }),
    ]),
    record(ids[0] ?? '', 0n, { other: 'content' }),
    // Slots stand before versions.
    ...[10n, 9n].map((below) =>
      record('S1ots', below, { callbackTimeMs: 900_000_000 }).replace(
        '{',
        `{"slot":${LARGEST - 1n - below},`,
      ),
    ),
    // More than the report names.
    ...Array.from({ length: 102 }, (_, at) =>
      record(`T${'4kQz7'.repeat(8)}${at + 100}`, 3n, { callbackTimeMs: 900_000_000 }).replace(
        'masterEdition',
        'tied',
      ),
    ),
    `{"id":"no tokens","accountType":"mint","version":${LARGEST},"callbackTimeMs":0}`,
  ].join(',')}]`;
}

test('no table cuts a number at its end, however narrow the window', async ({ opened, page, home }) => {
  const file = join(home, 'long-numbers.json');
  await writeFile(file, longNumbers());
  const faults: Record<string, string[]> = {};
  const look = async (name: string) => {
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      // Columns follow their rows within a moment; what does not settle shows as a fault.
      await expect
        .poll(() => findCutFaults(page))
        .toEqual([])
        .catch(async () => {
          faults[`${name} at ${width}`] = await findCutFaults(page);
        });
    }
  };
  await chooseFile(opened, file);
  await expect(previewOf(page).getByRole('table')).toBeVisible();
  await look('preview');
  await startRun(page, { clock: 'Virtual', wait: false });
  await expectState(page, 'completed');
  await look('live');
  for (const view of ['Accounts', 'History', 'Callbacks', 'Report', 'Runs', 'Logs', 'Operations']) {
    await goTo(page, view);
    await expect(page.getByRole('main').locator('[role="gridcell"], td').first()).toBeVisible();
    await look(view.toLowerCase());
  }
  // All filters stand on one line.
  await page.setViewportSize({ width: 1024, height: 900 });
  for (const view of ['History', 'Callbacks']) {
    await goTo(page, view);
    // The filter comes before the table, which has a column of that name.
    const topOf = async (name: string) => (await page.getByRole('button', { name }).first().boundingBox())?.y;
    await expect.poll(async () => (await topOf('Views')) === (await topOf('Type'))).toBe(true);
  }
  await goTo(page, 'Callbacks');
  for (const state of ['fired', 'cancelled']) {
    await page.getByRole('tab', { name: state }).click();
    await expect(rowsOf(grid(page, `Callbacks ${state}`))).not.toHaveCount(0);
    await look(`callbacks-${state}`);
  }
  await goTo(page, 'Report');
  await rowsOf(grid(page, 'Report')).first().click();
  await page.keyboard.press('Escape');
  await page.keyboard.press('End');
  await page.getByRole('gridcell', { name: 'and 2 more: show all 102' }).click();
  await expect(rowsOf(grid(page, 'Leaders of one type'))).not.toHaveCount(0);
  await look('leaders');
  await goTo(page, 'Accounts');
  await page.getByRole('textbox', { name: 'Id begins with' }).fill('A4k');
  await expect(rowsOf(grid(page, 'Accounts'))).toHaveCount(1);
  await rowsOf(grid(page, 'Accounts')).first().click();
  await expect(rowsOf(grid(page, 'Versions'))).not.toHaveCount(0);
  await look('inspector');
  expect(faults).toEqual({});
});

/** Ids that would look alike, empty, or reversed if shown carelessly. */
const LOOKALIKES = [
  ['a', 'a'],
  [' a', '\\u{20}a'],
  ['a\n', 'a\\u{a}'],
  [' ', '\\u{20}'],
  ['a\u200b', 'a\\u{200b}'],
  ['\u202eevil', '\\u{202e}evil'],
  ['\u001b[31mred', '\\u{1b}[31mred'],
  ['a  b', 'a \\u{20}b'],
  ['\u3164', '\\u{3164}'],
  ['שלום עולם', 'שלום עולם'],
  ['4kQz74kQz74kQz74kQz74kQz74kQz74kQz74kQz74kQz', '4kQz74kQz74kQz74kQz74kQz74kQz74kQz74kQz74kQz'],
] as const;

test('look-alike, invisible and reversed ids stay distinct in every view', async ({ opened, page, home }) => {
  const file = join(home, 'up\u202edates \u200b.json');
  const records = LOOKALIKES.flatMap(([id], at) => [
    { id, accountType: id, tokens: 7, version: 1, callbackTimeMs: 0, data: { [id]: id } },
    { id, accountType: id, tokens: 9, version: 2, callbackTimeMs: at % 2 === 0 ? 0 : 900_000_000, data: {} },
  ]);
  const rejected = { id: 'a\u202eb', accountType: 'c\u200bd', version: 3 };
  await writeFile(file, JSON.stringify([...records, rejected]));
  const faults: Record<string, string[]> = {};
  const look = async (name: string) => {
    await expect(page.getByText(/^Loading/)).toHaveCount(0);
    faults[name] = await findHiddenCharacters(page);
  };
  await chooseFile(opened, file);
  await expect(previewOf(page).getByRole('table')).toBeVisible();
  await look('preview');
  await startRun(page, { clock: 'Virtual', arrival: 'No waiting', wait: false });
  await expectState(page, 'completed');
  await expect(rowsOf(grid(page, 'Live log'))).not.toHaveCount(0);
  await look('live');
  for (const view of [
    'Accounts',
    'History',
    'Callbacks',
    'Report',
    'Runs',
    'Logs',
    'Operations',
    'Database',
  ]) {
    await goTo(page, view);
    if (view !== 'Operations' && view !== 'Database')
      await expect(rowsOf(page.getByRole('main').getByRole('grid').first())).not.toHaveCount(0);
    await look(view);
  }
  await goTo(page, 'Logs');
  await rowsOf(grid(page, 'Log')).filter({ hasText: 'run started' }).click();
  await expect(page.getByRole('complementary', { name: 'Log entry' })).toBeVisible();
  await look('log entry');
  await goTo(page, 'Callbacks');
  await expect(rowsOf(grid(page, 'Callbacks pending'))).not.toHaveCount(0);
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  await expect(page.getByRole('dialog')).toBeVisible();
  await look('question');
  await page.keyboard.press('Escape');

  await goTo(page, 'Accounts');
  await page.getByRole('button', { name: 'Type', exact: true }).first().click();
  await expect(page.getByRole('checkbox')).toHaveCount(LOOKALIKES.length);
  await look('types');
  await page.keyboard.press('Escape');
  const rows = rowsOf(grid(page, 'Accounts'));
  await expect(rows).toHaveCount(LOOKALIKES.length);
  const shown = await rows
    .getByRole('gridcell')
    .first()
    .page()
    .evaluate(() =>
      [...document.querySelectorAll('[role="row"] > [role="gridcell"]:first-child')].map(
        (cell) => cell.textContent,
      ),
    );
  expect(shown.sort()).toEqual(LOOKALIKES.map(([, text]) => text).sort());
  // All rows have one height, and an id is on the same line as its type.
  const heights = await rows.evaluateAll((all) => all.map((row) => row.getBoundingClientRect().height));
  expect(new Set(heights)).toEqual(new Set([28]));
  const baselines = await rows.filter({ hasText: '4kQz7' }).evaluate((row) =>
    [...row.children].slice(0, 2).map((cell) => {
      const text = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT).nextNode();
      const probe = document.createElement('span');
      probe.style.display = 'inline-block';
      text?.parentElement?.prepend(probe);
      const { bottom } = probe.getBoundingClientRect();
      probe.remove();
      return bottom;
    }),
  );
  expect(baselines[0]).toBe(baselines[1]);

  await rows.filter({ hasText: '\\u{202e}evil' }).click();
  await expect(rowsOf(grid(page, 'Versions'))).toHaveCount(2);
  await expect(page.getByRole('list', { name: 'Changed fields' })).toBeVisible();
  await look('inspector');
  await rowsOf(grid(page, 'Versions')).last().click();
  await page.getByRole('tab', { name: 'Data' }).click();
  await expect(page.getByRole('tabpanel').last()).toContainText('"\\u202eevil": "\\u202eevil"');
  await look('JSON');
  await page.keyboard.press('Control+k');
  await page.getByRole('textbox', { name: 'Find anything' }).fill('ש');
  const found = page.getByRole('dialog').getByRole('button').filter({ hasText: 'שלום' });
  await expect(found).toBeVisible();
  await look('palette');
  // The tokens stay after the type, which is written from right to left.
  const [type, tokens] = await found.evaluate((line) => {
    const texts = [...line.querySelectorAll('span:last-child, span:last-child bdi')];
    const range = document.createRange();
    const last = texts[0]?.lastChild;
    if (last) range.selectNodeContents(last);
    return [texts[1]?.getBoundingClientRect().right ?? 0, range.getBoundingClientRect().right];
  });
  expect(tokens).toBeGreaterThan(type ?? 0);
  expect(faults).toEqual(Object.fromEntries(Object.keys(faults).map((view) => [view, []])));
});
