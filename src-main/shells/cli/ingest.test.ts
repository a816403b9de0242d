import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createTestDatabase, createTestDataDir } from '../../database/testing/each-database';
import { eventsOf, makeFile, makeFolder, ROOT, record, runCli, startCli, toNdjson } from './testing/run-cli';

/** Every outcome, and a callback that fires, one that is cancelled and one due as its successor arrives. */
const everyOutcome = [
  record({ version: 5 }),
  record({ version: 7, callbackTimeMs: 5000, tokens: '18446744073709551615' }),
  record({ version: 9, data: { big: 1 } }),
  record({ version: 9, data: { big: 1 } }),
  record({ version: 9, tokens: 6 }),
  record({ version: 8 }),
  record({ version: undefined }),
  record({ id: 'b', accountType: 'escrow', version: '18446744073709551615', tokens: 0, callbackTimeMs: 0 }),
];
const simulated = ['--simulate', '--delay', '500'];

describe('ingest --json', () => {
  it('writes exactly the promised lines', async () => {
    const file = makeFile(JSON.stringify(everyOutcome));
    const { code, lines, stderr } = await runCli(['ingest', file, '--memory', '--json', ...simulated]);
    expect(lines).toEqual([
      '{"event":"indexed","at":500,"record":0,"id":"a","version":"5","accountType":"mint","tokens":"5"}',
      '{"event":"fired","at":1000,"id":"a","version":"5","late":false,"account":{"id":"a","accountType":"mint","tokens":"5","version":"5","data":{}}}',
      '{"event":"indexed","at":1000,"record":1,"id":"a","version":"7","accountType":"mint","tokens":"18446744073709551615"}',
      '{"event":"indexed","at":1500,"record":2,"id":"a","version":"9","accountType":"mint","tokens":"5"}',
      '{"event":"cancelled","at":1500,"id":"a","version":"7","supersededBy":"9"}',
      '{"event":"fired","at":2000,"id":"a","version":"9","late":false,"account":{"id":"a","accountType":"mint","tokens":"5","version":"9","data":{"big": 1}}}',
      '{"event":"duplicate","at":2000,"record":3,"id":"a","version":"9"}',
      '{"event":"conflict","at":2500,"record":4,"id":"a","version":"9"}',
      '{"event":"stale","at":3000,"record":5,"id":"a","version":"8","latest":"9"}',
      '{"event":"rejected","at":3500,"record":6,"reason":"version: required"}',
      '{"event":"indexed","at":4000,"record":7,"id":"b","version":"18446744073709551615","accountType":"escrow","tokens":"0"}',
      '{"event":"fired","at":4000,"id":"b","version":"18446744073709551615","late":false,"account":{"id":"b","accountType":"escrow","tokens":"0","version":"18446744073709551615","data":{}}}',
      '{"event":"report","leaders":[{"accountType":"escrow","id":"b","tokens":"0","version":"18446744073709551615"},{"accountType":"mint","id":"a","tokens":"5","version":"9"}],"tied":{"escrow":1,"mint":1},"moreTypes":false,"complete":true}',
      '{"event":"summary","records":8,"indexed":4,"stale":1,"duplicate":1,"conflict":1,"rejected":1,"fired":3,"cancelled":1,"pending":0,"complete":true}',
    ]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it('stops where it is told to, says so, and can be resumed from there', async () => {
    const file = makeFile(JSON.stringify(everyOutcome));
    const where = ['--data-dir', createTestDataDir(), '--json'];
    const stopped = await runCli(['ingest', file, ...where, ...simulated, '--until', 'conflict']);
    expect(stopped.lines.slice(-4, -2)).toEqual([
      '{"event":"conflict","at":2500,"record":4,"id":"a","version":"9"}',
      '{"event":"reached","at":2500,"until":"conflict"}',
    ]);
    expect(stopped.code).toBe(130);
    const resumed = await runCli(['resume', ...where]);
    expect(resumed.lines[0]).toContain('"event":"stale","at":3000,"record":5');
    expect(resumed.code).toBe(0);
    const missed = await runCli(['ingest', file, '--memory', ...simulated, '--until', 'account:none']);
    expect(missed.stdout).toContain('The run did not come to a version of none: all records are in.');
    expect(missed.code).toBe(0);
    expect((await runCli(['ingest', file, '--memory', '--until', 'soon'])).code).toBe(2);
  });

  it('writes the same bytes for the same seed, and others for another', async () => {
    const file = makeFile(JSON.stringify(everyOutcome));
    const args = ['ingest', file, '--simulate', '--json', '--seed'];
    const [first, second, other] = await Promise.all([
      runCli([...args, '7', '--memory']),
      runCli([...args, '7', '--memory']),
      runCli([...args, '8', '--data-dir', createTestDataDir()]),
    ]);
    expect(second.stdout).toBe(first.stdout);
    expect(other.stdout).not.toBe(first.stdout);
    expect(other.lines.at(-1)).toBe(first.lines.at(-1));
  });

  it('writes the same bytes from a file, gzipped, and through a pipe that trickles', async () => {
    const records = Array.from({ length: 2_000 }, (_, n) =>
      record({
        id: `account-${n % 50}`,
        version: n,
        callbackTimeMs: 0,
        data: { memo: 'x'.repeat(n % 200) },
      }),
    );
    const text = toNdjson(records);
    const args = ['--memory', '--json', '--simulate', '--delay', '0'];
    const piped = startCli(['ingest', '-', ...args]);
    for (let at = 0; at < text.length; at += 30_011) piped.write(text.slice(at, at + 30_011));
    piped.endInput();
    const [plain, gzipped, { stdout }] = await Promise.all([
      runCli(['ingest', makeFile(text), ...args]),
      runCli(['ingest', makeFile(gzipSync(text)), ...args]),
      piped.ended,
    ]);
    expect(gzipped.stdout).toBe(plain.stdout);
    expect(stdout).toBe(plain.stdout);
  });

  it('gives the same on a Postgres server as on the embedded database', async () => {
    const file = makeFile(JSON.stringify(everyOutcome));
    const run = async (...place: string[]) =>
      (await runCli(['ingest', file, '--json', ...simulated, ...place])).stdout;
    expect(await run('--database', await createTestDatabase())).toBe(
      await run('--data-dir', createTestDataDir()),
    );
  });

  it('names the other account of a tie', async () => {
    const file = makeFile(toNdjson([record({ id: 'b' }), record({ id: 'a' })]));
    const { lines } = await runCli([
      'ingest',
      file,
      '--data-dir',
      createTestDataDir(),
      '--json',
      '--simulate',
    ]);
    const [report] = eventsOf(lines, 'report');
    expect(report?.leaders).toMatchObject([{ id: 'a' }, { id: 'b' }]);
  });
});

describe('ingest as text', () => {
  it('writes plain lines, the report as a table and a summary when piped', async () => {
    const file = makeFile(JSON.stringify(everyOutcome));
    const args = ['ingest', file, '--data-dir', createTestDataDir(), ...simulated];
    const { code, lines, stderr } = await runCli(args);
    expect(lines[0]).toMatch(/^00:00\.500 {2}indexed {4}a +v5 {4}mint, 5 tokens$/);
    expect(lines[4]).toMatch(/^00:01\.500 {2}cancelled {2}a +v7 {4}superseded by v9$/);
    expect(lines.slice(-6)).toEqual([
      'Account type  Tokens  Account               Version',
      'escrow             0  b        18446744073709551615',
      'mint               5  a                           9',
      '',
      '8 records: 4 indexed, 1 stale, 1 duplicate, 1 conflict, 1 rejected',
      "Callbacks: 3 fired, 1 cancelled, 0 pending, after 00:04.000 of the run's clock",
    ]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });
});

describe('ingest reads', () => {
  const args = (file: string) => ['ingest', file, '--data-dir', createTestDataDir(), '--json', '--simulate'];
  const indexedIds = (lines: readonly string[]) => eventsOf(lines, 'indexed').map(({ id }) => id);

  it('gzipped standard input, told by its content', async () => {
    const program = startCli(args('-'));
    program.write(gzipSync(JSON.stringify([record({ id: 'a' }), record({ id: 'b' })])));
    program.endInput();
    const { code, lines } = await program.ended;
    expect(indexedIds(lines)).toEqual(['a', 'b']);
    expect(code).toBe(0);
  });

  it('standard input as it comes', async () => {
    const program = startCli([
      'ingest',
      '-',
      '--data-dir',
      createTestDataDir(),
      '--json',
      '--arrival',
      'none',
    ]);
    program.write(toNdjson([record({ id: 'a', callbackTimeMs: 0 })]));
    await program.untilLine('"indexed"');
    program.write(toNdjson([record({ id: 'b', callbackTimeMs: 0 })]));
    await program.untilLine('"id":"b"');
    program.endInput();
    expect((await program.ended).code).toBe(0);
  });

  it('a file relative to where it runs', async () => {
    const file = makeFile(toNdjson([record()]), 'here.ndjson');
    const { lines } = await runCli(args('here.ndjson'), { cwd: file.replace(/\/here\.ndjson$/, '') });
    expect(indexedIds(lines)).toEqual(['a']);
  });

  it('nothing from a file that is not there, and says so with exit code 2', async () => {
    const { code, stdout, stderr } = await runCli(args('missing.json'));
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^ingot: .*missing\.json/);
    expect(code).toBe(2);
  });

  it('nothing from a file of another kind', async () => {
    const { code, stderr } = await runCli(args(makeFile('%PDF-1.7 and so on', 'paper.pdf')));
    expect(stderr).toMatch(/^ingot: paper\.pdf /);
    expect(code).toBe(2);
  });

  it.skipIf(process.platform === 'win32')('nothing from a directory as standard input', async () => {
    const shell = ['sh', '-c', 'exec "$0" "$@" < /', process.execPath] as const;
    const { code, stderr } = await runCli(args('-'), { command: [...shell, join(ROOT, 'out/main/cli.js')] });
    expect(stderr).toBe('ingot: stdin is a directory, not a file. Give one file: ingot ingest - < FILE\n');
    expect(code).toBe(2);
  });

  it('a broken file up to the fault, keeps that, and names record and byte', async () => {
    const good = toNdjson([record({ id: 'a' }), record({ id: 'b' })]);
    const { code, lines, stderr } = await runCli(args(makeFile(`${good}{"id": oops}\n`)));
    expect(indexedIds(lines)).toEqual(['a', 'b']);
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ event: 'summary', records: 2, indexed: 2 });
    expect(stderr).toMatch(/The run failed\. updates\.json .*record 2 at byte \d+\./);
    expect(code).toBe(1);
  });

  it('every line into a pipe as into a file', async () => {
    const records = Array.from({ length: 5_000 }, (_, index) => record({ id: `account-${index}` }));
    const { lines, code } = await runCli([...args(makeFile(toNdjson(records))), '--arrival', 'none']);
    expect(lines).toHaveLength(10_002);
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
      event: 'summary',
      indexed: 5_000,
      fired: 5_000,
    });
    expect(code).toBe(0);
  });
});

describe('ingest into a database that', () => {
  it('knows nearly every record says so, where it is, and how to start afresh', async () => {
    const dataDir = createTestDataDir();
    const args = ['ingest', makeFile(toNdjson([record()])), '--data-dir', dataDir, '--json', '--simulate'];
    expect((await runCli(args)).stderr).toBe('');
    const { stderr, lines } = await runCli(args);
    expect(stderr).toContain(`Nearly every record was known already: ${dataDir} `);
    expect(stderr).toContain(`ingot reset --data-dir ${dataDir}`);
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ duplicate: 1, indexed: 0 });
  });

  it('knows them in another version of their content says so as well', async () => {
    const place = ['--data-dir', createTestDataDir(), '--json', '--simulate'];
    await runCli(['ingest', makeFile(toNdjson([record()])), ...place]);
    const { stderr, lines } = await runCli(['ingest', makeFile(toNdjson([record({ tokens: 6 })])), ...place]);
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ conflict: 1, indexed: 0 });
    expect(stderr).toContain('Nearly every record was known already');
  });

  it('knew none of them does not say so where they come again and again', async () => {
    const file = makeFile(toNdjson(Array.from({ length: 20 }, () => record())));
    const args = ['ingest', file, '--data-dir', createTestDataDir(), '--json', '--simulate'];
    const first = await runCli(args);
    expect(JSON.parse(first.lines.at(-1) ?? '')).toMatchObject({ duplicate: 19, indexed: 1 });
    expect(first.stderr).toBe('');
    expect((await runCli(args)).stderr).toContain('Nearly every record was known already');
  });

  it('another program holds is refused with exit code 1', async () => {
    const dataDir = createTestDataDir();
    const holder = startCli(['ingest', '-', '--data-dir', dataDir, '--json', '--arrival', 'none']);
    holder.write(toNdjson([record()]));
    await holder.untilLine('"indexed"');
    const file = makeFile(toNdjson([record()]));
    const { code, stdout, stderr } = await runCli(['ingest', file, '--data-dir', dataDir, '--json']);
    expect(stdout).toBe('');
    expect(stderr).toContain(dataDir);
    expect(code).toBe(1);
  });

  // Only Linux has /proc, where no directory can be made.
  it.runIf(process.platform === 'linux')('has no place to be in ends with exit code 1', async () => {
    const file = makeFile(toNdjson([record()]));
    const { code, stderr } = await runCli(['ingest', file, '--simulate', '--data-dir', '/proc/x']);
    expect(stderr).toContain(
      'ingot: The data directory /proc/x cannot be used: nothing can be made there. Choose another directory',
    );
    expect(code).toBe(1);
  });

  it('cannot be reached never shows its password', async () => {
    const url = 'postgres://ada:secret@127.0.0.1:1/db';
    const file = makeFile(toNdjson([record()]));
    const { code, stdout, stderr } = await runCli(['ingest', file, '--database', url]);
    expect(`${stdout}${stderr}`).not.toContain('secret');
    expect(stderr).toContain('127.0.0.1:1');
    expect(code).toBe(1);
  });

  it('is in memory says what is lost with it', async () => {
    const file = makeFile(toNdjson([record()]));
    const args = ['ingest', file, '--memory', '--simulate', '--no-wait', '--json'];
    const { code, stderr, lines } = await runCli(args, { cwd: makeFolder() });
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ fired: 0, pending: 1 });
    expect(stderr).toBe('1 callback is still pending, and is lost now: --memory keeps nothing.\n');
    expect(code).toBe(0);
  });
});
