import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createTestFolder } from '../../database/testing/each-database';
import { silentLogger } from '../../runs/testing/play-run';
import { openKeychain } from './keychain';
import { app, resetElectron } from './testing/fake-electron';
import { safeStorage } from './testing/fake-system';
import { openAppPage, startApp } from './testing/start-app';

beforeEach(resetElectron);

const name = 'REDIS_TOKEN';
const secret = 'never to be seen: ü';

describe('the keychain of the desktop app', () => {
  const open = (path = join(createTestFolder(), 'secrets.json')) => {
    app.becomeReady();
    return {
      path,
      keychain: openKeychain(path, silentLogger),
      again: () => openKeychain(path, silentLogger),
    };
  };

  it('keeps secrets encrypted in a file of its user alone, until they are taken out', async () => {
    const { path, keychain, again } = open();
    expect(keychain.whyNot()).toBeNull();
    await keychain.write(name, secret);
    await keychain.write('OTHER', 'other');
    expect(await again().read(name)).toBe(secret);
    const kept = readFileSync(path, 'utf8');
    expect(Object.values(JSON.parse(kept)).map((value) => Buffer.from(String(value), 'base64'))).toEqual([
      safeStorage.encryptString(secret),
      safeStorage.encryptString('other'),
    ]);
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600);
    await again().write(name, null);
    expect(await again().read(name)).toBeNull();
    expect(await again().read('OTHER')).toBe('other');
  });

  it.runIf(process.platform === 'linux').each(['basic_text', undefined])(
    'is none on Linux where its key is known to all, or may be: %s',
    (backend) => {
      safeStorage.backend = backend;
      expect(open().keychain.whyNot()).toBe('This desktop has no keychain: GNOME Keyring or KWallet.');
    },
  );

  it('has no secret that was encrypted with another key, or whose file is broken', async () => {
    const { path, keychain, again } = open();
    await keychain.write(name, secret);
    safeStorage.key = 'another';
    expect(await keychain.read(name)).toBeNull();
    writeFileSync(path, '{');
    expect(await again().read(name)).toBeNull();
  });
});

describe('the window', () => {
  it('puts a secret into the keychain and out of it, and is never shown it', async () => {
    startApp();
    const page = await openAppPage();
    const look = () => page.call('connections.secrets', { names: [name] });
    const answer = (from: string | null) => ({ whyNoKeychain: null, secrets: [{ name, from }] });
    expect(await look()).toMatchObject({ result: answer(null) });
    expect(await page.call('connections.setSecret', { name, secret })).toMatchObject({ result: null });
    expect(await look()).toMatchObject({ result: answer('keychain') });
    expect(JSON.stringify(page.received)).not.toContain('never to be seen');
    expect(readFileSync(join(app.getPath('userData'), 'secrets.json'), 'utf8')).toContain(name);
    vi.stubEnv(`INGOT_SECRET_${name}`, 'first');
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(await look()).toMatchObject({ result: answer('environment') });
    vi.unstubAllEnvs();
    await page.call('connections.setSecret', { name, secret: null });
    expect(await look()).toMatchObject({ result: answer(null) });
  });

  it('is told why it has none, and can store nothing', async () => {
    safeStorage.key = null;
    startApp();
    const page = await openAppPage();
    const whyNoKeychain = "The system's keychain cannot be used.";
    expect(await page.call('connections.secrets', { names: [name] })).toMatchObject({
      result: { whyNoKeychain, secrets: [{ name, from: null }] },
    });
    expect(await page.call('connections.setSecret', { name, secret })).toMatchObject({
      error: { code: 'invalid_input', message: whyNoKeychain },
    });
  });
});
