import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SHORT_LIVED } from '../cli/testing/run-cli';
import { ask, openSession, openSocket } from './testing/browse';

const PROGRAM = join(import.meta.dirname, '../../../out/main/web.js');

describe('the program of the web shell', () => {
  let home: string;
  let started: ChildProcess[];
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'ingot-web-'));
    started = [];
  });
  afterEach(async () => {
    for (const child of started) child.kill('SIGKILL');
    await rm(home, { recursive: true });
  });

  const start = (args: readonly string[]) => {
    const child = spawn(process.execPath, [SHORT_LIVED, PROGRAM, ...args], {
      cwd: home,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        XDG_DATA_HOME: home,
        XDG_STATE_HOME: home,
        XDG_CONFIG_HOME: home,
        DISPLAY: '',
        WAYLAND_DISPLAY: '',
      },
    });
    started.push(child);
    let stderr = '';
    child.stderr.on('data', (text) => {
      stderr += String(text);
    });
    const exit = once(child, 'exit') as Promise<[number | null, string | null]>;
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
    return openSocket(origin, { origin, cookie: await openSession(address) });
  };

  it('says first where it listens, keeps its data where it was told, and ends in order', async () => {
    const dataDir = join(home, 'data');
    const { child, exit, nextLine } = start(['--data-dir', dataDir, '--no-open']);
    const { client } = await connect(listening(await nextLine()));
    await client.call('preferences.set', { theme: 'dark' });
    expect(await client.call('database.info', {})).toMatchObject({ kind: 'pglite', location: dataDir });
    child.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
    expect(await readdir(dataDir)).toEqual(expect.arrayContaining(['pg', 'preferences.json']));
  });

  it('keeps a log beside its data, in which there is no key to the window', async () => {
    const dataDir = join(home, 'data');
    const args = ['--data-dir', dataDir, '--no-open', '--log-level', 'trace', '--log-file-level', 'trace'];
    const { child, exit, nextLine, stderr } = start(args);
    const address = listening(await nextLine());
    const { origin, searchParams } = new URL(address);
    const cookie = await openSession(address);
    const { client } = await openSocket(origin, { origin, cookie });
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
    const records = Array.from({ length: 50 }, (_, n) => ({
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
    expect(runs.rows).toMatchObject([{ source: 'a.json', state: 'stopped', repeatable: true }]);
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

  it('refuses a data directory that another one holds', async () => {
    const dataDir = join(home, 'data');
    const first = start(['--data-dir', dataDir, '--no-open']);
    listening(await first.nextLine());
    const second = start(['--data-dir', dataDir, '--no-open']);
    expect((await second.exit)[0]).toBe(1);
    expect(second.stderr()).toContain('in use');
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
