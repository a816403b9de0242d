import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  type CliResult,
  makeFile,
  makeFolder,
  PROGRAM,
  ROOT,
  record,
  runCli,
  SHORT_LIVED,
} from './testing/run-cli';

/** Runs the program from a shell that does something first. `"$@"` is the program with its arguments. */
function runAfter(script: string, args: readonly string[], env = {}, program = PROGRAM): Promise<CliResult> {
  const command = ['sh', '-c', script, 'sh', process.execPath, ...SHORT_LIVED, program] as const;
  return runCli(args, { command: [...command], env });
}

const makeSource = () => makeFile(`${JSON.stringify(record())}\n`);

it.skipIf(process.platform === 'win32').each([
  ['no home and no directory for temporary files', 'unset HOME && "$@"', { TMPDIR: '/dev/null/none' }],
  ['a home that is no directory, and no standard input', '"$@" <&-', { HOME: '/dev/null' }],
])('a run gets to its end with %s', async (_, script, env) => {
  const { code, stdout, stderr } = await runAfter(
    script,
    ['ingest', makeSource(), '--memory', '--simulate'],
    env,
  );
  expect(stdout).toContain('1 record: 1 indexed');
  expect(stderr).toBe('');
  expect(code).toBe(0);
});

it.skipIf(process.platform === 'win32')('a run gets to its end without any standard stream', async () => {
  const dataDir = join(makeFolder(), 'data');
  const args = ['ingest', makeSource(), '--simulate', '--data-dir', dataDir];
  expect((await runAfter('"$@" <&- >&- 2>&-', args)).code).toBe(0);
  const { stdout } = await runCli(['report', '--data-dir', dataDir]);
  expect(stdout).toMatch(/mint +5 +a +1/);
});

it.skipIf(process.platform === 'win32').each([
  ['the command line', PROGRAM, ['ingest', 'updates.json', '--memory']],
  ['the web shell', join(ROOT, 'out/main/web.js'), ['--no-open', '--memory']],
])('a working directory that is gone is named in a sentence by %s', async (_, program, args) => {
  const script = 'mkdir gone && cd gone && rmdir ../gone && "$@"';
  const { code, stdout, stderr } = await runAfter(script, args, {}, program);
  expect(stderr).toBe('ingot: The working directory no longer exists. Change to another directory.\n');
  expect(stdout).toBe('');
  expect(code).toBe(2);
});

it.skipIf(process.platform === 'win32')(
  'a home in which nothing can be written is named, with what to do',
  async () => {
    const { code, stderr } = await runCli(['ingest', makeSource(), '--simulate'], { env: { HOME: '/proc' } });
    expect(stderr).toMatch(/^ingot: The data directory \/proc\/.* cannot be used: .*--data-dir/);
    expect(stderr).not.toContain('    at ');
    expect(code).toBe(1);
  },
);

it.skipIf(process.platform !== 'linux')(
  'a default configuration file that cannot be read is skipped with a warning',
  async () => {
    const home = makeFolder();
    mkdirSync(join(home, '.config/ingot/ingot.yaml'), { recursive: true });
    const { code, stdout, stderr } = await runCli(['config'], { env: { HOME: home } });
    expect(stderr).toMatch(/^ingot: The configuration file .* cannot be read: EISDIR\. It is skipped\.\n$/);
    expect(stdout).toMatch(/seed +1 +default/);
    expect(code).toBe(0);
  },
);
