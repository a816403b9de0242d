import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createTestDatabase, createTestDataDir } from '../../database/testing/each-database';
import { makeFile, makeFolder, record, runCli, startCli, toNdjson } from './testing/run-cli';

type Line = Readonly<Record<string, unknown>>;

/** What a directory of log files holds, as text and line by line. */
function readLogs(directory: string) {
  const text = readdirSync(directory)
    .map((name) => readFileSync(join(directory, name), 'utf8'))
    .join('');
  const lines: Line[] = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  return { text, lines, messages: lines.map(({ msg }) => msg) };
}

const MARK = 'only-a-trace-may-say-this';
/** One of each outcome; each with data that must not get into a log. */
const records = [
  record({ version: 5, data: { MARK } }),
  record({ version: 3, data: { MARK } }),
  record({ version: 5, data: { MARK } }),
  record({ version: 5, data: { other: MARK } }),
  record({ version: undefined, data: { MARK } }),
];

describe('the log files of a run', () => {
  it('tell an operator what happened, without any data of records', async () => {
    const logDir = join(makeFolder(), 'logs');
    const file = makeFile(toNdjson(records), 'five.ndjson');
    const { code } = await runCli(['ingest', file, '--simulate', '--log-dir', logDir], {
      env: { INGOT_DATA_DIR: createTestDataDir() },
    });
    expect(code).toBe(0);
    const { text, lines, messages } = readLogs(logDir);
    expect(messages.filter((message) => message !== 'migration applied')).toEqual([
      'Ingot started',
      'database opened',
      'run started',
      'all records are read; the run waits for callbacks',
      'run ended',
      'updates came again with other content: the first of each was kept',
      'database closed',
      'Ingot ended',
    ]);
    expect(messages.filter((message) => message === 'migration applied').length).toBeGreaterThan(2);
    expect(lines.find(({ msg }) => msg === 'run ended')).toMatchObject({
      component: 'engine',
      runId: '1',
      state: 'completed',
      records: 5,
      indexed: 1,
      conflict: 1,
      fired: 1,
      durationMs: expect.any(Number),
    });
    expect(text).not.toContain(MARK);
    for (const line of text.trimEnd().split('\n')) expect(line.match(/"component":/g)).toHaveLength(1);
  });

  it('hold no password of a server and no data above debug; a trace has the data of each record', async () => {
    const logDir = join(makeFolder(), 'logs');
    const url = new URL(await createTestDatabase());
    expect(url.password.length).toBeGreaterThan(10);
    const file = makeFile(toNdjson(records.map((each, at) => ({ ...each, id: `log-${at}` }))));
    const { code, stderr } = await runCli(
      ['ingest', file, '--simulate', '--no-wait', '--log-dir', logDir, '--log-file-level', 'trace'],
      { env: { INGOT_DATABASE: url.href, INGOT_LOG_LEVEL: 'trace' } },
    );
    expect(code).toBe(0);
    const { text, lines } = readLogs(logDir);
    for (const output of [text, stderr]) {
      expect(output).toContain('database opened');
      expect(output).not.toContain(url.password);
    }
    expect(lines.filter(({ msg }) => msg === 'record taken')).toHaveLength(records.length);
    expect(lines.find(({ msg, record: at }) => msg === 'record taken' && at === 1)).toMatchObject({
      level: 'trace',
      component: 'ingestion',
      outcome: 'indexed',
      accountId: expect.stringContaining('log-'),
      data: expect.stringContaining(MARK),
    });
    for (const line of lines) {
      if (line.level !== 'trace' && line.level !== 'debug') expect(JSON.stringify(line)).not.toContain(MARK);
    }
    expect(lines.find(({ msg }) => msg === 'batch applied')).toMatchObject({
      level: 'debug',
      component: 'accounts',
      runId: expect.any(String),
    });
  });

  it('hold no password of a server that cannot be reached', async () => {
    const logDir = join(makeFolder(), 'logs');
    const { code, stderr } = await runCli(['resume', '--list', '--log-dir', logDir], {
      env: { INGOT_DATABASE: 'postgres://ada:hunter2@127.0.0.1:1/none', INGOT_LOG_FILE_LEVEL: 'trace' },
    });
    expect(code).toBe(1);
    expect(stderr).toContain('127.0.0.1');
    const { text, lines } = readLogs(logDir);
    expect(`${text}${stderr}`).not.toContain('hunter2');
    expect(lines.at(-1)).toMatchObject({ msg: 'Ingot ended', exitCode: 1 });
  });
});

// Only Linux has /proc, where no directory can be made.
describe.runIf(process.platform === 'linux')('log files that have no place', () => {
  it('are said to be missing, and the run goes on without them', async () => {
    const file = makeFile(toNdjson([record()]));
    const args = ['ingest', file, '--memory', '--simulate', '--json', '--log-dir', '/proc/x'];
    const { code, stderr, lines } = await runCli(args);
    expect(stderr).toContain('log files cannot be written');
    expect(stderr).toContain('/proc/x');
    expect(lines.at(-1)).toContain('"event":"summary","records":1,"indexed":1');
    expect(code).toBe(0);
  });
});

describe.skipIf(process.platform === 'win32')('the log files of a process', () => {
  it('say everything from debug on after a signal, and at the end what it died of', async () => {
    const logDir = join(makeFolder(), 'logs');
    const fault = 'process.once("SIGPIPE",()=>{throw(new(Error)("a provoked fault"))})';
    const program = startCli(['ingest', '-', '--memory', '--arrival', 'none', '--log-dir', logDir], {
      env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(fault)}` },
    });
    const untilLogged = (message: string) => expect.poll(() => readLogs(logDir).messages).toContain(message);
    program.write(toNdjson([record({ id: 'before' })]));
    await program.untilLine('before');
    program.child.kill('SIGUSR2');
    await untilLogged('the level of the log is changed by a signal');
    expect(readLogs(logDir).messages).not.toContain('batch applied');
    program.write(toNdjson([record({ id: 'after' })]));
    await program.untilLine('after');
    await untilLogged('batch applied');
    program.child.kill('SIGPIPE');
    const { code } = await program.ended;
    expect(code).not.toBe(0);
    const [fatal, ended] = readLogs(logDir).lines.slice(-2);
    expect(fatal).toMatchObject({
      level: 'fatal',
      component: 'cli',
      err: { message: 'a provoked fault', stack: expect.any(String) },
    });
    expect(ended).toMatchObject({ msg: 'Ingot ended' });
  });
});
