import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createTestFolder } from '../../database/testing/each-database';
import { argumentsOf, readDesktopOptions } from './desktop-options';

const folder = createTestFolder();
const noFile = join(folder, 'empty.yaml');
writeFileSync(noFile, '');
const read = (args: readonly string[], variables: Record<string, string> = {}) =>
  readDesktopOptions([...args, '--config', noFile], variables, '/started/here');

describe('the desktop app was started', () => {
  it('with a file, named from where it was started', async () => {
    expect(await read(['data/a.json'])).toMatchObject({ file: '/started/here/data/a.json' });
    expect(await read(['/data/a.json'])).toMatchObject({ file: '/data/a.json' });
    expect(await read([])).toMatchObject({ file: null });
  });

  it('with a file to be shown', async () => {
    expect(await read(['--preview', 'a.json'])).toMatchObject({
      file: '/started/here/a.json',
      preview: true,
    });
    expect(await read(['a.json'])).toMatchObject({ preview: false });
    // A program menu starts it without one.
    expect(await read(['--preview'])).toMatchObject({ file: null, preview: true });
  });

  it('with a data directory, in which its window lives as well', async () => {
    expect(await read(['--data-dir', '/data/ingot'])).toMatchObject({
      target: { kind: 'data-dir', dataDir: '/data/ingot' },
      homeDirectory: '/data/ingot',
    });
  });

  it('with a database in memory, and its window where it always lives', async () => {
    const usual = await read([]);
    const { target, homeDirectory } = await read(['--memory']);
    expect(target).toEqual({ kind: 'memory', space: null });
    expect(homeDirectory).toBe(usual.homeDirectory);
  });

  it('with the settings of the command line, by flag and by variable', async () => {
    const { run, logLevel } = await read(
      [
        '--arrival',
        'scatter',
        '--delay=0-500',
        '--speed',
        '20',
        '--no-wait',
        '--simulate',
        '--skip-broken-lines',
        '--mapping=get-multiple-accounts',
        '--tokens=amount',
        '--account-type=mint',
        '--callback-time-ms=500',
        '--answers=slot=5; keys=A,B',
      ],
      { INGOT_LOG_LEVEL: 'debug', INGOT_SEED: '7', INGOT_SPEED: '3' },
    );
    expect(run).toEqual({
      arrival: 'scatter',
      delay: { fromMs: 0, toMs: 500 },
      speed: 20,
      seed: 7,
      simulate: true,
      wait: false,
      skipBrokenLines: true,
      mapping: 'get-multiple-accounts',
      tokens: 'amount',
      accountType: 'mint',
      callbackTimeMs: 500,
      answers: { slot: '5', keys: 'A,B' },
      deliver: false,
      idls: [],
    });
    expect(logLevel).toBe('debug');
  });

  it("with switches of Chromium's, which are none of ours", async () => {
    const args = ['--no-sandbox', '--enable-logging=stderr', 'a.json', '--remote-debugging-port=0'];
    expect(await read(args)).toMatchObject({ file: '/started/here/a.json' });
  });

  it.each([
    [['--speed', 'fast'], '--speed'],
    [['--speed'], '--speed'],
    [['a.json', 'b.json'], 'One file can be opened at a time, not 2.'],
  ])('wrongly, as %j, and says so', async (args, message) => {
    await expect(read(args)).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining(message),
    });
  });
});

describe('of a command line', () => {
  it("what follows the app's directory is meant for it", () => {
    const line = ['/dist/electron', '--no-sandbox', '/app', 'a.json', '--speed', '2'];
    expect(argumentsOf(line, '/app')).toEqual(['a.json', '--speed', '2']);
    expect(argumentsOf(['/dist/electron', '/app/'], '/app')).toEqual([]);
  });

  it('all is meant for an app that is packaged', () => {
    expect(argumentsOf(['/opt/Ingot/ingot', 'a.json'], '/opt/Ingot/resources/app.asar')).toEqual(['a.json']);
  });
});
