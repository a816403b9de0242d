import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeBuild } from '../../../ops/describe-build.mjs';
import { createTestDataDir } from '../../database/testing/each-database';
import { SETTING_KEYS } from '../../settings/schema';
import { makeFile, makeFolder, ROOT, record, runCli, toNdjson } from './testing/run-cli';

describe('usage', () => {
  it.each([
    [['--help'], 'Usage: ingot [options] [command]'],
    [['ingest', '--help'], 'Usage: ingot ingest [options] <FILE>'],
    [['config', '--help'], 'Usage: ingot config'],
    [['reset', '--help'], 'Usage: ingot reset'],
    [['health', '--help'], 'Usage: ingot health'],
    [['generate', '--help'], 'Usage: ingot generate'],
    [['help', 'ingest'], 'Usage: ingot ingest'],
  ])('of %j is shown with examples', async (args, usage) => {
    const { code, stdout, stderr } = await runCli(args);
    expect(stdout).toContain(usage);
    expect(stdout).toMatch(/Examples:\n {2}ingot /);
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it.each([
    [['ingest', 'file.json', '--spede', '2'], /^ingot: unknown option '--spede'\n\(Did you mean --speed\?\)/],
    [['ingest'], /^ingot: missing required argument 'FILE'/],
    [['ingest', 'a.json', 'b.json'], /^ingot: too many arguments/],
    [['frobnicate'], /^ingot: unknown command 'frobnicate'/],
    [['ingest', 'file.json', '--arrival', 'never'], /^ingot: --arrival is "never": it must be sequential, /],
    [
      ['ingest', 'file.json', '--memory', '--data-dir', 'x'],
      /^ingot: --data-dir and --memory exclude each other/,
    ],
    [['generate', '--records', '0'], /^ingot: --records is "0": it must be a whole number from 1 to /],
    [
      ['generate', '--stale', '1'],
      /^ingot: --stale 1, --duplicate 0\.02 \(default\), --conflict 0\.01 \(default\) and --invalid 0\.01 \(default\) must not come to more than 1 together\.\n$/,
    ],
    [['generate', '--stale', '1.5'], /^ingot: --stale is "1\.5": it must be a number from 0 to 1\.\n$/],
    [['reset', '--data-dir', 'x'], /^ingot: There is no terminal to ask on\. .*--yes/],
    [
      ['reset', '--yes', '--database', 'mysql://ada:secret@h/d'],
      /^ingot: --database is "mysql:\/\/ada:\*\*\*@h\/d"/,
    ],
  ])('that is wrong, %j, is named with exit code 2', async (args, message) => {
    const { code, stdout, stderr } = await runCli(args);
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});

describe('the version', () => {
  it.each([[['-V']], [['version']]])('is what %j prints', async (args) => {
    const { code, stdout, stderr } = await runCli(args);
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const [ingot, ...others] = stdout.trimEnd().split('\n');
    // An unpacked archive has no commit to name.
    const commit = describeBuild().commit === null ? /\d$/ : / \([0-9a-f]{12}(-dirty)?\)$/;
    expect(ingot?.startsWith(`ingot ${version}`)).toBe(true);
    expect(ingot).toMatch(commit);
    expect(others).toEqual([
      `Node ${process.versions.node}`,
      expect.stringMatching(/^Postgres 18\.\d+ \(embedded\)$/),
    ]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it('is in the help', async () => {
    const { stdout } = await runCli(['--help']);
    expect(stdout).toMatch(/-V, --version +show the versions/);
  });
});

describe('config', () => {
  it('shows each value and where it came from', async () => {
    const config = makeFile('seed: 2\nspeed: 2\ndelay: 5-9\n', 'ingot.yaml');
    const args = ['config', '--json', '--seed', '4', '--config', config];
    const { code, stdout } = await runCli(args, { env: { INGOT_SEED: '3', INGOT_SPEED: '3' } });
    expect(JSON.parse(stdout)).toMatchObject({
      arrival: { value: 'sequential', source: 'default' },
      delay: { value: '5-9', source: 'file', path: config, key: 'delay' },
      speed: { value: 3, source: 'variable', name: 'INGOT_SPEED' },
      seed: { value: 4, source: 'flag', name: '--seed' },
      json: { value: true, source: 'flag', name: '--json' },
    });
    expect(code).toBe(0);
  });

  it('is an aligned table for a person, with the password masked', async () => {
    const { lines } = await runCli(['config'], {
      env: { INGOT_DATABASE: 'postgres://ada@corp:sec ret@host/db' },
    });
    const widest = Math.max(...SETTING_KEYS.map((key) => key.length));
    expect(lines[0]?.indexOf('Value')).toBe(widest + 2);
    expect(lines[0]).toMatch(/^Setting +Value {2,}From$/);
    const from = lines[0]?.indexOf('From');
    const database = lines.find((line) => line.startsWith('database'));
    expect(database).toContain('postgres://ada@corp:***@host/db');
    expect(database?.indexOf('INGOT_DATABASE')).toBe(from);
    expect(lines.find((line) => line.startsWith('dataDir'))).toMatch(/ - +not used with INGOT_DATABASE$/);
  });

  it("reads the file in the user's own configuration directory, which it names", async () => {
    const home = makeFolder();
    const { lines } = await runCli(['config'], { env: { HOME: home } });
    const file = lines.at(-1)?.replace('Configuration file: ', '') ?? '';
    expect(file.startsWith(home)).toBe(true);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, 'seed: 9\n');
    const { stdout } = await runCli(['config', '--json'], { env: { HOME: home } });
    expect(JSON.parse(stdout).seed).toEqual({ value: 9, source: 'file', path: file, key: 'seed' });
  });

  it('refuses a file that names what it does not hold', async () => {
    const config = makeFile('arrival: *foo\n', 'c.yaml');
    const { code, stderr } = await runCli(['config', '--config', config]);
    expect(stderr).toMatch(/^ingot: .*c\.yaml: Unresolved alias .*: foo$/m);
    expect(code).toBe(2);
  });

  it('refuses what is not a setting', async () => {
    const { code, stderr } = await runCli(['config'], { env: { INGOT_SPEDE: '2' } });
    expect(stderr).toMatch(/^ingot: INGOT_SPEDE is not a setting\. There are: INGOT_ARRIVAL,/);
    expect(code).toBe(2);
  });
});

describe('generate', () => {
  it('writes the same bytes for the same seed, to a file as to standard output', async () => {
    const args = ['generate', '--records', '500', '--accounts', '20', '--seed', '7'];
    const file = join(makeFolder(), 'updates.json');
    const { stdout } = await runCli(args);
    await runCli([...args, '--out', file]);
    expect(readFileSync(file, 'utf8')).toBe(stdout);
    expect(JSON.parse(stdout)).toHaveLength(500);
  });

  it('takes any decimal number', async () => {
    const { lines } = await runCli(['generate', '--records', '1e1', '--stale', '.5', '--ndjson']);
    expect(lines).toHaveLength(10);
  });

  it('writes one record a line when asked to', async () => {
    const { lines } = await runCli(['generate', '--records', '5', '--invalid', '0', '--ndjson']);
    expect(lines.map((line) => typeof JSON.parse(line).id)).toEqual(Array(5).fill('string'));
  });

  it('says when the file cannot be written', async () => {
    const { code, stderr } = await runCli(['generate', '--out', join(makeFolder(), 'no/such/folder')]);
    expect(stderr).toMatch(/^ingot: --out .* cannot be written: ENOENT\.$/m);
    expect(code).toBe(2);
  });
});

describe('the launcher', () => {
  it('runs by npm with file names as they were typed, and nothing else on standard output', async () => {
    const folder = dirname(makeFile(toNdjson([record()]), 'here.ndjson'));
    const args = ['ingest', '--', 'here.ndjson', '--data-dir', createTestDataDir(), '--simulate', '--json'];
    const { code, lines } = await runCli(args, {
      cwd: folder,
      // Windows' npm is a script, which only its shell runs.
      command:
        process.platform === 'win32'
          ? ['cmd.exe', '/d', '/c', 'npm', '--prefix', ROOT, 'run', '--silent']
          : ['npm', '--prefix', ROOT, 'run', '--silent'],
    });
    expect(lines.map((line) => JSON.parse(line).event)).toEqual(['indexed', 'fired', 'report', 'summary']);
    expect(code).toBe(0);
  });
});
