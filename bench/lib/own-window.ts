import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Browser, chromium, type Page } from '@playwright/test';
import { environmentAt } from '../../e2e/fixtures/command-line';
import { findChromium } from '../../e2e/fixtures/web-window';
import { processorTimeOfTree } from './program-tree';

const LOOK_EVERY_MS = 20;
const LONGEST_START_MS = 120_000;

/** A program with the window that it opened by itself. */
export interface OwnWindow {
  readonly page: Page;
  readonly child: ChildProcess;
  /** Since the program was started. */
  since(): number;
  /** Of the program, its window and all their processes, in milliseconds since the start. */
  processorMs(): number;
  /** As a person closes the window. Resolves when the program has ended. */
  closeWindow(): Promise<number | null>;
  /** As the system asks. Resolves when the program has ended. */
  end(): Promise<number | null>;
}

/**
 * Starts the web shell built in `root` as a person does: it opens its window itself, in a Chromium that can be watched. Its data
 * are in `home`.
 */
export async function startOwnWindow(
  root: string,
  home: string,
  args: readonly string[] = [],
): Promise<OwnWindow> {
  const dataDir = join(home, 'data');
  const profile = join(dataDir, 'window');
  const env = {
    ...environmentAt(home),
    PATH: `${await watchableChromium(home)}:${process.env.PATH}`,
    // Its window is drawn, but shown nowhere.
    DISPLAY: process.env.DISPLAY ?? ':none',
  };
  const portFile = join(profile, 'DevToolsActivePort');
  // Of the start before.
  await rm(portFile, { force: true });
  const startedAtMs = performance.now();
  const since = () => performance.now() - startedAtMs;
  const child = spawn(
    process.execPath,
    [...process.execArgv, join(root, 'out/main/web.js'), '--data-dir', dataDir, ...args],
    { cwd: home, env, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const said: string[] = [];
  child.stderr?.setEncoding('utf8').on('data', (text: string) => said.push(text));
  const exit = once(child, 'exit').then(([code]) => code as number | null);
  const browser = await connect(portFile, () => {
    if (child.exitCode !== null) throw new Error(`the program ended: ${said.join('')}`);
    if (since() > LONGEST_START_MS) throw new Error(`no window has come: ${said.join('')}`);
  });
  return {
    page: await firstPage(browser),
    child,
    since,
    processorMs: () => processorTimeOfTree(child.pid ?? 0),
    async closeWindow() {
      const session = await browser.newBrowserCDPSession();
      await session.send('Browser.close').catch(() => undefined);
      return exit;
    },
    end() {
      child.kill('SIGTERM');
      return exit;
    },
  };
}

/** A window of the same Chromium that shows nothing; its processor time in milliseconds so far, and its end. */
export async function startEmptyWindow(
  home: string,
): Promise<{ processorMs(): number; end(): Promise<void> }> {
  const browserPath = join(await watchableChromium(home), 'chromium');
  const profile = join(home, 'empty-window');
  const child = spawn(
    browserPath,
    [
      '--app=about:blank',
      `--user-data-dir=${profile}`,
      '--no-first-run',
      '--window-size=1440,900',
      ...(process.getuid?.() === 0 ? ['--no-sandbox', '--test-type'] : []),
    ],
    { stdio: 'ignore' },
  );
  const exit = once(child, 'exit');
  const browser = await connect(join(profile, 'DevToolsActivePort'), () => {
    if (child.exitCode !== null) throw new Error('Chromium has ended');
  });
  await firstPage(browser);
  return {
    processorMs: () => processorTimeOfTree(child.pid ?? 0),
    async end() {
      child.kill('SIGTERM');
      await exit;
    },
  };
}

/** A directory with a `chromium` that can be watched from outside and needs no screen. */
async function watchableChromium(home: string): Promise<string> {
  const directory = join(home, 'bin');
  const path = join(directory, 'chromium');
  if (existsSync(path)) return directory;
  await mkdir(directory, { recursive: true });
  const flags = '--headless=new --disable-gpu --remote-debugging-port=0';
  await writeFile(path, `#!/bin/sh\nexec '${findChromium()}' ${flags} "$@"\n`);
  await chmod(path, 0o755);
  return directory;
}

async function connect(portFile: string, check: () => void): Promise<Browser> {
  for (;;) {
    check();
    const [port] = (await readFile(portFile, 'utf8').catch(() => '')).split('\n');
    if (port) return chromium.connectOverCDP(`http://127.0.0.1:${port}`);
    await wait(LOOK_EVERY_MS);
  }
}

async function firstPage(browser: Browser): Promise<Page> {
  const [context] = browser.contexts();
  if (!context) throw new Error('Chromium has no window');
  return context.pages()[0] ?? (await context.waitForEvent('page'));
}
