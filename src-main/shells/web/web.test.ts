import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runSettingsSchema } from '../../../src-shared/run-settings';
import { lockDirectory } from '../../database/lock';
import { createTestDatabase } from '../../database/testing/each-database';
import type { TestClient } from '../../host/testing/test-client';
import { openDatabase } from '../../storage/open-database';
import { createSystemClock } from '../../time/clock';
import { SHORT_LIVED } from '../cli/testing/run-cli';
import { raiseRunningShell } from '../process/web-state';
import { ask, openSession, openSocket } from './testing/browse';

const PROGRAM = join(import.meta.dirname, '../../../out/main/web.js');
const CLI = join(import.meta.dirname, '../../../out/main/cli.js');

// Ended in order by signals, which end a program at once on Windows.
describe.skipIf(process.platform === 'win32')('the program of the web shell', () => {
  let home: string;
  let started: { readonly child: ChildProcess; readonly exit: Promise<unknown> }[];
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'ingot-web-'));
    started = [];
  });
  afterEach(async () => {
    for (const { child } of started) child.kill('SIGKILL');
    // Until then they may write there.
    await Promise.all(started.map(({ exit }) => exit));
    await rm(home, { recursive: true });
  });

  const start = (args: readonly string[], variables = {}, program = PROGRAM) => {
    const child = spawn(process.execPath, [...SHORT_LIVED, program, ...args], {
      cwd: home,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        XDG_DATA_HOME: home,
        XDG_STATE_HOME: home,
        XDG_CONFIG_HOME: home,
        DISPLAY: '',
        WAYLAND_DISPLAY: '',
        ...variables,
      },
    });
    let stderr = '';
    child.stderr.on('data', (text) => {
      stderr += String(text);
    });
    // Not 'exit', at which the rest of what it said may still be on its way.
    const exit = once(child, 'close') as Promise<[number | null, string | null]>;
    started.push({ child, exit });
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    return { child, exit, nextLine: async () => String((await lines.next()).value), stderr: () => stderr };
  };
  const listening = (line: string) => {
    const address = /^listening (http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43})$/.exec(line)?.[1];
    if (!address) throw new Error(`not an address: ${line}`);
    return address;
  };
  const connect = async (address: string) => {
    const { origin } = new URL(address);
    return openSocket(origin, { origin, cookie: await openSession(address) }).then(untilOpened);
  };
  /** The address is there before the database. Asked without a pause, the log would leave out what is asked after it. */
  const untilOpened = async <Connected extends { readonly client: TestClient }>(connected: Connected) => {
    const phase = async () => (await connected.client.call('database.state', {})).phase;
    await expect.poll(phase, { interval: 100 }).not.toBe('opening');
    return connected;
  };

  it('says first where it listens, keeps its data where it was told, and ends in order', async () => {
    const dataDir = join(home, 'data');
    const { child, exit, nextLine } = start(['--data-dir', dataDir, '--no-open']);
    const { client } = await connect(listening(await nextLine()));
    // There is no terminal to hang up.
    child.kill('SIGHUP');
    await client.call('preferences.set', { theme: 'dark' });
    expect(await client.call('database.info', {})).toMatchObject({ kind: 'pglite', location: dataDir });
    child.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
    expect(await readdir(dataDir)).toEqual(expect.arrayContaining(['pg', 'preferences.json']));
  });

  it('is refused a database that another process holds on a server, and looks on there read-only', async () => {
    const url = await createTestDatabase();
    const holder = await openDatabase({ kind: 'server', url }, { program: 'the holder', nowMs: 0 });
    try {
      const name = `the holder (process ${process.pid} on ${hostname()})`;
      const refused = start(['--database', url, '--no-open']);
      expect(await refused.exit).toEqual([1, null]);
      expect(refused.stderr()).toContain(` is in use by ${name} since `);

      const { child, exit, nextLine } = start(['--database', url, '--no-open', '--read-only']);
      const { client } = await connect(listening(await nextLine()));
      expect(await client.call('database.state', {})).toMatchObject({
        phase: 'open',
        readOnly: { heldBy: { name, sinceMs: 0 } },
      });
      child.kill('SIGTERM');
      expect(await exit).toEqual([0, null]);
    } finally {
      await holder.close();
    }
  });

  it('keeps a log beside its data, in which there is no key to the window', async () => {
    const dataDir = join(home, 'data');
    const args = ['--data-dir', dataDir, '--no-open', '--log-level', 'trace', '--log-file-level', 'trace'];
    const { child, exit, nextLine, stderr } = start(args);
    const address = listening(await nextLine());
    const { origin, searchParams } = new URL(address);
    const cookie = await openSession(address);
    const { client } = await openSocket(origin, { origin, cookie }).then(untilOpened);
    await client.call('runs.page', { window: { from: { edge: 'start' }, limit: 1 } });
    await ask(address, { headers: { host: 'example.org' } });
    child.kill('SIGTERM');
    await exit;
    const log = await readFile(join(dataDir, 'logs', 'ingot.1.log'), 'utf8');
    for (const text of [log, stderr()]) {
      for (const said of ['listening', 'database opened', 'runs.page', 'a request was refused']) {
        expect(text).toContain(said);
      }
      expect(text).not.toContain(searchParams.get('token'));
      expect(text).not.toContain(cookie.split('=')[1]);
    }
  });

  it('ingests a file that it is given, in the middle of which it can be stopped', async () => {
    // A run far longer than a slow machine needs to connect.
    const records = Array.from({ length: 20_000 }, (_, n) => ({
      id: `a${n}`,
      accountType: 'mint',
      tokens: n,
      callbackTimeMs: 0,
      data: {},
      version: 1,
    }));
    await writeFile(join(home, 'a.json'), JSON.stringify(records));
    const dataDir = join(home, 'data');
    const first = start(['--data-dir', dataDir, '--no-open', '--delay', '20', 'a.json']);
    const { client } = await connect(listening(await first.nextLine()));
    client.subscribe(null);
    const frame = await client.untilFrame(({ status }) => (status?.counts.records ?? 0) > 2);
    expect(frame.status).toMatchObject({ source: 'a.json', state: 'running' });
    first.child.kill('SIGINT');
    expect(await first.exit).toEqual([0, null]);

    const second = start(['--data-dir', dataDir, '--no-open']);
    const again = await connect(listening(await second.nextLine()));
    const runs = await again.client.call('runs.page', { window: { from: { edge: 'start' }, limit: 5 } });
    expect(runs.rows).toMatchObject([{ source: 'a.json', state: 'stopped', notRepeatable: null }]);
  });

  it('says what is wrong with a file, and stays', async () => {
    const { nextLine } = start(['--memory', '--no-open', 'nowhere.json']);
    const address = listening(await nextLine());
    expect(await nextLine()).toContain('nowhere.json');
    const { client } = await connect(address);
    expect(await client.call('run.status', {})).toBeNull();
  });

  it('says that a window cannot be opened where there is no display', async () => {
    const { nextLine } = start(['--memory']);
    listening(await nextLine());
    expect(await nextLine()).toContain('open the address in a browser');
  });

  it('started a second time gives a window of the first, and hands over its file', async () => {
    const dataDir = join(home, 'data');
    const first = start(['--data-dir', dataDir, '--no-open']);
    listening(await first.nextLine());
    await writeFile(join(home, 'b.json'), '[]');
    const second = start(['--data-dir', dataDir, '--no-open', '--arrival', 'none', 'b.json']);
    expect(await second.nextLine()).toContain('Ingot is already running.');
    const { client } = await connect(await second.nextLine());
    expect((await second.exit)[0]).toBe(0);
    expect(second.stderr()).not.toContain('    at ');
    client.subscribe(null);
    await client.untilFrame((frame) => frame.status?.endedAtMs != null);
    const runs = await client.call('runs.page', { window: { from: { edge: 'start' }, limit: 5 } });
    expect(runs.rows).toMatchObject([{ source: 'b.json', settings: { arrival: 'none' } }]);

    const third = start(['--data-dir', dataDir, '--no-open', 'nowhere.json']);
    expect(await third.nextLine()).toContain('nowhere.json');
    expect((await third.exit)[0]).toBe(0);
    first.child.kill('SIGTERM');
    expect(await first.exit).toEqual([0, null]);
  });

  it('opens its window for the desktop app that is started on the same database, and takes the file', async () => {
    const dataDir = join(home, 'data');
    // It opens no page: only what it is asked matters here.
    const browser = join(home, 'chromium');
    await writeFile(browser, `#!/bin/sh\necho "$1" >> '${join(home, 'asked')}'\nexec sleep 600\n`, {
      mode: 0o755,
    });
    const path = `${home}:${process.env.PATH}`;
    const first = start(['--data-dir', dataDir], { DISPLAY: ':0', PATH: path });
    const { client } = await connect(listening(await first.nextLine()));
    const target = { kind: 'data-dir', dataDir } as const;
    const file = join(home, 'b.json');
    await writeFile(file, '[]');
    const run = runSettingsSchema.parse({ arrival: 'none' });
    expect(await raiseRunningShell(target, { file, run }, createSystemClock())).toBe(true);
    client.subscribe(null);
    const { status } = await client.untilFrame((frame) => frame.status?.endedAtMs != null);
    expect(status).toMatchObject({ source: 'b.json', state: 'completed' });
    // The browser has been started, and writes when it comes to it.
    await expect
      .poll(async () => (await readFile(join(home, 'asked'), 'utf8')).match(/^--app=file:/gm))
      .toHaveLength(2);
    first.child.kill('SIGTERM');
    await first.exit;

    const without = start(['--data-dir', dataDir, '--no-open']);
    listening(await without.nextLine());
    expect(await raiseRunningShell(target, { file, run }, createSystemClock())).toBe(false);
    const refused = start(['ingest', file, '--data-dir', dataDir], {}, CLI);
    expect((await refused.exit)[0]).toBe(1);
    expect(refused.stderr()).toContain(' is in use by ingot, in a browser (process ');
  });

  it('says in one line who has a data directory that is not to be had, where it cannot show it', async () => {
    const dataDir = join(home, 'data');
    await mkdir(dataDir);
    const lock = await lockDirectory(dataDir, { program: 'ingot ingest', nowMs: 0 });
    const { exit, stderr } = start(['--data-dir', dataDir, '--no-open', '--log-level', 'silent']);
    expect((await exit)[0]).toBe(1);
    expect(stderr()).toMatch(/^ingot: [^\n]*is in use[^\n]*\n$/);
    await lock.release();
  });

  it('keeps its port and its windows over a restart, and of their secrets only hashes', async () => {
    const dataDir = join(home, 'data');
    const first = start(['--data-dir', dataDir, '--no-open']);
    const address = listening(await first.nextLine());
    const { origin } = new URL(address);
    const cookie = await openSession(address);
    const { socket, closed } = await openSocket(origin, { origin, cookie });
    const file = join(dataDir, 'ingot.web.json');
    const state = await readFile(file, 'utf8');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(state).not.toContain(cookie.split('=')[1]);
    const stopped = start(['link', '--data-dir', join(home, 'other')], {}, CLI);
    expect((await stopped.exit)[0]).toBe(1);
    expect(stopped.stderr()).toContain('No Ingot shows its window in a browser');
    first.child.kill('SIGTERM');
    await closed;
    socket.close();
    await first.exit;

    const second = start(['--data-dir', dataDir, '--no-open']);
    expect(new URL(listening(await second.nextLine())).origin).toBe(origin);
    const again = await openSocket(origin, { origin, cookie });
    expect(await again.client.call('app.info', {})).toMatchObject({ name: 'Ingot' });
    const { address: byWindow } = await again.client.call('app.link', {});
    await connect(byWindow);
    const link = start(['link', '--data-dir', dataDir], {}, CLI);
    await connect(await link.nextLine());
    expect((await link.exit)[0]).toBe(0);
    expect((await readFile(file, 'utf8')).length).toBeGreaterThan(state.length);
    second.child.kill('SIGTERM');
    await second.exit;
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ running: null });
  });

  it('takes another port, and forgets its windows, where another program has the port of last time', async () => {
    const dataDir = join(home, 'data');
    const first = start(['--data-dir', dataDir, '--no-open']);
    const address = listening(await first.nextLine());
    const cookie = await openSession(address);
    const port = Number(new URL(address).port);
    first.child.kill('SIGTERM');
    await first.exit;
    const stranger = createServer().listen(port, '127.0.0.1');
    await once(stranger, 'listening');
    const second = start(['--data-dir', dataDir, '--no-open']);
    const { origin } = new URL(listening(await second.nextLine()));
    expect(origin).not.toBe(new URL(address).origin);
    stranger.close();
    const stolen = cookie.replace(String(port), new URL(origin).port);
    expect(await ask(origin, { headers: { cookie: stolen } })).toMatchObject({ status: 403 });
  });

  it('hands its address to the browser in a file of its owner, and none of its settings', async () => {
    const bin = join(home, 'bin');
    await mkdir(bin);
    const seen = join(home, 'seen');
    // A fake browser: records its arguments, and stays until it is ended.
    await writeFile(
      join(bin, 'chromium'),
      `#!/bin/sh\n{ printf '%s\\n' "$@"; /usr/bin/env; } > ${seen}.part\n/bin/mv ${seen}.part ${seen}\nexec /bin/sleep 1000\n`,
      { mode: 0o700 },
    );
    const variables = { DISPLAY: ':0', PATH: bin, INGOT_LOG_FILE_LEVEL: 'info', TMPDIR: home };
    const { child, exit, nextLine } = start(['--data-dir', join(home, 'data')], variables);
    listening(await nextLine());
    const started = await vi.waitFor(() => readFile(seen, 'utf8'), { timeout: 60_000 });
    expect(started).not.toMatch(/token|127\.0\.0\.1|INGOT_/);
    const url = /^--app=(file:.*)$/m.exec(started)?.[1];
    if (!url) throw new Error(`no file was opened: ${started}`);
    const file = fileURLToPath(url);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(dirname(file))).mode & 0o777).toBe(0o700);
    const address = /url=(http:[^"]+)"/.exec(await readFile(file, 'utf8'))?.[1] ?? '';
    await openSession(address);
    // It is removed after use.
    await vi.waitFor(() => expect(existsSync(dirname(file))).toBe(false), { timeout: 60_000 });
    child.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
  });

  it('stays with a data directory that cannot be opened, and leaves it as it is', async () => {
    const dataDir = join(home, 'data');
    await mkdir(join(dataDir, 'pg'), { recursive: true });
    await writeFile(join(dataDir, 'pg/PG_VERSION'), '12\n');
    const { nextLine } = start(['--data-dir', dataDir, '--no-open']);
    const address = listening(await nextLine());
    expect(await nextLine()).toContain('Postgres 12');
    const { client } = await connect(address);
    expect(await client.call('database.state', {})).toMatchObject({
      phase: 'trouble',
      trouble: { kind: 'postgres_version', dataDir },
    });
    expect(await readdir(join(dataDir, 'pg'))).toEqual(['PG_VERSION']);
    expect(await client.call('database.startAfresh', { backupId: null })).toMatchObject({
      keptAt: expect.stringContaining(dataDir),
      state: { phase: 'open', setback: null },
    });
    expect(await client.call('database.info', {})).toMatchObject({ rows: { accounts: 0 } });
  });

  it.each([[['--port', 'eighty']], [['--port', '70000']], [['--unheard-of']], [['a.json', 'b.json']]])(
    'refuses the arguments %j',
    async (args) => {
      const { exit, stderr } = start(args);
      expect((await exit)[0]).toBe(2);
      expect(stderr()).not.toBe('');
    },
  );
});
