import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { IngotError } from '../../src-shared/errors';
import { type LoadedSettings, loadSettings, type SettingsSources } from './load-settings';
import { SETTING_KEYS } from './schema';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'ingot-settings-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

let files = 0;
function writeConfig(yaml: string): string {
  const path = join(directory, `${files++}.yaml`);
  writeFileSync(path, yaml);
  return path;
}

function load({ yaml = '', flags = {}, variables = {} }: Partial<SettingsSources> & { yaml?: string }) {
  return loadSettings({ flags, variables, configFile: writeConfig(yaml) });
}

async function refusal(loading: Promise<LoadedSettings>): Promise<string> {
  const error = await loading.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(IngotError);
  expect(error).toMatchObject({ code: 'invalid_input' });
  return error instanceof Error ? error.message : '';
}

describe('settings without any source', () => {
  it('are the defaults, the database in a directory of the user', async () => {
    const { settings, originOf } = await load({});
    expect(settings).toEqual({
      arrival: 'sequential',
      delay: { fromMs: 0, toMs: 1000 },
      speed: 1,
      seed: 1,
      simulate: false,
      wait: true,
      skipBrokenLines: false,
      mapping: null,
      tokens: 'source',
      accountType: 'source',
      callbackTimeMs: 60_000,
      answers: {},
      idl: null,
      overdue: 'fire',
      dataDir: expect.stringContaining('ingot'),
      memory: false,
      database: null,
      space: null,
      readOnly: false,
      json: false,
      traceCallbacks: 20,
      logLevel: 'warn',
      logDir: expect.stringContaining('ingot'),
      logFileLevel: 'info',
      metricsPort: null,
      updateFeed: null,
    });
    expect(SETTING_KEYS.map((key) => originOf(key).source)).toEqual(SETTING_KEYS.map(() => 'default'));
  });
});

describe('a setting in several sources', () => {
  const yaml = 'seed: 2';
  const variables = { INGOT_SEED: '3' };
  const flags = { seed: '4' };

  it('comes from the file when only that has it', async () => {
    const { settings, originOf, configFile } = await load({ yaml });
    expect(settings.seed).toBe(2);
    expect(originOf('seed')).toEqual({ source: 'file', path: configFile, key: 'seed' });
  });

  it('comes from the variable over the file', async () => {
    const { settings, originOf } = await load({ yaml, variables });
    expect(settings.seed).toBe(3);
    expect(originOf('seed')).toEqual({ source: 'variable', name: 'INGOT_SEED' });
  });

  it('comes from the flag over both', async () => {
    const { settings, originOf } = await load({ yaml, variables, flags });
    expect(settings.seed).toBe(4);
    expect(originOf('seed')).toEqual({ source: 'flag', name: '--seed' });
  });
});

describe('values', () => {
  it('mean the same as YAML and as text', async () => {
    const asYaml = await load({
      yaml: 'arrival: none\ndelay: 5-9\nspeed: 2.5\nseed: 7\nsimulate: true\nwait: false\nlogLevel: debug',
    });
    const asText = await load({
      variables: {
        INGOT_ARRIVAL: 'none',
        INGOT_DELAY: '5-9',
        INGOT_SPEED: '2.5',
        INGOT_SEED: '7',
        INGOT_SIMULATE: 'true',
        INGOT_WAIT: 'false',
        INGOT_LOG_LEVEL: 'debug',
      },
    });
    expect(asText.settings).toEqual(asYaml.settings);
    expect(asText.settings).toMatchObject({ delay: { fromMs: 5, toMs: 9 }, speed: 2.5, wait: false });
  });

  it('may be any decimal number', async () => {
    const flags = { speed: '.5', delay: '1e3', seed: '1e3' };
    expect((await load({ flags })).settings).toMatchObject({
      speed: 0.5,
      delay: { fromMs: 1000, toMs: 1000 },
      seed: 1000,
    });
  });

  it('may give the delay as one number', async () => {
    expect((await load({ yaml: 'delay: 500' })).settings.delay).toEqual({ fromMs: 500, toMs: 500 });
  });

  it('take a directory in the file as relative to the file', async () => {
    expect((await load({ yaml: 'dataDir: state' })).settings.dataDir).toBe(join(directory, 'state'));
  });

  it('take a directory elsewhere as relative to where the program runs', async () => {
    expect((await load({ flags: { dataDir: 'state' } })).settings.dataDir).toBe(resolve('state'));
  });

  it('take ~/ as the home directory', async () => {
    expect((await load({ yaml: 'dataDir: ~/ingot' })).settings.dataDir).toBe(join(homedir(), 'ingot'));
  });
});

describe('the directory of the log files', () => {
  it('is the usual one of the system, also beside a server', async () => {
    const { settings } = await load({});
    const { settings: ofServer } = await load({ flags: { database: 'postgres://host/db' } });
    expect(ofServer.logDir).toBe(settings.logDir);
    expect(settings.logDir).not.toContain(settings.dataDir);
  });

  it('lies beside a database whose directory was named', async () => {
    const { settings, originOf } = await load({ flags: { dataDir: '/state' } });
    expect(settings.logDir).toBe(join(resolve('/state'), 'logs'));
    expect(originOf('logDir')).toEqual({ source: 'default' });
  });

  it('is none for a database in memory, which leaves nothing behind', async () => {
    expect((await load({ flags: { memory: true } })).settings.logDir).toBeNull();
  });

  it('is the one that was named, whatever the database', async () => {
    expect((await load({ yaml: 'logDir: logs', flags: { memory: true } })).settings.logDir).toBe(
      join(directory, 'logs'),
    );
    expect((await load({ variables: { INGOT_LOG_DIR: 'logs' } })).settings.logDir).toBe(resolve('logs'));
  });

  it('is none if that is said', async () => {
    expect((await load({ yaml: 'logDir: none' })).settings.logDir).toBeNull();
  });
});

describe('the place of the database', () => {
  it('is chosen as a whole by the higher source', async () => {
    const { settings, originOf } = await load({ yaml: 'dataDir: /state', flags: { memory: true } });
    expect(settings).toMatchObject({ memory: true, dataDir: null, database: null });
    expect(originOf('dataDir')).toEqual({ source: 'unused', instead: { source: 'flag', name: '--memory' } });
  });

  it('goes back to a directory when a higher source takes memory away', async () => {
    const { settings } = await load({ yaml: 'memory: true', variables: { INGOT_MEMORY: 'false' } });
    expect(settings).toMatchObject({ memory: false, dataDir: expect.stringContaining('ingot') });
  });

  it('cannot be chosen twice by one source', async () => {
    expect(await refusal(load({ flags: { memory: true, database: 'postgres://ada@host/db' } }))).toBe(
      '--memory and --database exclude each other: set one of them.',
    );
  });

  it('is opened read-only on a server alone', async () => {
    const variables = { INGOT_READ_ONLY: 'true' };
    await expect(load({ variables })).rejects.toThrow(
      'INGOT_READ_ONLY needs a Postgres server, named by --database',
    );
    const yaml = 'database: postgres://host/db';
    await expect(load({ yaml, flags: { readOnly: true, memory: true } })).rejects.toThrow(
      '--read-only needs a Postgres server',
    );
    expect((await load({ yaml, variables })).settings).toMatchObject({ readOnly: true });
    expect((await load({ variables: { INGOT_READ_ONLY: 'false' } })).settings).toMatchObject({
      space: null,
      readOnly: false,
    });
  });

  it('may stand beside memory: false', async () => {
    const { settings } = await load({ yaml: 'memory: false\ndataDir: /state' });
    expect(settings.dataDir).toBe(resolve('/state'));
  });
});

describe('what cannot be used', () => {
  it('is named with file, key and what is allowed', async () => {
    const configFile = writeConfig('arrival: sometimes');
    expect(await refusal(loadSettings({ flags: {}, variables: {}, configFile }))).toBe(
      `arrival in ${configFile} is "sometimes": it must be sequential, scatter, recorded or none.`,
    );
  });

  it('is named with its variable', async () => {
    expect(await refusal(load({ variables: { INGOT_SPEED: 'fast' } }))).toBe(
      'INGOT_SPEED is "fast": it must be a number from 0.001 to 1000000.',
    );
  });

  it('is named when it is no number to a reader of YAML either', async () => {
    expect(await refusal(load({ yaml: 'speed: .nan' }))).toMatch(
      /^speed in .*\.yaml is NaN: it must be a number /,
    );
  });

  it('is named with its flag', async () => {
    expect(await refusal(load({ flags: { delay: '9-5' } }))).toBe(
      '--delay is "9-5": it must be a range such as 0-1000 or one number such as 500, in whole milliseconds up to 86400000.',
    );
  });

  it('is refused also where a higher source would win', async () => {
    expect(await refusal(load({ yaml: 'seed: -1', flags: { seed: '1' } }))).toMatch(/^seed in .* is -1/);
  });

  it.each([
    [{ flags: { database: 'mysql://ada:secret@host/db' } }, '--database is "mysql://ada:***@host/db": '],
    [{ flags: { database: 'mysql://ada@corp:secret@h/d' } }, '--database is "mysql://ada@corp:***@h/d": '],
    [{ flags: { database: 'mysql://h/d?password=secret' } }, '--database is "mysql://h/d?password=***": '],
    [{ yaml: 'database: ["postgres://ada:secret@h/d"]' }, 'is a list: '],
    [{ yaml: 'database: {"postgres://ada": "secret@h/d"}' }, 'is a mapping: '],
  ])('never shows a password: %j', async (sources, shown) => {
    const message = await refusal(load(sources));
    expect(message).toContain(shown);
    expect(message).not.toContain('secret');
  });

  it.each([
    ['a key', { yaml: 'arival: none' }, /^arival in .*\.yaml is not a setting\. There are: arrival, delay,/],
    [
      'a variable',
      { variables: { INGOT_ARIVAL: 'none' } },
      /^INGOT_ARIVAL is not a setting\. There are: INGOT_ARRIVAL,/,
    ],
  ])('may be %s that is unknown', async (_what, sources, message) => {
    expect(await refusal(load(sources))).toMatch(message);
  });

  it('is listed whole, one problem a line', async () => {
    const message = await refusal(
      load({ yaml: 'seed: x', variables: { INGOT_DELAY: '' }, flags: { speed: '0' } }),
    );
    expect(message.split('\n').map((line) => line.split(' ')[0])).toEqual(['seed', 'INGOT_DELAY', '--speed']);
  });
});

describe('the configuration file', () => {
  it('must be there when it was asked for', async () => {
    const configFile = join(directory, 'missing.yaml');
    expect(await refusal(loadSettings({ flags: {}, variables: { INGOT_CONFIG: configFile } }))).toBe(
      `The configuration file ${configFile} cannot be read: ENOENT.`,
    );
  });

  it.skipIf(process.platform !== 'linux')(
    'is skipped with a warning when nobody named it and it cannot be read',
    async () => {
      const path = join(directory, 'ingot/ingot.yaml');
      mkdirSync(path, { recursive: true });
      vi.stubEnv('XDG_CONFIG_HOME', directory);
      onTestFinished(() => void vi.unstubAllEnvs());
      const warnings: string[] = [];
      const warn = (message: string) => void warnings.push(message);
      const { settings } = await loadSettings({ flags: { seed: '4' }, variables: {}, warn });
      expect(settings.seed).toBe(4);
      const fault = `The configuration file ${path} cannot be read: EISDIR.`;
      expect(warnings).toEqual([`${fault} It is skipped.`]);
      expect(await refusal(loadSettings({ flags: {}, variables: {}, configFile: path, warn }))).toBe(fault);
      vi.stubEnv('XDG_CONFIG_HOME', '/dev/null');
      await loadSettings({ flags: {}, variables: {}, warn });
      expect(warnings).toHaveLength(1);
    },
  );

  it('must have a name where one is given', async () => {
    const empty = 'is "": it must be a file.';
    expect(await refusal(loadSettings({ flags: {}, variables: { INGOT_CONFIG: '' } }))).toBe(
      `INGOT_CONFIG ${empty}`,
    );
    expect(await refusal(loadSettings({ flags: {}, variables: {}, configFile: '' }))).toBe(
      `--config ${empty}`,
    );
  });

  it('is named by the flag over the variable', async () => {
    const configFile = writeConfig('seed: 5');
    const variables = { INGOT_CONFIG: join(directory, 'missing.yaml') };
    expect((await loadSettings({ flags: {}, variables, configFile })).settings.seed).toBe(5);
  });

  it('is refused with the line when it is not YAML', async () => {
    expect(await refusal(load({ yaml: 'seed: 1\nspeed: "2' }))).toMatch(/\.yaml, line 2: /);
  });

  it('is refused when a key stands in it twice', async () => {
    expect(await refusal(load({ yaml: 'seed: 1\nseed: 2' }))).toMatch(/line 2: .*unique/);
  });

  it('is refused when it names what it does not hold', async () => {
    expect(await refusal(load({ yaml: 'arrival: *foo' }))).toMatch(/\.yaml: Unresolved alias .*: foo$/);
  });

  it('is refused when what it names grows beyond measure', async () => {
    const tenTimes = (name: string) => `[${Array(11).fill(`*${name}`).join(', ')}]`;
    const yaml = `arrival: &a [x]\ndelay: &b ${tenTimes('a')}\nspeed: &c ${tenTimes('b')}\nseed: ${tenTimes('c')}`;
    expect(await refusal(load({ yaml }))).toMatch(/\.yaml: Excessive alias count/);
  });

  it('is refused when a value is made of itself', async () => {
    expect(await refusal(load({ yaml: 'arrival: &a [*a]' }))).toMatch(
      /^arrival in .*\.yaml is a list: it must be /,
    );
  });

  it('is refused when it holds no settings but something else', async () => {
    expect(await refusal(load({ yaml: '- seed' }))).toMatch(/must hold settings/);
  });
});
