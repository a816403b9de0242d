import { describe, expect, it } from 'vitest';
import { createTestDatabase, createTestDataDir } from '../../database/testing/each-database';
import { eventsOf, makeFile, makeFolder, record, runCli, toNdjson } from './testing/run-cli';

const IDS = Array.from({ length: 150 }, (_, at) => `nft-${String(at).padStart(3, '0')}`);
const RECORDS = [
  ...IDS.map((id) => record({ id, tokens: 1 })),
  record({ id: 'poor', tokens: 0 }),
  record({ id: 'alone', accountType: 'escrow', tokens: 9 }),
];

const ingest = (...args: string[]) =>
  runCli(['ingest', makeFile(toNdjson(RECORDS)), '--arrival', 'none', '--no-wait', ...args]);

describe('the report of a database with a tie', () => {
  const dataDir = createTestDataDir();

  it('is printed at the end of the run: how many tie, the first hundred of them, and where the rest is', async () => {
    const { lines, stderr } = await ingest('--data-dir', dataDir, '--json');
    const [report] = eventsOf(lines, 'report');
    expect(report).toMatchObject({ tied: { escrow: 1, mint: 150 }, moreTypes: false, complete: true });
    const leaders = ['alone', ...IDS.slice(0, 100)].map((id) => expect.objectContaining({ id }));
    expect(report?.leaders).toEqual(leaders);
    expect(stderr).toContain(
      `Not all accounts of a tie are named. To see them: ingot report --type=mint --data-dir ${dataDir}`,
    );
    const text = await ingest('--data-dir', dataDir);
    expect(text.stdout).toContain('(150 tie)');
    expect(text.stdout).toContain('and 50 more\n');
  });

  it('is printed again by itself', async () => {
    const { lines, stderr, code } = await runCli(['report', '--data-dir', dataDir, '--json']);
    const [line = ''] = lines;
    expect(JSON.parse(line)).toMatchObject({ tied: { escrow: 1, mint: 150 }, next: null });
    expect(JSON.parse(line).leaders).toHaveLength(101);
    expect([lines.length, stderr, code]).toEqual([1, '', 0]);
  });

  it('is paged through by type, and by the accounts of a type', async () => {
    const page = async (...args: string[]) =>
      JSON.parse((await runCli(['report', '--data-dir', dataDir, '--json', ...args])).stdout);
    const named = ({ leaders }: { leaders: { id: string }[] }) => leaders.map(({ id }) => id);
    const first = await page('--type', 'mint', '--limit', '90');
    expect(named(first)).toEqual(IDS.slice(0, 90));
    expect(first).toMatchObject({ tied: { mint: 150 }, next: 'nft-089' });
    const second = await page('--type', 'mint', '--limit', '90', '--after', first.next);
    expect(named(second)).toEqual(IDS.slice(90));
    expect(second).toMatchObject({ tied: { mint: 150 }, next: null });

    const types = await page('--limit', '1');
    expect(types).toMatchObject({ tied: { escrow: 1 }, next: 'escrow' });
    expect(await page('--after', 'escrow')).toMatchObject({ tied: { mint: 150 }, next: null });
    expect(await page('--after', 'escrow'.padEnd(300, 'x'))).toMatchObject({
      tied: { mint: 150 },
      next: null,
    });
  });

  it('says in text how to go on', async () => {
    const { stdout, stderr } = await runCli([
      'report',
      '--data-dir',
      dataDir,
      '--type',
      'mint',
      '--limit',
      '2',
    ]);
    expect(stdout.split('\n').slice(1, 4)).toEqual([
      expect.stringMatching(/^mint +1 +nft-000 +1$/),
      expect.stringMatching(/^\(150 tie\) +1 +nft-001 +1$/),
      expect.stringMatching(/and 148 more$/),
    ]);
    expect(stderr).toBe(`Next page: ingot report --type=mint --after=nft-001 --data-dir ${dataDir}\n`);
  });

  it('is as of an instant, page by page', async () => {
    const at = async (instant: string, ...args: string[]) =>
      runCli(['report', '--data-dir', dataDir, '--as-of', instant, ...args]);
    const { stdout } = await at('1:9', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ tied: { mint: 10 }, next: null });
    const { stderr } = await at('1:9', '--type', 'mint', '--limit', '2');
    expect(stderr).toBe(
      `Next page: ingot report --type=mint --as-of=1:9 --after=nft-001 --data-dir ${dataDir}\n`,
    );
    expect((await at('1:9', '--type', 'escrow')).stderr).toBe(
      'ingot: There is no account of type escrow as of then.\n',
    );
    expect(await at('9:1')).toMatchObject({ code: 1, stderr: 'ingot: There is no run 9.\n' });
    expect((await at('later')).code).toBe(2);
  });

  it('refuses a type that is not there, and a limit that is no number', async () => {
    const none = await runCli(['report', '--data-dir', dataDir, '--type', 'none']);
    expect(none).toMatchObject({ code: 1, stdout: '', stderr: 'ingot: There is no account of type none.\n' });
    const long = await runCli(['report', '--data-dir', dataDir, '--type', 'x'.repeat(200)]);
    expect(long).toMatchObject({ code: 1, stdout: '' });
    expect(long.stderr).toMatch(/^ingot: There is no account of type xxx/);
    const limit = await runCli(['report', '--data-dir', dataDir, '--limit', '1001']);
    expect(limit).toMatchObject({ code: 2, stdout: '' });
    expect(limit.stderr).toContain('--limit is "1001": it must be a whole number from 1 to 1000.');
  });
});

it('a report of no database is wrong usage, and makes none', async () => {
  expect(await runCli(['report', '--data-dir', makeFolder()])).toMatchObject({ code: 2, stdout: '' });
  const server = await createTestDatabase();
  for (const _ of ['first', 'again']) {
    const { code, stderr } = await runCli(['report', '--database', server]);
    expect(stderr).toContain('There is nothing of Ingot');
    expect(code).toBe(2);
  }
});
