import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventsOf, makeFile, makeFolder, record, runCli, startCli, toNdjson } from './testing/run-cli';

const args = (file: string) => ['ingest', file, '--memory', '--simulate', '--json'];

describe('ingest reads', () => {
  const older = (id: string) => ({ id, account_type: 'm', tokens: 1, callback_time_ms: 1, version: 1 });

  it('older names of the fields, and says which, also into a pipe', async () => {
    const file = makeFile(toNdjson([{ id: 'x', tokens: 1, version: 1, data: {} }, older('b')]));
    const { lines, stderr, code } = await runCli(args(file));
    expect(eventsOf(lines, 'indexed').map(({ id }) => id)).toEqual(['b']);
    expect(stderr).toBe('updates.json uses other names of the fields: account_type, callback_time_ms.\n');
    expect(code).toBe(0);
    const text = await runCli(['ingest', file, '--memory', '--simulate']);
    expect(text.stderr).toBe(stderr);
  });

  it('records of several producers, each by its own names, and says so', async () => {
    const records = [
      record({ id: 'a' }),
      ...Array.from({ length: 2_000 }, (_, at) => record({ id: `c${at}` })),
    ];
    const { lines, stderr, code } = await runCli(args(makeFile(toNdjson([...records, older('b')]))));
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ indexed: 2_002, rejected: 0 });
    expect(stderr).toBe(
      'updates.json mixes names of the same field: accountType, account_type, callbackTimeMs, callback_time_ms. ' +
        'Each record is read by its own.\n',
    );
    expect(code).toBe(0);
  });

  const KEY = 'BjecmA3hhW8zD7ToGsosrHA8FFwpovaXDErrFL9Xjuz7';
  const account = { lamports: 5, owner: '11111111111111111111111111111111', data: ['', 'base64'] };
  const answer = { jsonrpc: '2.0', result: { context: { slot: 7 }, value: [account, null] }, id: 1 };

  it('a format of the field, once it is told what it lacks', async () => {
    const file = makeFile(JSON.stringify(answer));
    const untold = await runCli(args(file));
    expect(untold.stderr).toContain('--answers "keys=KEY,KEY,…"');
    expect(untold.code).toBe(2);
    const keys = `keys=${KEY},${'1'.repeat(32)}`;
    const told = await runCli([
      ...args(file),
      '--answers',
      keys,
      '--account-type',
      'vault',
      '--callback-time-ms',
      '9',
    ]);
    expect(eventsOf(told.lines, 'indexed')).toMatchObject([
      { id: KEY, version: '7:0', tokens: '5', accountType: 'vault' },
      { version: '7:0', tokens: '0', accountType: 'closed' },
    ]);
    expect(told.stderr).toContain('is read as: Answer of getMultipleAccounts.');
    expect(told.code).toBe(0);
  });

  it('another list by a mapping in a file, and counts what it says is no update', async () => {
    const rows = [{ who: 'a', n: 1, v: 1 }, { tick: 1 }, { who: 'b', n: 2, v: 1 }, { tick: 2 }];
    const mapping = {
      list: 'rows',
      fields: { id: 'who', accountType: { constant: 'wallet' }, tokens: 'n', version: 'v' },
      skip: { tick: 'tick' },
    };
    const by = makeFile(JSON.stringify(mapping), 'ours.json');
    const { lines, code } = await runCli([...args(makeFile(JSON.stringify({ rows }))), '--mapping', by]);
    expect(eventsOf(lines, 'indexed').map(({ id }) => id)).toEqual(['a', 'b']);
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ records: 2, rejected: 0, skipped: { tick: 2 } });
    expect(code).toBe(0);
    const wrong = await runCli([...args(by), '--mapping', makeFile('{"list":5}', 'wrong.json')]);
    expect(wrong.stderr).toMatch(/wrong\.json is no mapping: list: /);
    expect(wrong.code).toBe(2);
  });

  it('what "ingot formats" lists', async () => {
    const { lines } = await runCli(['formats', '--json', '--data-dir', makeFolder()]);
    expect(lines.map((line) => JSON.parse(line))).toContainEqual({
      name: 'get-multiple-accounts',
      title: 'Answer of getMultipleAccounts',
      url: 'https://solana.com/docs/rpc/http/getmultipleaccounts',
      asks: ['keys'],
      lines: false,
      saved: false,
    });
  });

  it('records of which nearly all are rejected, and says why', async () => {
    const records = [
      record({ id: 'a' }),
      ...Array.from({ length: 20 }, () => ({ pubkey: 'b', lamports: 1 })),
    ];
    const { lines, stderr } = await runCli(args(makeFile(toNdjson(records))));
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ indexed: 1, rejected: 20 });
    expect(stderr).toBe(
      'Nearly every record was rejected, the first of them, record 1, for "id: required; found pubkey, lamports".\n',
    );
  });

  it('records of which every one is rejected, and fails, so that a script notices', async () => {
    const records = ['a', 'b', 'c'].map((mint) => ({ mint, owner: 'd' }));
    const { lines, stderr, code } = await runCli(args(makeFile(toNdjson(records))));
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ records: 3, rejected: 3, complete: true });
    expect(stderr).toBe(
      'Every record was rejected, the first of them, record 0, for "id: required; found mint, owner".\n',
    );
    expect(code).toBe(1);
    // Nothing was asked of an empty source, so nothing is amiss.
    const empty = await runCli(args(makeFile('[]')));
    expect(empty).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('what is surely no source', () => {
  const key = JSON.stringify(Array.from({ length: 64 }, (_, at) => (at * 37 + 101) % 256));
  const IS_KEY =
    'holds a list of 64 numbers from 0 to 255: a Solana key pair, not records. ' +
    'Nothing of it was stored. Keep it safe, and give Ingot a file of updates.';

  it('is refused with exit code 2 before a database is made, from a file and from a pipe', async () => {
    const folder = makeFolder();
    const rest = [
      '--data-dir',
      join(folder, 'data'),
      '--log-dir',
      join(folder, 'logs'),
      '--log-level',
      'trace',
      '--json',
    ];
    const file = await runCli(['ingest', makeFile(key), ...rest]);
    expect(file).toMatchObject({ code: 2, stdout: '', stderr: `ingot: updates.json ${IS_KEY}\n` });
    const pipe = startCli(['ingest', '-', ...rest]);
    pipe.write(key);
    pipe.endInput();
    expect(await pipe.ended).toMatchObject({ code: 2, stdout: '', stderr: `ingot: stdin ${IS_KEY}\n` });
    expect(existsSync(join(folder, 'data'))).toBe(false);
  });

  it('is no backup either', async () => {
    const { code, stderr } = await runCli([
      'restore',
      makeFile(toNdjson([record()])),
      '--yes',
      '--data-dir',
      'd',
    ]);
    expect(stderr).toMatch(/^ingot: updates\.json is no backup of Ingot\. Nothing was changed\. /);
    expect(code).toBe(2);
  });
});

describe('a broken line', () => {
  const text = `${toNdjson([record({ id: 'a' })])}{"id":"x", oops}\n${toNdjson([record({ id: 'b' })])}`;
  const start = toNdjson([record({ id: 'a' })]).length;

  it('ends the run and says how to skip it, or is rejected with its place, as a flag or a variable says', async () => {
    const file = makeFile(text);
    const failed = await runCli(args(file));
    expect(failed.stderr).toContain('skip broken lines, --skip-broken-lines');
    expect(failed.code).toBe(1);
    const flag = await runCli([...args(file), '--skip-broken-lines']);
    expect(eventsOf(flag.lines, 'rejected')).toMatchObject([
      {
        record: 1,
        reason: `record: is not valid JSON: expected a field name in double quotes, found "o", at byte ${start + 11}`,
      },
    ]);
    expect(eventsOf(flag.lines, 'indexed').map(({ record: index }) => index)).toEqual([0, 2]);
    expect(flag.code).toBe(0);
    const variable = await runCli(args(file), { env: { INGOT_SKIP_BROKEN_LINES: 'true' } });
    expect(variable.lines.at(-1)).toBe(flag.lines.at(-1));
  });
});

describe('the older shape', () => {
  it('has one account for one id, whatever its sub-type: two of one version are a conflict', async () => {
    const shape = (subType: string, version: number) => ({
      ...record({ id: 'A', version, accountType: undefined }),
      parentProgram: 'auct',
      parentProgramSubType: subType,
    });
    const records = [
      shape('auction', 5),
      shape('auctionData', 5),
      shape('auctionData', 6),
      shape('auction', 6),
    ];
    const { lines } = await runCli([...args(makeFile(toNdjson(records))), '--delay', '0']);
    expect(eventsOf(lines, 'conflict').map(({ version }) => version)).toEqual(['5', '6']);
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ indexed: 2, conflict: 2 });
    expect(eventsOf(lines, 'fired').at(-1)).toMatchObject({ account: { data: { parentProgram: 'auct' } } });
  });
});
