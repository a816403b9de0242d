import { createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { lockDirectory } from '../../database/lock';
import { createTestDataDir } from '../../database/testing/each-database';
import { HAS_TERMINALS, makeFile, record, startOnTerminal, toNdjson } from './testing/run-cli';

const ESCAPE = '\u001b';

/** Neither JSON nor where in the program something happened. */
function expectForPeople(shown: string): void {
  for (const line of shown.split('\r\n')) expect(line).not.toMatch(/^\s*(\{|at .*:\d+|"stack")/);
}

async function takePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

it.skipIf(!HAS_TERMINALS)(
  'a dumb terminal gets plain lines with whole ids, and faults in a line each',
  async () => {
    const id = 'So11111111111111111111111111111111111111112';
    const file = makeFile(toNdjson([record({ id })]));
    const port = String(await takePort());
    const run = ['ingest', file, '--memory', '--simulate'];
    const args = [...run, '--log-dir', '/dev/null/logs', '--metrics-port', port];
    const { code, stdout } = await startOnTerminal(args, { TERM: 'dumb' }).ended;
    expect(stdout).not.toContain(ESCAPE);
    expect(stdout).toMatch(new RegExp(`fired +${id} `));
    expect(stdout).toMatch(/WARN: log files cannot be written .*ENOTDIR/);
    expect(stdout).toContain(`Port ${port} is taken.`);
    expectForPeople(stdout);
    expect(code).toBe(0);
  },
);

it.skipIf(!HAS_TERMINALS)(
  'a directory that is in use is named in one sentence by every command',
  async () => {
    const dataDir = createTestDataDir();
    const lock = await lockDirectory(dataDir, { program: 'another program', nowMs: 0 });
    onTestFinished(lock.release);
    const file = makeFile(toNdjson([record()]));
    for (const command of [['ingest', file], ['resume'], ['backup'], ['reset', '--yes']]) {
      const { code, stdout } = await startOnTerminal([...command, '--data-dir', dataDir]).ended;
      const said = stdout.split('\r\n').filter((line) => line !== '' && !line.startsWith('Reading '));
      expect(said).toEqual([
        expect.stringMatching(/^ingot: The data directory .* is in use by another program .*--data-dir\.$/),
      ]);
      expect(code).toBe(1);
    }
  },
);
