import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as electron from 'electron';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openWindowFiles } from '../../host/window-files';
import { silentLogger } from '../../runs/testing/play-run';
import { registerAppScheme, START_URL, serveApp } from './app-protocol';
import { app, protocol, resetElectron, session } from './testing/fake-electron';

let directory: string;

beforeEach(() => {
  resetElectron();
  directory = mkdtempSync(join(tmpdir(), 'ingot-app-'));
  mkdirSync(join(directory, 'renderer/assets'), { recursive: true });
  writeFileSync(join(directory, 'secret.json'), 'secret');
  writeFileSync(join(directory, 'renderer/index.html'), '<p nonce="__CSP_NONCE__">page</p>');
  writeFileSync(join(directory, 'renderer/assets/index-abc.js'), 'run()');
  writeFileSync(join(directory, 'renderer/.sources'), 'no type, not served');
  symlinkSync(join(directory, 'secret.json'), join(directory, 'renderer/assets/link.json'));
  serveApp(electron.session.defaultSession.protocol, {
    files: openWindowFiles({ directory: join(directory, 'renderer'), connectTo: [] }),
    host: new Promise(() => {}),
    logger: silentLogger,
  });
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

function request(address: string): Promise<Response> {
  const respond = session.defaultSession.protocol.handlers.get('app');
  if (!respond) throw new Error('app: is not served');
  return respond(new Request(address));
}

describe('app:', () => {
  it('is an origin of its own, secure, and nothing more', () => {
    registerAppScheme();
    expect(protocol.privileged).toEqual([
      { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } },
    ]);
  });

  it('is registered before Electron is ready', () => {
    app.becomeReady();
    expect(registerAppScheme).toThrow('before the app is ready');
  });

  it('serves the page with a policy that lets in nothing from elsewhere', async () => {
    const response = await request(START_URL);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const nonce = /nonce="([^"]+)"/.exec(await response.text())?.[1];
    const policy = response.headers.get('content-security-policy')?.split('; ');
    expect(policy).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      `style-src 'self' 'nonce-${nonce}'`,
      "font-src 'self'",
      "img-src 'self' data:",
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ]);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('serves the files of the build', async () => {
    const response = await request(`${START_URL}assets/index-abc.js`);
    expect(await response.text()).toBe('run()');
    expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  });

  it.each([
    'app://ingot/../secret.json',
    'app://ingot/%2e%2e/secret.json',
    'app://ingot/..%2fsecret.json',
    'app://ingot/assets/..%2f..%2fsecret.json',
    'app://ingot/assets/..%5c..%5csecret.json',
    'app://ingot//secret.json',
    'app://ingot/secret.json%00.js',
    'app://ingot/%c0%ae%c0%ae/secret.json',
    'app://ingot/%',
    'app://ingot/assets/link.json',
    'app://ingot/.sources',
    'app://ingot/assets',
    'app://ingot/etc/passwd',
    'app://other/',
    'app://ingot.other/',
  ])('gives nothing for %s', async (address) => {
    const response = await request(address);
    expect(response.status).toBe(404);
    expect(await response.text()).toBe('There is nothing at this address.');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
  });
});
