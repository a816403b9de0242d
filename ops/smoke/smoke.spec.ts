import { spawn, spawnSync } from 'node:child_process';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { FuseV1Options, FuseVersion, flipFuses } from '@electron/fuses';
import { _electron, chromium, expect, type Page, test } from '@playwright/test';
import {
  deckOf,
  expectCounts,
  expectState,
  goTo,
  grid,
  previewOf,
  rowsOf,
  startRun,
} from '../../e2e/fixtures/actions';
import { environmentAt, ingestByCommandLine, runIngot } from '../../e2e/fixtures/command-line';
import { ROOT, SAMPLE } from '../../e2e/fixtures/paths';
import { findPackaged } from '../package.mjs';

// Drives the packaged app: as it is shipped over Chromium's own debugging port, and by Playwright with the one fuse changed
// that keeps Node's debugger out.

const packaged = findPackaged(process.env.INGOT_PACKAGED);
test.skip(packaged === null, 'there is no package: `npm run package -- --dir` builds one');
const { root, program, resources } = packaged ?? { root: '', program: '', resources: '' };
const switches = process.getuid?.() === 0 ? ['--no-sandbox'] : [];

let home: string;
test.beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'ingot-package-'));
});
test.afterEach(() => rm(home, { recursive: true, force: true }));

/** A copy of the package that Node's debugger can reach. */
async function copyForDebugger(): Promise<string> {
  const copy = join(home, 'package');
  await cp(root, copy, { recursive: true, verbatimSymlinks: true });
  const copied = join(copy, program.slice(root.length + 1));
  await flipFuses(copied, {
    version: FuseVersion.V1,
    [FuseV1Options.EnableNodeCliInspectArguments]: true,
    resetAdHocDarwinSignature: process.platform === 'darwin',
  });
  return copied;
}

/** From the first picture to an empty database. */
async function driveWindow(page: Page): Promise<void> {
  await expect(previewOf(page)).toContainText(basename(SAMPLE));
  // The file was shown, not ingested.
  await expect(deckOf(page).getByText('No run yet')).toBeVisible();
  await startRun(page, { clock: 'Virtual', seed: '7' });
  await expectState(page, 'completed');
  await expectCounts(page, (await ingestByCommandLine(home, SAMPLE, 7)).summary);
  await goTo(page, 'Accounts');
  await expect(rowsOf(grid(page, 'Accounts'))).not.toHaveCount(0);
  await goTo(page, 'Database');
  await page.getByRole('button', { name: 'Reset database…' }).click();
  await expect(page.getByRole('dialog').getByRole('textbox')).toBeFocused();
  await page.keyboard.type('reset');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('status').filter({ hasText: 'The database was reset.' })).toBeVisible();
}

const startArguments = () => [...switches, '--data-dir', join(home, 'data'), SAMPLE];

test('the package shows its first picture, ingests, resets and quits', async () => {
  const app = await _electron.launch({
    executablePath: await copyForDebugger(),
    args: startArguments(),
    cwd: home,
    env: environmentAt(home),
  });
  const ended = new Promise((resolve) => app.process().once('exit', resolve));
  expect(await app.evaluate(({ app: self }) => self.isPackaged)).toBe(true);
  await driveWindow(await app.firstWindow());
  await app.close();
  expect(await ended).toBe(0);
});

test('the package as it is shipped does the same', async () => {
  const app = spawn(program, ['--remote-debugging-port=0', ...startArguments()], {
    cwd: home,
    env: environmentAt(home),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise((resolve) => app.once('exit', resolve));
  try {
    let address: string | undefined;
    for await (const line of createInterface({ input: app.stderr })) {
      address = /^DevTools listening on (ws:.*)$/.exec(line)?.[1];
      if (address !== undefined) break;
    }
    app.stderr.resume();
    const browser = await chromium.connectOverCDP(address ?? 'the app ended without an address', {
      // Electron has no contexts for them.
      noDefaults: true,
    });
    const [context] = browser.contexts();
    const page = context?.pages()[0] ?? (await context?.waitForEvent('page'));
    if (!page) throw new Error('the app has no window');
    await driveWindow(page);
    app.kill('SIGTERM');
    expect(await ended).toBe(0);
  } finally {
    app.kill('SIGKILL');
  }
});

test.describe('the command of the package', () => {
  test.skip(process.platform === 'win32', 'the launcher is a shell script');

  const run = (args: readonly string[], input = '') =>
    spawnSync(join(resources, 'ingot'), args, {
      cwd: home,
      env: environmentAt(home),
      encoding: 'utf8',
      input,
    });

  test('writes the same lines as the command line of the sources, without a display', async () => {
    const args = ['ingest', SAMPLE, '--memory', '--simulate', '--json', '--seed', '7'];
    const electron = Number(/^Electron (\d+)/m.exec(run(['--version']).stdout)?.[1]);
    test.skip(electron < 40, 'an Electron of that age crashes without a display');
    const { DISPLAY: _, WAYLAND_DISPLAY: __, ...env } = environmentAt(home);
    const { stdout, status } = spawnSync(join(resources, 'ingot'), args, {
      cwd: home,
      env,
      encoding: 'utf8',
    });
    expect(status).toBe(0);
    const events = (text: string) => text.trimEnd().split('\n').slice(0, -1);
    expect(events(stdout).length).toBeGreaterThan(10);
    expect(events(stdout)).toEqual(events(await runIngot(home, args)));
  });

  test('reads a pipe, and ends with the same codes', async () => {
    const piped = run(['ingest', '-', '--memory', '--simulate', '--json'], await readFile(SAMPLE, 'utf8'));
    expect(piped.status).toBe(0);
    expect(piped.stdout).toContain('"indexed"');
    for (const args of [
      ['ingest', '/nowhere.json', '--memory'],
      ['no-such-command'],
      // A switch of this name tells Chromium's own processes apart.
      ['report', '--type=mint', '--data-dir', join(home, 'data')],
    ]) {
      const { status, stdout, stderr } = run(args);
      const command = [join(ROOT, 'out/main/cli.js'), ...args];
      const expected = spawnSync(process.execPath, command, {
        cwd: home,
        env: environmentAt(home),
        encoding: 'utf8',
      });
      expect({ status, stdout, stderr }).toEqual({
        status: expected.status,
        stdout: expected.stdout,
        stderr: expected.stderr,
      });
    }
    expect(run(['--version']).stdout).toMatch(/^ingot \d[\s\S]*\nElectron \d/);
  });
});
