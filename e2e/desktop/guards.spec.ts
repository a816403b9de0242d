import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { test } from '../fixtures/desktop';
import type { ElectronWindow } from '../fixtures/electron-window';
import { expect } from '../fixtures/ingot';

const START = 'app://ingot/';

/** What the app's own scheme answers, asked past the page and its policy. */
function request({ app }: ElectronWindow, address: string, method = 'GET') {
  return app.evaluate(
    async ({ session }, [url, verb]) => {
      const response = await session.defaultSession.fetch(url, { method: verb });
      const text = await response.text();
      return { status: response.status, text, headers: Object.fromEntries(response.headers) };
    },
    [address, method] as const,
  );
}

test("the app's scheme serves its own build, and nothing else by any name", async ({ desktop, home }) => {
  const page = await request(desktop, START);
  expect(page.status).toBe(200);
  expect(page.headers['content-security-policy']).toContain("default-src 'none'");
  expect(page.headers['content-security-policy']).not.toContain('unsafe');
  expect(page.headers['x-content-type-options']).toBe('nosniff');
  const [, script] = /src="\/?([^"]+\.js)"/.exec(page.text) ?? [];
  const served = await request(desktop, `${START}${script}`);
  expect(served).toMatchObject({
    status: 200,
    headers: { 'content-type': 'text/javascript; charset=utf-8' },
  });

  const secret = join(home, 'secret.json');
  await writeFile(secret, 'secret');
  for (const address of [
    'app://ingot/../main/electron.js',
    'app://ingot/%2e%2e/main/electron.js',
    'app://ingot/..%2fmain%2felectron.js',
    'app://ingot/assets/..%2f..%2f..%2fpackage.json',
    'app://ingot/assets/..%5c..%5cmain%5celectron.js',
    `app://ingot/${secret}`,
    `app://ingot/${encodeURIComponent(secret)}`,
    'app://ingot/%c0%ae%c0%ae/main/electron.js',
    'app://ingot/%',
    'app://ingot/assets',
    'app://ingot/backups/..%2fingot.high-water',
    'app://ingot/backups/none',
    'app://other/',
    'app://ingot.other/',
  ]) {
    const refused = await request(desktop, address);
    expect([address, refused.status, refused.headers['content-security-policy']]).toEqual([
      address,
      404,
      "default-src 'none'; frame-ancestors 'none'",
    ]);
    expect(refused.text).toMatch(/^There is (nothing at this address|no such backup)/);
  }
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
    expect([method, (await request(desktop, START, method)).status]).toEqual([method, 405]);
  }
  expect(await request(desktop, START, 'HEAD')).toMatchObject({ status: 200, text: '' });
});

/** The app's log files. */
async function readLogs(home: string): Promise<string> {
  const entries = await readdir(join(home, 'data/logs'), { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  return (await Promise.all(files.map((file) => readFile(file, 'utf8')))).join('\n');
}

/** A server that no window should ever ask. */
async function openServer(): Promise<{ origin: string; asked: string[]; close(): void }> {
  const asked: string[] = [];
  const server = createServer((incoming, response) => {
    asked.push(incoming.url ?? '');
    response.setHeader('access-control-allow-origin', '*');
    response.end('<p>another page</p>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, asked, close: () => server.close() };
}

/** A script in the page tries to reach outside; what it managed to do. */
function reachOut(page: Page, origin: string): Promise<string[]> {
  return page.evaluate(async (other) => {
    const done: string[] = [];
    const attempt = async (name: string, act: () => unknown) => {
      try {
        if (await act()) done.push(name);
      } catch {
        // Refused.
      }
    };
    const loads = (tag: string, attributes: Record<string, string>) =>
      new Promise<boolean>((resolve) => {
        const element = Object.assign(document.createElement(tag), attributes);
        element.addEventListener('load', () => resolve(true));
        element.addEventListener('error', () => resolve(false));
        document.body.append(element);
      });
    const scope = window as unknown as Record<string, unknown>;
    // Until the next task Playwright's own script may use `eval`.
    await new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = resolve;
      port2.postMessage(null);
    });
    await attempt('inline script', () => {
      const script = document.createElement('script');
      script.textContent = 'window.ranInline = true';
      document.body.append(script);
      return scope.ranInline;
    });
    await attempt('handler in an attribute', () => {
      const button = document.createElement('button');
      button.setAttribute('onclick', 'window.ranHandler = true');
      button.click();
      return scope.ranHandler;
    });
    await attempt('eval', () => Reflect.apply(scope.eval as typeof String, null, ['1 + 1']));
    await attempt('Function', () => new Function('return true')());
    await attempt('script from elsewhere', () => loads('script', { src: `${other}/script.js` }));
    await attempt('script of data', () => loads('script', { src: 'data:text/javascript,1' }));
    await attempt('style from elsewhere', () =>
      loads('link', { rel: 'stylesheet', href: `${other}/style.css` }),
    );
    await attempt('image from elsewhere', () => loads('img', { src: `${other}/image.png` }));
    await attempt('image of a file', () =>
      loads('img', { src: 'file:///usr/share/pixmaps/debian-logo.png' }),
    );
    await attempt('fetch', () => fetch(`${other}/fetch`));
    await attempt('fetch of a file', () => fetch('file:///etc/passwd'));
    await attempt('beacon', async () => {
      navigator.sendBeacon(`${other}/beacon`, 'x');
      return false;
    });
    await attempt(
      'socket',
      () =>
        new Promise((resolve) => {
          const socket = new WebSocket(other.replace('http', 'ws'));
          socket.onopen = () => resolve(true);
          socket.onerror = () => resolve(false);
        }),
    );
    await attempt(
      'worker',
      () =>
        new Promise((resolve, reject) => {
          const worker = new Worker(URL.createObjectURL(new Blob(['postMessage(1)'])));
          worker.onmessage = () => resolve(true);
          worker.onerror = reject;
        }),
    );
    await attempt('window', () => window.open(`${other}/window`) !== null);
    await attempt('own window', () => window.open('app://ingot/') !== null);
    await attempt('base', () => {
      document.head.append(Object.assign(document.createElement('base'), { href: other }));
      return new URL('x', document.baseURI).origin === other;
    });
    return done;
  }, origin);
}

test('a script in the page runs nothing of its own and reaches nothing outside', async ({
  desktop,
  page,
}) => {
  const server = await openServer();
  expect(await reachOut(page, server.origin)).toEqual([]);
  expect(server.asked).toEqual([]);
  expect(await desktop.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1);
  server.close();
});

test('a page without any policy reaches nothing outside either, and goes nowhere', async ({
  desktop,
  page,
  home,
}) => {
  const server = await openServer();
  await desktop.app.evaluate(({ session, BrowserWindow }) => {
    const { protocol } = session.defaultSession;
    protocol.unhandle('app');
    const headers = { 'content-type': 'text/html' };
    protocol.handle('app', () => new Response('<h1>Hostile</h1>', { headers }));
    BrowserWindow.getAllWindows()[0]?.webContents.reload();
  });
  await expect(page.getByRole('heading', { name: 'Hostile' })).toBeVisible();
  const done = await reachOut(page, server.origin);
  // Nothing but the shell holds it, or this would prove nothing.
  expect(done).toEqual(expect.arrayContaining(['inline script', 'eval']));
  for (const outside of [
    'script from elsewhere',
    'image from elsewhere',
    'fetch',
    'socket',
    'window',
    'own window',
    'fetch of a file',
    'image of a file',
  ]) {
    expect(done).not.toContain(outside);
  }
  await page.evaluate((other) => {
    const frame = (src: string) =>
      document.body.append(Object.assign(document.createElement('iframe'), { src }));
    frame(`${other}/frame`);
    frame('app://ingot/?frame');
    frame('file:///etc/passwd');
  }, server.origin);
  await expect.poll(() => readLogs(home)).toContain('a frame in the window was refused');
  await page.evaluate((other) => {
    const go = (href: string) => Object.assign(document.createElement('a'), { href }).click();
    for (const href of [
      `${other}/link`,
      'file:///etc/passwd',
      'app://other/',
      'app://ingot/other.html',
      'data:text/html,x',
    ])
      go(href);
    const form = Object.assign(document.createElement('form'), { action: `${other}/form`, method: 'post' });
    document.body.append(form);
    form.submit();
  }, server.origin);
  await page.evaluate((other) => {
    location.href = `${other}/location`;
  }, server.origin);
  const granted = await page.evaluate(async () => {
    const names = ['geolocation', 'notifications', 'camera', 'microphone', 'clipboard-read', 'midi'];
    const states = await Promise.all(
      names.map((name) => navigator.permissions.query({ name: name as PermissionName }).catch(() => null)),
    );
    const asked = [
      await Notification.requestPermission(),
      await navigator.mediaDevices.getUserMedia({ audio: true }).then(
        () => 'granted',
        () => 'denied',
      ),
      await navigator.clipboard.readText().then(
        () => 'granted',
        () => 'denied',
      ),
    ];
    return [...states.map((state) => state?.state), ...asked].filter((state) => state === 'granted');
  });
  expect(granted).toEqual([]);

  expect(page.url()).toMatch(/^app:\/\/ingot\/(#|$)/);
  expect(server.asked).toEqual([]);
  const frames = page.frames().map((frame) => frame.url());
  expect(
    frames.filter((url) => url.startsWith('http') || url.startsWith('file') || url.includes('?frame')),
  ).toEqual([]);
  // Playwright's page waits for the refused navigations for ever: the window and its log do not.
  const text = await desktop.app.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.webContents.executeJavaScript('document.body.innerText'),
  );
  expect(text).toBe('Hostile');
  for (const refused of [
    'going to another address was refused',
    'another window was refused',
    'a request to the network was refused',
    'a permission was refused',
  ])
    await expect.poll(() => readLogs(home)).toContain(refused);
  server.close();
});

test('an id is copied, the one thing that the page may ask of the system', async ({ desktop, page }) => {
  await desktop.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.focus());
  await page.getByRole('heading', { level: 1 }).click();
  await page.evaluate(() => navigator.clipboard.writeText('an id'));
  expect(await desktop.app.evaluate(({ clipboard }) => clipboard.readText())).toBe('an id');
});
