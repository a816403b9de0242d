import { describe, expect, it } from 'vitest';
import { createTestDataDir } from '../../database/testing/each-database';
import { makeFile, makeFolder, record, runCli, toNdjson } from './testing/run-cli';

const HOUR_MS = 3_600_000;
const RECORDS = [
  record({ id: 'a', version: 9, callbackTimeMs: 5_000 }),
  record({ id: 'a', version: 7 }),
  record({ id: 'a', version: 13, callbackTimeMs: 50 }),
  record({ id: 'with:5', version: 1, tokens: 17, callbackTimeMs: HOUR_MS }),
  record({ id: 'with', slot: 12, version: 5 }),
  record({ id: 'with', slot: 12, version: 6 }),
];

describe('ingot why', () => {
  const dataDir = createTestDataDir();
  const why = (...args: string[]) => runCli(['why', ...args, '--data-dir', dataDir]);

  it('explains the versions of an account, the newest first, and leads to more of them', async () => {
    const settings = ['--simulate', '--no-wait', '--delay', '100'];
    const run = await runCli(['ingest', makeFile(toNdjson(RECORDS)), '--data-dir', dataDir, ...settings]);
    expect(run.code).toBe(0);

    const all = await why('a');
    expect(all).toMatchObject({ code: 0, stderr: '' });
    expect(all.stdout).toBe(
      [
        'a 13  Fired on time at 00:00.350. Not the leader of mint: with:5 has 12 more.',
        '      00:00.300  arrived',
        '      00:00.350  due',
        '      00:00.350  fired',
        'a 9  Did not fire: cancelled by version 13 at 00:00.300, 4.8 s before it was due.',
        '      00:00.100  arrived',
        '      00:00.300  cancelled 13',
        '      00:05.100  due',
        'a 7  Stale: version 9 was there 100 ms before.',
        '      00:00.100  there was version 9',
        '      00:00.200  arrived',
        '',
      ].join('\n'),
    );
    const few = await why('a', '--limit', '2');
    expect(few.stdout.match(/^a \d+/gm)).toEqual(['a 13', 'a 9']);
    expect(few.stderr).toBe(
      `Only the newest 2 versions. For more: ingot why a --limit=500 --data-dir ${dataDir}\n`,
    );
  });

  it('explains one version, also of a slot, and also for another program', async () => {
    expect((await why('a:7')).stdout).toMatch(/^a 7 {2}Stale: version 9 was there 100 ms before\.\n/);
    const { stdout, lines, code } = await why('with:12:5', '--json');
    expect([lines.length, code]).toEqual([1, 0]);
    expect(JSON.parse(stdout)).toMatchObject({
      id: 'with',
      version: '12:5',
      outcome: 'indexed',
      callbackState: 'cancelled',
      supersededBy: '12:6',
      sentence: 'Did not fire: cancelled by version 12:6 at 00:00.600, 400 ms before it was due.',
      leader: null,
      lifeline: [
        { event: 'arrived', runId: '1', at: 500, wallMs: null, version: null },
        { event: 'cancelled', at: 600, version: '12:6' },
        { event: 'due', at: 1000, version: null },
      ],
    });
  });

  it('takes a text with colons for an id if there is one', async () => {
    const { stdout } = await why('with:5');
    expect(stdout).toMatch(
      /^with:5 1 {2}Waits, frozen: due at 1:00:00\.400, .* Fire or cancel it by hand\. Leader of mint\.\n/,
    );
    expect((await why('with:5:1')).stdout).toBe(stdout);
    expect((await why('a:0:13')).stdout).toMatch(/^a 13 {2}Fired on time/);
  });

  it('explains a version as it was at an instant', async () => {
    const then = await why('a:9', '--as-of', '1@250ms');
    expect(then.stdout).toMatch(/^a 9 {2}Waits: due at 00:05\.100\. Leader of mint\.\n/);
    expect((await why('a', '--as-of', '1@250ms')).stdout.match(/^a \d+/gm)).toEqual(['a 9', 'a 7']);
    expect(await why('a:13', '--as-of', '1@250ms')).toMatchObject({ code: 1, stdout: '' });
    expect(await why('a', '--as-of', 'yesterday')).toMatchObject({ code: 2, stdout: '' });
  });

  it('says what is not there, and what is wrong', async () => {
    for (const none of ['b', 'a:8', 'with:12:7', 'a:99999999999999999999', ':7']) {
      const { code, stdout, stderr } = await why(none);
      expect([code, stdout, stderr]).toEqual([1, '', `ingot: There is no account or version ${none}.\n`]);
    }
    const limit = await why('a', '--limit', '501');
    expect(limit).toMatchObject({ code: 2, stdout: '' });
    expect(limit.stderr).toContain('--limit is "501": it must be a whole number from 1 to 500.');
    expect(await runCli(['why', 'a', '--data-dir', makeFolder()])).toMatchObject({ code: 2, stdout: '' });
    expect(await runCli(['why'])).toMatchObject({ code: 2 });
  });
});
