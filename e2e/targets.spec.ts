import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chooseFile, expectState, goTo, previewOf } from './fixtures/actions';
import { expect, test } from './fixtures/ingot';
import { lookInBothThemes } from './fixtures/looks';
import { SAMPLE } from './fixtures/paths';

test('adds a webhook, delivers what a run fires, and resends a dead letter', async ({ opened, page }) => {
  const received: string[] = [];
  let status = 204;
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      received.push(JSON.parse(body).id);
      response.writeHead(status).end(status === 204 ? undefined : 'out of order');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  try {
    await goTo(page, 'Targets');
    await page.getByRole('button', { name: 'Add webhook' }).click();
    const form = page.getByRole('form', { name: 'New webhook' });
    await form.getByLabel('Name', { exact: true }).fill('Ops');
    await form.getByLabel('Address', { exact: true }).fill(url);
    const secret = form.getByLabel('Name of the secret', { exact: true });
    await secret.fill('OPS');
    await expect(form).toContainText('start Ingot with the environment variable INGOT_SECRET_OPS');
    await secret.fill('');
    // One is enough for a dead letter.
    await form.getByLabel('Attempts', { exact: true }).fill('1');
    await form.getByRole('switch', { name: /^Allow an address/ }).click();
    await form.getByRole('button', { name: 'Add target' }).click();
    await expect(form).toContainText('It must be up to 40 lower-case letters');
    await form.getByLabel('Attempts', { exact: true }).fill('0');
    await expect(form).toContainText('It must be a whole number from 1 to 100.');
    await form.getByLabel('Attempts', { exact: true }).fill('1');
    await form.getByLabel('Name', { exact: true }).fill('ops');
    await form.getByLabel('Name', { exact: true }).press('Enter');
    const target = page.getByRole('listitem', { name: 'ops', exact: true });
    await expect(target).toContainText('armed');
    await target.getByRole('button', { name: 'Test' }).click();
    await expect(page.getByText(/The test arrived at ops after/)).toBeVisible();
    // Another target is changed while a form is filled in.
    await page.getByRole('button', { name: 'Add webhook' }).click();
    await form.getByLabel('Name', { exact: true }).fill('second');
    await target.getByRole('button', { name: 'Disarm' }).click();
    await target.getByRole('button', { name: 'Arm', exact: true }).click();
    await expect(target.getByRole('button', { name: 'Disarm' })).toBeVisible();
    await expect(form.getByLabel('Name', { exact: true })).toHaveValue('second');
    await form.getByRole('button', { name: 'Cancel' }).click();

    status = 500;
    await goTo(page, 'Live');
    await chooseFile(opened, SAMPLE);
    const preview = previewOf(page);
    await preview.getByText('Virtual', { exact: true }).click();
    await preview.getByRole('switch', { name: /^Deliver its fired callbacks/ }).click();
    await preview.getByRole('button', { name: 'Start run' }).click();
    await expectState(page, 'completed');
    await goTo(page, 'Targets');
    await expect(target).toContainText('dead letters');
    await page.getByText('Dead letters', { exact: true }).click();
    const deliveries = page.getByRole('region', { name: 'Deliveries to ops' });
    await expect(deliveries.getByRole('row').nth(1)).toContainText('It answered 500. out of order');
    expect(await lookInBothThemes(page, 'targets')).toEqual({ 'targets, dark': [], 'targets, light': [] });

    status = 204;
    const before = received.length;
    await deliveries.getByRole('button', { name: 'Resend', exact: true }).first().click();
    await expect(target).toContainText('1 delivered');
    expect(received.slice(0, before)).toContain(received[before]);
    await page.getByRole('button', { name: 'Resend all' }).click();
    await expect(target).not.toContainText('dead letter');
    await page.getByText('Latest', { exact: true }).click();
    await deliveries.getByRole('row').nth(1).getByRole('button').click();
    await expect(page.getByRole('list', { name: 'Deliveries' })).toContainText('ops: delivered');
    await page.keyboard.press('Escape');
    await goTo(page, 'Callbacks');
    await page.getByRole('tab', { name: /fired/ }).click();
    await expect(page.getByRole('grid').getByRole('row').nth(1)).toContainText('delivered');

    // A run that does not deliver does so once a person arms it, from then on.
    await goTo(page, 'Live');
    await chooseFile(opened, SAMPLE);
    await preview.getByText('Real time', { exact: true }).click();
    await preview.getByRole('button', { name: 'Start run' }).click();
    await expectState(page, 'running');
    await goTo(page, 'Runs');
    const run = page.getByRole('region', { name: 'Run 2' });
    await run.getByRole('button', { name: 'Deliver its callbacks…' }).click();
    const question = page.getByRole('dialog', { name: 'Deliver the callbacks of run 2?' });
    await expect(question).toContainText('It goes to ops.');
    await question.getByRole('button', { name: 'Deliver callbacks' }).click();
    await expect(run).toContainText('What it fires goes to the armed targets');
    await run.getByRole('button', { name: 'Stop delivering' }).click();
    await expect(run.getByRole('button', { name: 'Deliver its callbacks…' })).toBeVisible();
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
