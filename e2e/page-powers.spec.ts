import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures/ingot';

/**
 * A script in the page tries what only a person, the preload or the shell may do, with forged messages. In the desktop window it
 * has the bridge; in a browser, its session's socket and `fetch`.
 */

/** Sends each message from inside the page, then makes each call; returns the results of the calls. */
function tryFromPage(
  page: Page,
  messages: readonly unknown[],
  calls: readonly (readonly [string, unknown])[],
) {
  return page.evaluate(
    async ([sent, asked]) => {
      const bridge = (
        window as { ingot?: { send(message: unknown): void; receive(listener: unknown): void } }
      ).ingot;
      interface Reply {
        readonly callId?: number;
        readonly ok?: boolean;
        readonly error?: { readonly code: string };
      }
      const waiting = new Map<number, (reply: Reply) => void>();
      const receive = (reply: Reply) => waiting.get(reply.callId ?? -1)?.(reply);
      let send: (message: unknown) => void = (message) => bridge?.send(message);
      if (bridge) bridge.receive(receive);
      const connect = async () => {
        const socket = new WebSocket(`ws://${location.host}/ws`);
        socket.addEventListener('message', ({ data }) => receive(JSON.parse(data)));
        await new Promise((resolve) => socket.addEventListener('open', resolve));
        return socket;
      };
      const refused: string[] = [];
      for (const message of sent) {
        // JSON cannot carry a function: `toJSON` stands for one.
        const object = message as Record<string, unknown> | null;
        const given = object?.toJSON === undefined ? message : { ...object, toJSON: () => object.toJSON };
        if (bridge) {
          try {
            bridge.send(given);
            refused.push('sent');
          } catch {
            refused.push('refused');
          }
        } else {
          // A socket that breaks the protocol is closed.
          const socket = await connect();
          const closed = new Promise((resolve) => socket.addEventListener('close', resolve));
          socket.send(JSON.stringify(given) ?? 'undefined');
          await closed;
          refused.push('refused');
        }
      }
      if (!bridge) {
        const socket = await connect();
        send = (message) => socket.send(JSON.stringify(message));
      }
      const answers: string[] = [];
      for (const [index, [method, params]] of asked.entries()) {
        const callId = 1_000_000 + index;
        const reply = new Promise<Reply>((resolve) => waiting.set(callId, resolve));
        send({ type: 'call', callId, method, params });
        const { ok, error } = await reply;
        answers.push(ok ? 'done' : (error?.code ?? 'none'));
      }
      return { refused, answers };
    },
    [messages, calls] as const,
  );
}

test('a script in the page can do nothing that only a person or the shell may do', async ({
  home,
  openWindow,
  shell,
}) => {
  const path = join(home, 'private.json');
  await writeFile(path, '[{"secret":"key"}]');
  const { page } = await openWindow();
  const source = { kind: 'path', path };
  const grant = { type: 'grant', path };
  const made = await tryFromPage(
    page,
    [
      grant,
      { type: 'taken' },
      { type: 'command', command: { command: 'open.source', choice: { source, name: 'private.json' } } },
      { toJSON: grant },
      { type: ['grant'], path },
      [grant],
      'grant',
      null,
      { type: 'hello' },
    ],
    [
      ['source.preview', { source, count: 5 }],
      ['run.start', { source, settings: {} }],
      ['database.readBackup', { source }],
      ['database.restoreFile', { source }],
      ['database.openOther', { dataDir: home }],
      ['runs.source', { runId: '1' }],
      ['source.choose', { path }],
      ['logs.openFolder', { directory: home }],
      ['constructor', {}],
      ['source.recent', {}],
    ],
  );
  expect(made.refused).toEqual(made.refused.map(() => 'refused'));
  expect(made.answers).toEqual([
    'forbidden',
    'forbidden',
    'forbidden',
    'forbidden',
    // The database is open, so no other can be opened.
    'conflict',
    'not_found',
    'invalid_input',
    'invalid_input',
    'invalid_input',
    'done',
  ]);

  // Malformed subscriptions and calls are refused too, and do no harm.
  const odd = await tryFromPage(
    page,
    shell === 'web'
      ? [
          { type: 'subscribe', afterSeq: -1 },
          { type: 'subscribe' },
          { type: 'call', callId: -1, method: 'app.info' },
        ]
      : [],
    [['app.info', {}]],
  );
  expect(odd.answers).toEqual(['done']);

  const reach = await page.evaluate(async (file) => {
    const fetched = async (address: string) =>
      fetch(address, { method: 'POST', body: '{}' }).then(
        ({ status }) => status >= 400,
        () => true,
      );
    const { port1 } = new MessageChannel();
    const scope = window as unknown as Record<string, unknown> & {
      ingot?: Record<string, (given: unknown) => unknown>;
    };
    const attempt = (act: () => unknown) => {
      try {
        return act();
      } catch {
        return 'refused';
      }
    };
    return {
      bridge: Object.keys(scope.ingot ?? {}).sort(),
      node: ['require', 'process', 'Buffer', 'ipcRenderer', 'electron', '__dirname'].filter(
        (name) => name in window,
      ),
      // A file made by a script has no path, and a port cannot be passed on.
      madeUp: attempt(() => scope.ingot?.pathOf?.(new File(['[]'], file))) ?? null,
      notAFile: attempt(() => scope.ingot?.pathOf?.({ path: file, name: file })) ?? null,
      port: attempt(() => (scope.ingot ? scope.ingot.send?.(port1) : 'refused')),
      opened: window.open('about:blank') === null,
      fetched: await Promise.all(
        [`file://${file}`, 'http://127.0.0.1:9/', `/..%2f..${file}`, file, '/control'].map(fetched),
      ),
    };
  }, path);
  expect(reach).toMatchObject({
    bridge: shell === 'electron' ? ['obey', 'pathOf', 'receive', 'send'] : [],
    node: [],
    madeUp: null,
    notAFile: null,
    port: 'refused',
    fetched: [true, true, true, true, true],
  });
  if (shell === 'electron') expect(reach.opened).toBe(true);
  expect(await readFile(path, 'utf8')).toBe('[{"secret":"key"}]');
});

test('a script in the page can open no directory but one that a person named', async ({
  home,
  openWindow,
  shell,
}) => {
  // The database is in trouble: only here another directory can be opened.
  await writeFile(join(home, 'data/pg/global/pg_control'), Buffer.alloc(8192, 7));
  const { page } = await openWindow();
  await expect(page.getByRole('heading', { level: 1, name: 'The database is damaged' })).toBeVisible();
  const { answers } = await tryFromPage(
    page,
    [],
    ['/', home, join(home, 'missing'), 'data', join(home, 'data/pg/..')].map(
      (dataDir) => ['database.openOther', { dataDir }] as const,
    ),
  );
  // In a browser a path is typed: the last one is the damaged database again, by another name.
  expect(answers).toEqual(
    shell === 'electron'
      ? ['forbidden', 'forbidden', 'forbidden', 'forbidden', 'forbidden']
      : ['invalid_input', 'invalid_input', 'invalid_input', 'invalid_input', 'done'],
  );
});
