import bs58 from 'bs58';
import { openGeyserServer } from '../src-main/ingestion/yellowstone/testing/geyser-server';
import { goTo } from './fixtures/actions';
import { expect, test } from './fixtures/ingot';

test('a live source is connected, lost with what it missed, connected again and disconnected', async ({
  page,
}) => {
  // It keeps nothing for whoever was away.
  const server = await openGeyserServer({ remembers: 0 });
  try {
    await goTo(page, 'Connections');
    const form = page.getByRole('form', { name: 'Connect' });
    await form.getByText('Yellowstone', { exact: true }).click();
    await form.getByRole('button', { name: 'Connect', exact: true }).click();
    await expect(form.getByText('Needed.')).toBeVisible();
    await form.getByLabel('Address').fill(server.address);
    await form.getByLabel('Programs').fill(bs58.encode(Buffer.alloc(32, 9)));
    await form.getByLabel('Name to save it under').fill('Local');
    await form.getByLabel('Name to save it under').press('Enter');
    const saved = page
      .getByRole('list', { name: 'Saved connections' })
      .getByRole('listitem', { name: 'Local' });
    await saved.getByRole('button', { name: 'Connect', exact: true }).click();

    const table = page.getByRole('table', { name: 'Connections' });
    const row = table.getByRole('row').filter({ has: page.getByRole('rowheader') });
    await server.untilConnected();
    server.produce(20);
    await expect(row).toContainText('connected');
    await expect(row.getByRole('cell').nth(1)).toHaveText('40');
    const coverage = page.getByRole('img', { name: /^Slots \d+ to 20, 0 gaps$/ });
    await expect(coverage).toBeVisible();
    await expect(page.getByText('Nothing was missed.')).toBeVisible();

    server.kill();
    await expect(row).toContainText('lost');
    await goTo(page, 'Accounts');
    await expect(page.getByRole('main')).toContainText('2 accounts');
    const banner = page.getByRole('alert').filter({ hasText: 'A connection is lost.' });
    await expect(banner).toBeVisible();
    await banner.getByRole('button', { name: 'Show' }).click();
    server.produce(10);
    await server.start();
    await server.untilConnected();
    server.produce(5);
    await expect(row).toContainText('connected');
    await expect(row.getByRole('cell').nth(1)).toHaveText('50');
    const missing = page.getByRole('table', { name: 'What is missing' }).getByRole('row').nth(1);
    await expect(missing).toContainText('21');
    await expect(missing).toContainText('30');
    await expect(banner).toBeHidden();

    await row.getByRole('button', { name: 'Disconnect' }).click();
    await expect(row).toContainText('ended');
    await row.getByRole('button', { name: 'Dismiss' }).click();
    await expect(table).toBeHidden();
    await goTo(page, 'Runs');
    await expect(page.getByRole('grid', { name: 'Runs' })).toContainText('50');
  } finally {
    server.close();
  }
});
