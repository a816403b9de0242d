import { readdirSync } from 'node:fs';
import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import {
  deckOf,
  dropFile,
  expectRunOf,
  expectState,
  goTo,
  previewOf,
  recordsTaken,
  startRun,
  tipOf,
} from './fixtures/actions';
import { expect, test } from './fixtures/ingot';
import { findFaults, keepScreen, THEMES } from './fixtures/looks';
import { ROOT } from './fixtures/paths';

const FORMATS = join(ROOT, 'data/formats');
const ALICE = 'BjecmA3hhW8zD7ToGsosrHA8FFwpovaXDErrFL9Xjuz7';
const CLOSED = 'Bz7PpYnbNAs3QvUqRTyabnEqhMrnXa8LT8DfcDVGEXQ2';
const USD = '9sRxKwA5BDa9Rcom5mtHUGn1CPRZKmqPYGMtidW4F2kx';

interface Sample {
  readonly title: string;
  readonly records: number;
  /** What is counted, and is no account update. */
  readonly skipped?: string;
  /** What is asked for, by its label, with the answer. */
  readonly asks?: Readonly<Record<string, string>>;
}

const WHOLE: Readonly<Record<string, Sample>> = {
  'das-assets.json': { title: 'Assets of the DAS API', records: 2 },
  'account-notifications-wscat.log': {
    title: 'Notifications of accountSubscribe',
    records: 4,
    skipped: 'line 2request 3answer 3slot 1',
  },
  'account-notifications.ndjson': {
    title: 'Notifications of accountSubscribe',
    records: 4,
    skipped: 'request 3answer 3slot 1',
  },
  'csv.csv': { title: 'CSV with a header', records: 3 },
  'get-program-accounts-with-context.json': {
    title: 'Answer of getProgramAccounts, with context',
    records: 4,
  },
  'get-token-accounts.json': { title: 'Answer of getTokenAccountsByOwner, parsed', records: 2 },
  'geyser-kafka.ndjson': {
    title: 'Messages of the Geyser plugin for Kafka, as JSON',
    records: 3,
    skipped: 'slot 1',
  },
  'geyser-postgres.csv': { title: 'Rows of the Geyser plugin for Postgres', records: 3 },
  'geyser-postgres.ndjson': { title: 'Rows of the Geyser plugin for Postgres', records: 3 },
  'program-notifications.ndjson': {
    title: 'Notifications of programSubscribe',
    records: 3,
    skipped: 'request 1answer 1',
  },
  'recorded-accounts.ndjson': {
    title: 'Accounts that Ingot recorded',
    records: 3,
    skipped: 'slot 1gap 1',
  },
  'recorded-updates.ndjson': {
    title: 'Updates that Ingot recorded',
    records: 3,
    skipped: 'rejected 1',
  },
  'surfpool-export.json': { title: 'Answer of surfnet_exportSnapshot', records: 3 },
  'yellowstone-json.ndjson': {
    title: 'Yellowstone updates as JSON',
    records: 2,
    skipped: 'ping 1',
  },
  'yellowstone-protobuf.bin': {
    title: 'Yellowstone updates as protobuf, each after its length',
    records: 2,
    skipped: 'ping 1',
  },
};

const ASKING: Readonly<Record<string, Sample>> = {
  'das-asset.json': { title: 'One asset of the DAS API', records: 1, asks: { Slot: '371250470' } },
  'get-account-info.json': {
    title: 'Answer of getAccountInfo',
    records: 1,
    asks: { 'Public key of the account': USD },
  },
  'get-multiple-accounts.json': {
    title: 'Answer of getMultipleAccounts',
    records: 3,
    asks: { 'Public keys, in the order of the request': [ALICE, CLOSED, USD].join('\n') },
  },
  'get-program-accounts.json': {
    title: 'Answer of getProgramAccounts',
    records: 3,
    asks: { Slot: '371250411' },
  },
  'solana-account.json': { title: 'Accounts of the Solana command line', records: 1 },
  'solana-accounts': { title: 'Accounts of the Solana command line', records: 2 },
  'surfpool-snapshot.json': {
    title: 'Snapshot of Surfpool',
    records: 3,
    asks: { Slot: '371250460' },
  },
};

const countsOf = (page: Page): Locator =>
  previewOf(page).getByRole('region', { name: 'In the whole source' });
const recordsOf = (page: Page): Locator => previewOf(page).getByRole('table');
const startOf = (page: Page): Locator => previewOf(page).getByRole('button', { name: 'Start run' });

/** Drops each sample, sees what it is, answers what it is asked for, and ingests it. */
async function ingestAll(page: Page, samples: Readonly<Record<string, Sample>>): Promise<void> {
  const preview = previewOf(page);
  let isFirst = true;
  for (const [file, { title, records, skipped, asks = {} }] of Object.entries(samples)) {
    await dropFile(page, join(FORMATS, file));
    await expect(preview).toContainText(title);
    for (const [label, answer] of Object.entries(asks)) await preview.getByLabel(label).fill(answer);
    await expect(countsOf(page)).toContainText(`Records${records}`);
    if (skipped !== undefined) await expect(countsOf(page)).toContainText(`No updates${skipped}`);
    await expect(startOf(page)).not.toHaveAttribute('aria-disabled');
    await keepScreen(page, `format-${file.replace('.', '-')}`, preview);
    await startRun(page, isFirst ? { clock: 'Virtual', arrival: 'No waiting' } : {});
    await expectRunOf(page, file);
    await expectState(page, 'completed');
    expect(await recordsTaken(page)).toBe(records);
    await expect(
      deckOf(page)
        .getByRole('listitem')
        .filter({ hasText: /^0rejected$/ }),
    ).toBeVisible();
    isFirst = false;
  }
}

test('samples that hold all that is needed are named, and ingested as they are', async ({ page }) => {
  await ingestAll(page, WHOLE);
});

test('samples that lack something ask for it, and every sample is tried', async ({ page }) => {
  await ingestAll(page, ASKING);
  expect(readdirSync(FORMATS).sort()).toEqual([...Object.keys(WHOLE), ...Object.keys(ASKING)].sort());
});

test('no run starts before what is asked for is there and can be used', async ({ page }) => {
  const preview = previewOf(page);
  await dropFile(page, join(FORMATS, 'get-multiple-accounts.json'));
  const keys = preview.getByLabel('Public keys, in the order of the request');
  await expect(keys).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(startOf(page)).toHaveAttribute('aria-disabled', 'true');
  await expect(preview).toContainText('Still missing: public keys');
  await expect(recordsOf(page)).toBeHidden();
  await keys.fill(`${ALICE}\n${CLOSED}`);
  await expect(preview).toContainText('The answer has 3 accounts, and here are 2 keys.');
  await expect(startOf(page)).toHaveAttribute('aria-disabled', 'true');
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    expect(await findFaults(page)).toEqual([]);
    await keepScreen(page, `asked-${theme}`);
  }
  await keys.fill([ALICE, CLOSED, USD].join(' '));
  await expect(recordsOf(page)).toContainText('closed');
  await expect(startOf(page)).not.toHaveAttribute('aria-disabled');
});

test('the meaning of tokens and type changes the first records, and the run states it', async ({ page }) => {
  const preview = previewOf(page);
  await dropFile(page, join(FORMATS, 'get-program-accounts-with-context.json'));
  await expect(recordsOf(page)).toContainText('2,039,280');
  await preview.getByRole('radio', { name: 'Amount of a token account' }).check();
  await expect(recordsOf(page)).toContainText('125,000,000');
  await expect(preview.getByRole('list', { name: 'Warnings' })).toContainText('mints');
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    expect(await findFaults(page)).toEqual([]);
    await keepScreen(page, `meanings-${theme}`);
  }
  await page.setViewportSize({ width: 1024, height: 700 });
  await keepScreen(page, 'meanings-1024');
  await page.setViewportSize({ width: 1440, height: 900 });
  await preview.getByRole('radio', { name: 'Mint of a token account' }).check();
  await expect(preview.getByRole('list', { name: 'Warnings' })).toBeHidden();
  await preview.getByRole('button', { name: 'Alarm when an account was not updated for 5 m' }).click();
  await expect(recordsOf(page)).toContainText('5 m 00 s');
  await startRun(page, { clock: 'Virtual', arrival: 'No waiting' });
  await expectState(page, 'completed');

  const said = 'tokens: amount of a token account; type: mint; callbacks after 5 m if it names no time';
  await deckOf(page).getByText('get-program-accounts-with-context.json').hover();
  await expect(tipOf(page, said)).toBeVisible();
  await goTo(page, 'Runs');
  await expect(page.getByRole('main')).toContainText(`Answer of getProgramAccounts, with context; ${said}`);
  await page.getByRole('main').getByRole('button', { name: 'Run again…' }).click();
  await expect(preview.getByRole('radio', { name: 'Mint of a token account' })).toBeChecked();
  await expect(preview.getByRole('textbox', { name: 'Callback after' })).toHaveValue('5 m');
});

test('fields of an unknown shape are mapped, saved under a name, and read by it the next time', async ({
  page,
  home,
}) => {
  const preview = previewOf(page);
  const file = join(home, 'rows.json');
  const rows = [3, 4].map((balance) => ({ address: `vault ${balance}`, kind: 'vault', info: { balance } }));
  await writeFile(file, JSON.stringify({ meta: { block: 77 }, rows: [...rows, { note: 'no update' }] }));
  await dropFile(page, file);
  await expect(preview).toContainText('A shape of its own');
  await expect(preview.getByLabel('Its list')).toHaveValue(/\d/);
  await preview.getByLabel('Account: taken from').selectOption('field');
  await preview.getByLabel('Account: field').fill('address');
  const add = async (name: string, origin: string, value: string) => {
    const taken = preview.getByLabel(`${name}: taken from`);
    if (!(await taken.isVisible())) await preview.getByLabel('Another field').selectOption(name);
    await taken.selectOption(origin);
    await preview.getByLabel(`${name}: ${origin}`).fill(value);
  };
  await add('Type', 'field', 'kind');
  await add('Tokens', 'field', 'info.balance');
  await add('Slot', 'around list', 'meta.block');
  await expect(recordsOf(page)).toContainText('vault 4');
  await expect(recordsOf(page)).toContainText('77');
  await preview.getByRole('button', { name: 'Pass over what is no update…' }).click();
  const skipped = preview.getByRole('group', { name: 'No update 1' });
  await skipped.getByLabel(/its name$/).fill('note');
  await skipped.getByLabel(/field=text$/).fill('other');
  await expect(skipped).toContainText('none of the first records');
  await skipped.getByLabel(/field=text$/).fill('note=no update');
  await expect(skipped).toContainText('1 of the first records');
  await expect(countsOf(page)).toContainText('No updatesnote 1');
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    expect(await findFaults(page)).toEqual([]);
    await keepScreen(page, `mapping-${theme}`);
  }
  await keepScreen(page, 'format-unknown', preview);
  await preview.getByLabel('Save it as').fill('vault rows');
  await expect(preview.getByRole('button', { name: 'Save mapping' })).toHaveAttribute(
    'aria-disabled',
    'true',
  );
  await preview.getByLabel('Save it as').fill('vault-rows');
  await page.keyboard.press('Enter');
  await expect(preview.getByLabel('Read as')).toHaveValue('vault-rows');
  await expect(recordsOf(page)).toContainText('vault 4');
  await page.keyboard.press('Escape');
  await expect(preview).toBeHidden();

  await dropFile(page, file);
  await preview.getByLabel('Read as').selectOption('vault-rows');
  await expect(recordsOf(page)).toContainText('77');
  await startRun(page, { clock: 'Virtual', arrival: 'No waiting' });
  await expectState(page, 'completed');
  expect(await recordsTaken(page)).toBe(2);
  await goTo(page, 'Runs');
  await expect(page.getByRole('main')).toContainText('mapping vault-rows; tokens: as it says');
  await page.getByRole('main').getByRole('button', { name: 'Run again…' }).click();
  await preview.getByRole('button', { name: 'Delete the mapping vault-rows' }).click();
  await page.getByRole('button', { name: 'Delete mapping' }).click();
  await expect(preview.getByLabel('Read as').getByRole('option', { name: 'vault-rows' })).toHaveCount(0);
  await expect(recordsOf(page)).toContainText('vault 4');
});

test('a folder that is chosen is one source, without its key pair', async ({ opened, page, home }) => {
  const preview = previewOf(page);
  const folder = join(home, 'accounts');
  await cp(join(FORMATS, 'solana-accounts'), folder, { recursive: true });
  await writeFile(join(folder, 'id.json'), JSON.stringify(Array.from({ length: 64 }, (_, at) => at)));
  await opened.willChoose(folder);
  await page.getByRole('main').getByRole('button', { name: 'Open folder…' }).click();
  await expect(preview).toContainText('Accounts of the Solana command line');
  await expect(countsOf(page)).toContainText('Records2');
  await expect(countsOf(page)).not.toContainText('Rejected');
  await expect(page.getByText(/^1 file is left out of accounts|holds 1 key pair/).first()).toBeVisible();
});
