import { appendFile, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toBase58 } from '@exodus/bytes/base58.js';
import type { Page } from '@playwright/test';
import { createClient } from '@redis/client';
import { hasRedis, NO_REDIS, openRedisServer } from '../src-main/ingestion/live/testing/redis-server';
import { startRpcServer } from '../src-main/ingestion/live/testing/rpc-server';
import { openGeyserServer } from '../src-main/ingestion/yellowstone/testing/geyser-server';
import { goTo } from './fixtures/actions';
import { POSTED } from './fixtures/command-line';
import { expect, test } from './fixtures/ingot';
import { ROOT } from './fixtures/paths';
import { allowedAt } from './fixtures/web-window';

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
    await form.getByLabel('Programs').fill(toBase58(Buffer.alloc(32, 9)));
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

const FORMATS = join(ROOT, 'data/formats');
const PROGRAM = toBase58(Buffer.alloc(32, 9));
const update = (id: string, version: number) =>
  `{"id":"${id}","accountType":"mint","tokens":1,"version":${version},"callbackTimeMs":0}`;

/** The form for a new connection of this kind; it is the first thing to see where there is none. */
async function openForm(page: Page, kind: string) {
  await goTo(page, 'Connections');
  const form = page.getByRole('form', { name: 'Connect' });
  if (!(await form.isVisible())) await page.getByRole('button', { name: 'Connect…' }).click();
  await form.getByText(kind, { exact: true }).click();
  const press = () => form.getByRole('button', { name: 'Connect', exact: true }).click();
  return { form, press };
}

/** The connection that is open, until it is left again. */
function openConnection(page: Page) {
  const row = page
    .getByRole('table', { name: 'Connections' })
    .getByRole('row')
    .filter({ hasText: 'connected' });
  return {
    row,
    async has(updates: number) {
      await expect(row.getByRole('cell').nth(1)).toHaveText(String(updates));
    },
    async leave() {
      await row.getByRole('button', { name: 'Disconnect' }).click();
      await page.getByRole('button', { name: 'Dismiss' }).click();
      await expect(page.getByRole('button', { name: 'Dismiss' })).toBeHidden();
    },
  };
}

test("a validator's RPC is asked for its accounts, and heard", async ({ page }) => {
  const isOld = await page.evaluate(() => !('any' in AbortSignal));
  test.skip(isOld, 'its library needs Node 20, which an Electron without AbortSignal.any does not have');
  const server = await startRpcServer();
  try {
    const account = (lamports: number) => ({
      lamports,
      owner: PROGRAM,
      executable: false,
      rentEpoch: 0n,
      space: 3,
      data: ['AQID', 'base64'] as const,
    });
    const [one, other] = [1, 2].map((byte) => toBase58(Buffer.alloc(32, byte))) as [string, string];
    server.slot({ [one]: account(5), [other]: account(6) });
    const { form, press } = await openForm(page, 'RPC');
    await form.getByLabel('Address').fill(server.rpc);
    await form.getByLabel('WebSocket').fill(server.subscriptions);
    await press();
    await expect(form).toContainText('Name a program or an account.');
    await form.getByLabel('Programs').fill(`${PROGRAM} nokey`);
    await expect(form).toContainText('Number 2 must be a public key in base58.');
    await form.getByLabel('Programs').fill(PROGRAM);
    await press();
    const { has, leave } = openConnection(page);
    await has(2);
    server.slot({ [one]: account(7) });
    await has(3);
    await leave();
    await goTo(page, 'Accounts');
    await expect(page.getByRole('grid').getByRole('row', { name: one })).toContainText('7');
  } finally {
    await server.close();
  }
});

test('a file is followed, and updates are posted, each by its own form', async ({ page, home }) => {
  test.skip(
    test.info().project.name !== 'web',
    'the desktop chooses a file in a dialog of the system, and takes no posts',
  );
  const allowed = allowedAt(home);
  await mkdir(allowed);
  const file = join(allowed, 'updates.ndjson');
  await writeFile(file, `${update('a', 1)}\n`);
  const follow = await openForm(page, 'File');
  await follow.press();
  await expect(follow.form).toContainText('Needed.');
  await expect(follow.form.getByLabel('Path')).toBeFocused();
  await follow.form.getByLabel('Path').fill('/etc/hosts');
  await follow.press();
  await expect(follow.form).toContainText('hosts is not in a directory that Ingot may read.');
  await follow.form.getByLabel('Path').fill(join(allowed, 'other.ndjson'));
  await follow.press();
  await expect(follow.form).toContainText('other.ndjson cannot be found or read. Check the path.');
  await follow.form.getByLabel('Path').fill(file);
  await follow.form.getByRole('switch', { name: 'Record to a file' }).click();
  await follow.press();
  const { row, has, leave } = openConnection(page);
  await has(1);
  await appendFile(file, `${update('a', 2)}\n${update('b', 1)}\n`);
  await has(3);
  await expect(row).toContainText(/recorded: \d+ B/);
  await row.getByRole('button', { name: 'Report' }).click();
  await expect(page.getByRole('heading', { name: 'Report' })).toBeVisible();
  await goTo(page, 'Connections');
  await row.getByRole('button', { name: 'Disconnect' }).click();
  const table = page.getByRole('table', { name: 'Connections' });
  await expect(table).toContainText('ended');
  await table.getByRole('button', { name: 'Report' }).click();
  await expect(page.getByRole('heading', { name: 'Report' })).toBeVisible();
  await expect(page).toHaveURL(/at=/);
  await page.getByRole('button', { name: 'back to live' }).click();
  await goTo(page, 'Connections');
  await table.getByRole('button', { name: 'Dismiss' }).click();

  const lines = await openForm(page, 'File');
  await lines.form.getByLabel('Path').fill(join(allowed, 'yellowstone.ndjson'));
  await copyFile(join(FORMATS, 'yellowstone-json.ndjson'), join(allowed, 'yellowstone.ndjson'));
  // Only formats of lines are offered.
  await expect(lines.form.getByLabel('Lines').locator('option[value="yellowstone-json"]')).toHaveCount(1);
  await expect(lines.form.getByLabel('Lines').locator('option[value="csv"]')).toHaveCount(0);
  await lines.form.getByLabel('Lines').selectOption('yellowstone-json');
  await lines.form.getByText('Owner program', { exact: true }).click();
  await lines.press();
  await has(2);
  await expect(page.getByRole('region', { name: /^Connection of run/ })).toContainText('1 × ping');
  await leave();

  const http = await openForm(page, 'HTTP');
  await http.form.getByLabel('Lines').selectOption('');
  await http.press();
  await expect(http.form).toContainText('Needed.');
  await http.form.getByLabel('Token', { exact: true }).fill('NOT_THERE');
  await http.press();
  await expect(http.form).toContainText('There is no secret NOT_THERE.');
  await http.form.getByLabel('Token', { exact: true }).fill('POSTED');
  await expect(http.form).toContainText('It is there, from the environment.');
  await http.press();
  await expect(row).toBeVisible();
  const { origin } = new URL(page.url());
  await expect(page.getByRole('region', { name: /^Connection of run/ })).toContainText(
    `curl -H "Authorization: Bearer $INGOT_SECRET_POSTED" --data-binary @updates.ndjson ${origin}/api/updates`,
  );
  const answer = await fetch(`${origin}/api/updates`, {
    method: 'POST',
    headers: { authorization: `Bearer ${POSTED}` },
    body: update('c', 1),
  });
  expect(await answer.json()).toMatchObject({ records: 1, indexed: 1 });
  await has(1);
  await leave();
});

test(`a stream of Redis is read${NO_REDIS}`, async ({ page }) => {
  test.skip(!hasRedis, 'redis-server is not installed');
  const server = await openRedisServer();
  const client = await createClient({ url: server.address }).connect();
  try {
    await client.xAdd('updates', '*', { update: update('a', 1) });
    const { form, press } = await openForm(page, 'Redis');
    await form.getByLabel('Address').fill('http://127.0.0.1');
    await press();
    await expect(form).toContainText('Must be an address that begins with redis:// or rediss://.');
    await expect(form).toContainText('Needed.');
    await form.getByLabel('Address').fill(server.address);
    await form.getByLabel('Stream').fill('updates');
    await press();
    const { has, leave } = openConnection(page);
    await has(1);
    await client.xAdd('updates', '*', { update: update('a', 2) });
    await has(2);
    await leave();
  } finally {
    client.destroy();
    await server.close();
  }
});
