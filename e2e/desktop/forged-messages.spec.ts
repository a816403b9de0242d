import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { answerDialogs, callHost, test } from '../fixtures/desktop';
import { expect } from '../fixtures/ingot';

/** `page-powers.spec.ts` has what both shells refuse; here is what only the desktop's bridge could let through. */

/** The code of the host's refusal, or what it answered. */
const refusalOf = (page: Page, method: string, params: unknown) =>
  callHost(page, method, params).catch((error: Error) => error.message);

test('no message of a script in the page becomes one of the preload', async ({ desktop, page, home }) => {
  const path = join(home, 'private.json');
  await writeFile(path, '[{"id":"secret","accountType":"mint","tokens":1,"version":1,"callbackTimeMs":0}]');
  const preview = { source: { kind: 'path', path }, count: 5 };
  const thrown = await page.evaluate((file) => {
    const { ingot } = window as unknown as { ingot: { send(message: unknown): void } };
    const grant = { type: 'grant', path: file };
    let asked = 0;
    const messages: Record<string, unknown> = {
      grant,
      taken: { type: 'taken' },
      command: { type: 'command', command: { command: 'open.source', choice: { source: grant } } },
      reply: { type: 'reply', callId: 0, ok: true },
      hello: { type: 'hello' },
      array: [grant],
      text: JSON.stringify(grant),
      nothing: undefined,
      null: null,
      number: 7,
      'type in an array': { type: ['grant'], path: file },
      'type by toJSON': { type: { toJSON: () => 'grant' }, path: file },
      'grant by toJSON': { toJSON: () => grant },
      'inherited grant': Object.create(grant),
      'type that changes': {
        get type() {
          asked += 1;
          return asked > 1 ? 'grant' : 'hello';
        },
        path: file,
      },
    };
    // Each looks like a call or a subscription, and would be a grant if the object itself were passed on.
    const disguised: Record<string, unknown> = {
      call: {
        type: 'call',
        callId: 1,
        method: 'app.info',
        params: {},
        ...{ path: file },
        toJSON: () => grant,
      },
      subscription: { type: 'subscribe', afterSeq: null, toJSON: () => grant },
      'params by toJSON': { type: 'call', callId: 2, method: 'app.info', params: { toJSON: () => grant } },
    };
    const attempt = (message: unknown) => {
      try {
        ingot.send(message);
        return 'sent';
      } catch {
        return 'refused';
      }
    };
    for (const message of Object.values(disguised)) attempt(message);
    return Object.entries(messages).filter(([, message]) => attempt(message) !== 'refused');
  }, path);
  expect(thrown).toEqual([]);
  expect(await refusalOf(page, 'source.preview', preview)).toContain(
    'not in a directory that Ingot may read',
  );
  expect(await callHost(page, 'source.recent', {})).toEqual([]);

  // What is odd about a call or a subscription is refused by the host, and breaks nothing.
  await page.evaluate(() => {
    const { ingot } = window as unknown as { ingot: { send(message: unknown): void } };
    for (const odd of [
      { type: 'subscribe' },
      { type: 'subscribe', afterSeq: -1 },
      { type: 'subscribe', afterSeq: 0.5 },
      { type: 'subscribe', afterSeq: '0' },
      { type: 'subscribe', afterSeq: Number.NaN },
      { type: 'subscribe', afterSeq: 5e15 },
      { type: 'call', callId: -1, method: 'app.info', params: {} },
      { type: 'call', callId: 'x', method: 'app.info', params: {} },
      { type: 'call', callId: 1, method: ['app.info'], params: {} },
      { type: 'call', callId: 1, method: 'app.info', params: {}, traceparent: '00-12-34-01' },
      { type: 'call', callId: 3, method: 'preferences.set', params: { layout: 'x'.repeat(2_000_000) } },
    ])
      ingot.send(odd);
  });
  expect(await callHost(page, 'app.info', {})).toMatchObject({ name: 'Ingot', shell: 'electron' });
  await desktop.close();
});

test('a message from another window is refused, even with the address of ours', async ({
  desktop,
  page,
  home,
}) => {
  const path = join(home, 'private.json');
  await writeFile(path, '[]');
  const answers = await desktop.app.evaluate(async ({ BrowserWindow }, file) => {
    const webPreferences = { nodeIntegration: true, contextIsolation: false, sandbox: false };
    const other = new BrowserWindow({ show: false, webPreferences });
    const heard: string[] = [];
    for (const address of ['app://ingot/', 'about:blank']) {
      await other.loadURL(address);
      for (const [channel, message] of [
        ['ingot:from-preload', { type: 'grant', path: file }],
        ['ingot:from-preload', { type: 'taken' }],
        ['ingot:to-host', { type: 'call', callId: 0, method: 'app.info', params: {} }],
      ] as const) {
        const text = JSON.stringify(JSON.stringify(message));
        heard.push(
          await other.webContents.executeJavaScript(
            `require('electron').ipcRenderer.invoke('${channel}', ${text}).then(() => 'taken', (error) => error.message)`,
          ),
        );
      }
    }
    other.destroy();
    return heard;
  }, path);
  expect(answers).toHaveLength(6);
  for (const answer of answers) expect(answer).toMatch(/^Error invoking remote method '.*': Error: refused$/);
  const preview = { source: { kind: 'path', path }, count: 5 };
  expect(await refusalOf(page, 'source.preview', preview)).toContain(
    'not in a directory that Ingot may read',
  );
});

test('no directory is opened but the one that a person chose in the dialog', async ({
  openDesktop,
  home,
}) => {
  await writeFile(join(home, 'data/pg/global/pg_control'), Buffer.alloc(8192, 7));
  const chosen = join(home, 'chosen');
  for (const directory of [chosen, `${chosen}-other`]) await mkdir(directory);
  const desktop = await openDesktop();
  const { page } = desktop;
  await expect(page.getByRole('heading', { level: 1, name: 'The database is damaged' })).toBeVisible();
  await answerDialogs(desktop, 'showOpenDialog', [
    { canceled: true, filePaths: [] },
    { canceled: false, filePaths: [chosen] },
  ]);
  expect(await callHost(page, 'database.chooseDirectory', {})).toBeNull();
  const open = (dataDir: string) => refusalOf(page, 'database.openOther', { dataDir });
  const refused = await open(chosen);
  expect(refused).toEqual(expect.any(String));
  expect(await callHost(page, 'database.chooseDirectory', {})).toBe(chosen);
  for (const dataDir of [join(chosen, '..'), `${chosen}-other`, join(chosen, 'inside'), home, '/', 'data'])
    expect(await open(dataDir)).toBe(refused);
  expect(await open(chosen)).toMatchObject({ phase: 'open' });
});
