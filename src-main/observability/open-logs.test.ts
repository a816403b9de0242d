import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { IngotError } from '../../src-shared/errors';
import type { LogLevel } from '../../src-shared/logs';
import { createVirtualClock } from '../time/testing/virtual-clock';
import { type LogsOptions, openLogs } from './open-logs';

function makeDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'ingot-logs-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

async function open(options: Partial<LogsOptions> & { pretty?: boolean; terminalLevel?: LogLevel } = {}) {
  const clock = createVirtualClock();
  let terminal = '';
  const logs = await openLogs({
    clock,
    terminal: {
      level: options.terminalLevel ?? 'warn',
      pretty: options.pretty ?? false,
      destination: {
        write: (text) => {
          terminal += text;
        },
      },
    },
    level: 'info',
    directory: null,
    ...options,
  });
  onTestFinished(() => logs.close());
  return { clock, logs, terminal: () => terminal, kept: () => logs.ring.before(null, 500).entries };
}

/** Messages of all files, oldest first. */
function readMessages(directory: string): string[] {
  return listFiles(directory)
    .map((name) => readFileSync(join(directory, name), 'utf8'))
    .join('')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line).msg);
}
const numberOf = (name: string) => Number(/\d+/.exec(name)?.[0]);
const listFiles = (directory: string) => readdirSync(directory).sort((a, b) => numberOf(a) - numberOf(b));

const untilRolled = () => new Promise((resolve) => setImmediate(resolve));

describe('the log of a process', () => {
  it('goes to the terminal and to what is kept, each by its own level', async () => {
    const directory = join(makeDirectory(), 'made', 'here');
    const { logs, terminal, kept } = await open({ directory });
    logs.logger.debug('nobody hears');
    logs.logger.info('kept only');
    logs.logger.warn('both');
    expect(terminal()).toMatch(/^\{.*"msg":"both"\}\n$/);
    expect(kept().map(({ message }) => message)).toEqual(['kept only', 'both']);
    expect(listFiles(directory)).toEqual(['ingot.1.log']);
    expect(readMessages(directory)).toEqual(['kept only', 'both']);
    expect(logs.info()).toMatchObject({ level: 'info', directory, problem: null });
  });

  it('is plain lines with milliseconds for a person at a terminal', async () => {
    const { logs, terminal } = await open({ pretty: true });
    logs.logger.child({ component: 'callbacks' }).warn({ pending: 3 }, 'callbacks wait');
    expect(terminal()).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] WARN: callbacks wait .*"callbacks".*3.*\n$/);
  });

  it('shows a person what an error says and what to do, and where it happened only at debug', async () => {
    const hint = 'Choose another one.';
    const fault = new IngotError('invalid_input', 'Port 80 is taken.', { hint }, new Error('EADDRINUSE'));
    const show = async (level: LogLevel) => {
      const { logs, terminal } = await open({ pretty: true, terminalLevel: level });
      logs.logger.error({ err: fault, port: 80 }, 'no metrics are served');
      return terminal();
    };
    const usual = await show('warn');
    expect(usual.split('\n')).toHaveLength(2);
    for (const said of ['Port 80 is taken.: EADDRINUSE', hint, '"port":80']) expect(usual).toContain(said);
    expect(usual).not.toMatch(/\bat .*:\d+/);
    expect(await show('debug')).toMatch(/\bat .*open-logs\.test\.ts:\d+/);
  });

  it('can be read by its owner alone', async () => {
    const directory = join(makeDirectory(), 'logs');
    const { logs } = await open({ directory });
    logs.logger.info('a file of the owner');
    if (process.platform === 'win32') return;
    expect(statSync(directory).mode & 0o077).toBe(0);
    expect(statSync(join(directory, 'ingot.1.log')).mode & 0o077).toBe(0);
  });

  it('changes what is kept while it goes on, and says so; the terminal stays as it is', async () => {
    const { logs, terminal, kept } = await open();
    const room = logs.logger.child({ component: 'engine' });
    room.debug('before');
    logs.setLevel('debug');
    room.debug('after');
    logs.setLevel('error');
    room.info('no more');
    expect(kept().map(({ message }) => message)).toEqual([
      'the level of the log is changed',
      'after',
      'the level of the log is changed',
    ]);
    expect(logs.info().level).toBe('error');
    expect(terminal()).toBe('');
    room.warn('the terminal hears it still');
    expect(terminal()).toContain('the terminal hears it still');
  });

  it('writes everything from debug on, everywhere, until told so again', async () => {
    const { logs, terminal, kept } = await open({ level: 'error' });
    logs.toggleDebug();
    logs.logger.debug('wanted');
    logs.toggleDebug();
    logs.logger.warn('as before');
    expect(terminal()).toContain('wanted');
    expect(terminal()).toContain('as before');
    expect(kept().map(({ message }) => message)).toEqual([
      'the level of the log is changed by a signal',
      'wanted',
    ]);
    expect(logs.info().level).toBe('error');
  });

  it('samples a flood, and says how many it left out', async () => {
    const directory = makeDirectory();
    const { clock, logs } = await open({ directory, floodLimit: 3 });
    const room = logs.logger.child({ component: 'engine' });
    for (let n = 0; n < 1_237; n += 1) room.warn({ n }, 'again');
    logs.logger.child({ component: 'host' }).warn('again');
    room.info('something else');
    await clock.waitUntil(1_000);
    expect(readMessages(directory)).toEqual([
      'again',
      'again',
      'again',
      'again',
      'something else',
      '1,234 more like this were left out: again',
    ]);
    const last = readFileSync(join(directory, 'ingot.1.log'), 'utf8').trimEnd().split('\n').at(-1);
    expect(JSON.parse(last ?? '')).toMatchObject({ component: 'engine', level: 'warn', leftOut: 1234 });
  });

  it('never holds a fatal entry back, and says at its end what it left out', async () => {
    const directory = makeDirectory();
    const { logs } = await open({ directory, floodLimit: 1 });
    for (let n = 0; n < 3; n += 1) logs.logger.error('again');
    for (let n = 0; n < 3; n += 1) logs.logger.fatal('the end');
    logs.close();
    expect(readMessages(directory)).toEqual([
      'again',
      'the end',
      'the end',
      'the end',
      '2 more like this were left out: again',
    ]);
  });
});

describe('the files of the log', () => {
  const limits = { maxFiles: 3, maxFileBytes: 1_000 };

  it('are bounded in size and number, the oldest going first', async () => {
    const directory = makeDirectory();
    const { logs } = await open({ directory, limits });
    for (let n = 1; n <= 100; n += 1) {
      logs.logger.info({ n }, `entry ${n}`);
      await untilRolled();
    }
    await expect.poll(() => listFiles(directory).length).toBe(3);
    for (const name of listFiles(directory)) {
      expect(statSync(join(directory, name)).size).toBeLessThan(limits.maxFileBytes + 100);
    }
    const left = readMessages(directory);
    expect(left.length).toBeGreaterThan(20);
    expect(left).toEqual(Array.from({ length: left.length }, (_, at) => `entry ${101 - left.length + at}`));
  });

  it('go on where an earlier process left off', async () => {
    const directory = makeDirectory();
    const first = await open({ directory, limits });
    for (let n = 1; n <= 12; n += 1) {
      first.logs.logger.info(`first ${n}`);
      await untilRolled();
    }
    first.logs.close();
    const files = listFiles(directory);
    const second = await open({ directory, limits });
    second.logs.logger.info('second');
    expect(listFiles(directory)).toEqual(files);
    expect(readMessages(directory).at(-1)).toBe('second');
  });

  it('are done without, and that is said, where they cannot be written', async () => {
    const place = join(makeDirectory(), 'a-file');
    writeFileSync(place, '');
    const directory = join(place, 'logs');
    const { logs, terminal, kept } = await open({ directory });
    logs.logger.info('goes on');
    expect(logs.info()).toMatchObject({ directory: null, problem: expect.stringContaining('ENOTDIR') });
    expect(terminal()).toContain('log files cannot be written');
    expect(terminal()).not.toMatch(/^\s+at |stack/m);
    expect(kept().map(({ message }) => message)).toEqual(['log files cannot be written', 'goes on']);
  });

  // Only Linux has /proc, where no directory can be created.
  it.runIf(process.platform === 'linux')(
    'are done without where their directory cannot be made',
    async () => {
      const { logs } = await open({ directory: '/proc/x' });
      expect(logs.info()).toMatchObject({
        directory: null,
        problem: 'Log files cannot be written to /proc/x: ENOENT.',
      });
    },
  );

  it.skipIf(process.platform !== 'linux')('may meet a full disk without ending anything', async () => {
    const directory = makeDirectory();
    // Every write to it fails with ENOSPC.
    const { symlinkSync } = await import('node:fs');
    symlinkSync('/dev/full', join(directory, 'ingot.1.log'));
    const { logs, terminal, kept } = await open({ directory });
    for (let n = 0; n < 3; n += 1) logs.logger.info(`entry ${n}`);
    expect(terminal().match(/log files cannot be written/g)).toHaveLength(1);
    expect(logs.info().problem).toContain('ENOSPC');
    expect(kept()).toHaveLength(4);
  });
});
