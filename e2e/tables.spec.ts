import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chooseFile, expectState, goTo, grid, previewOf, rowsOf, startRun } from './fixtures/actions';
import { findCutFaults } from './fixtures/cut-texts';
import { expect, test } from './fixtures/ingot';

const WIDTHS = [1024, 1280, 1440, 1920] as const;
const LARGEST = 18_446_744_073_709_551_615n;

/** Updates whose versions and tokens have twenty digits, in every outcome and with callbacks in every state. */
function longNumbers(): string {
  const record = (id: string, below: bigint, more: object) => {
    const { callbackTimeMs = 0, ...rest } = more as { callbackTimeMs?: number };
    // By hand: JSON.stringify cannot write an integer of 64 bits.
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
        .poll(() => findCutFaults(page), { timeout: 5_000 })
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
  await goTo(page, 'Callbacks');
  for (const state of ['fired', 'cancelled']) {
    await page.getByRole('tab', { name: state }).click();
    await expect(rowsOf(grid(page, `Callbacks ${state}`))).not.toHaveCount(0);
    await look(`callbacks-${state}`);
  }
  await goTo(page, 'Accounts');
  await rowsOf(grid(page, 'Accounts')).first().click();
  await expect(rowsOf(grid(page, 'Versions'))).not.toHaveCount(0);
  await look('inspector');
  expect(faults).toEqual({});
});
