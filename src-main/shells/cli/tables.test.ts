import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { parquetReadObjects } from 'hyparquet';
import { expect, it } from 'vitest';
import {
  HAS_TERMINALS,
  makeFile,
  makeFolder,
  record,
  runCli,
  startOnTerminal,
  toNdjson,
} from './testing/run-cli';

const ID = 'GSvPLq1JaGBLNRvDzRRAKtLJzS5JgGFx4GagnTmvKj65';
/** Three accounts, the first with two versions; a reject; a callback that waits. */
async function fill(
  records = [
    record({ id: ID, tokens: '18446744073709551615', callbackTimeMs: 0 }),
    record({ id: 'b', accountType: 'escrow', tokens: 7, callbackTimeMs: 86_000_000 }),
    record({ tokens: -1 }),
    record({ id: 'c', tokens: 5, data: { note: '=1+1' }, callbackTimeMs: 0 }),
    record({ id: ID, version: 2, tokens: 3, callbackTimeMs: 0 }),
  ],
): Promise<string> {
  const dir = makeFolder();
  const file = makeFile(toNdjson(records), 'updates.ndjson');
  const args = ['ingest', file, '--data-dir', dir, '--arrival', 'none', '--no-wait'];
  expect((await runCli(args)).code).toBe(0);
  return dir;
}
/** Which instant a comparison with `now` is of. */
const NOW = /^Now is \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\n$/;
const show = async (dir: string, ...args: string[]) => {
  const result = await runCli([...args, '--data-dir', dir]);
  expect(result.stderr.replace(NOW, '')).toBe('');
  expect(result.code).toBe(0);
  return result;
};

it('shows each table, filtered, sorted and as of an instant', async () => {
  const dir = await fill();
  const rows = async (...args: string[]) =>
    (await show(dir, ...args, '--format', 'ndjson')).lines.map((line) => JSON.parse(line));
  const ids = async (...args: string[]) => (await rows(...args)).map(({ id }) => id);
  expect(await ids('accounts')).toEqual([ID, 'b', 'c']);
  expect(await ids('accounts', '--sort', 'tokens:desc', '--where', 'tokens>=4')).toEqual(['b', 'c']);
  expect(await ids('accounts', '--limit', '1')).toEqual([ID]);
  expect(await rows('accounts', '--as-of', 'last:0')).toMatchObject([
    { id: ID, tokens: '18446744073709551615' },
  ]);
  expect(await rows('account', ID)).toMatchObject([
    { version: '2', tokens_change: '-18446744073709551612' },
    { version: '1' },
  ]);
  expect(await ids('leaders', '--where', 'type=mint')).toEqual(['c']);
  expect(await ids('callbacks', '--where', 'state=pending')).toEqual(['c', ID, 'b']);
  expect(await ids('updates', '--where', `id^=${ID}`, '--sort', 'arrived:desc')).toEqual([ID, ID]);
  expect(await rows('runs')).toMatchObject([{ run: '1', records: 5, rejected: 1 }]);
  expect(await rows('rejects')).toMatchObject([{ run: '1', record: 2, field: 'tokens' }]);
});

it('shows the state as of a slot or a transaction, and says as known when', async () => {
  const signature = 'S'.repeat(88);
  const at = (id: string, slot: number, version: number, changes: object = {}) =>
    record({ id, slot, version, callbackTimeMs: 0, ...changes });
  const dir = await fill([
    at('a', 5, 1),
    at('a', 7, 3, { data: { signature } }),
    at('b', 6, 2, { tokens: 9 }),
    at('a', 6, 1, { tokens: 4 }),
  ]);
  const run = (...args: string[]) => runCli([...args, '--data-dir', dir]);
  const AXES = /^As of slot 6, as known at \d{4}-\d\d-\d\dT[\d:.]+Z\n/;
  const table = await run('accounts', '--as-of', 'slot:6');
  expect(table.stdout).toMatch(AXES);
  expect(table.lines.slice(2).map((line) => line.split(/ +/).slice(0, 4))).toEqual([
    ['a', 'mint', '4', '6:1'],
    ['b', 'mint', '9', '6:2'],
  ]);
  const rows = await run('updates', '--as-of', `before:${signature},last:1`, '--format', 'ndjson');
  expect(rows.lines.map((line) => JSON.parse(line).slot)).toEqual(['5']);
  expect(rows.stderr).toMatch(
    /^As of slot 7, up to write version 2, before transaction SSSS…SSSS, as known at \d/,
  );
  const callbacks = await run('callbacks', '--as-of', 'slot:5', '--format', 'ndjson');
  expect(callbacks.lines).toHaveLength(3);
  expect(callbacks.stderr).toContain(
    '\nCallbacks are shown as known then: a place on the chain says nothing of them.\n',
  );
  const report = await run('report', '--as-of', 'slot:6', '--json');
  expect(JSON.parse(report.stdout)).toMatchObject({
    leaders: [{ id: 'b', version: '6:2' }],
    asOf: {
      cut: { slot: '6', writeVersion: null },
      sentence: expect.stringMatching(/^as of slot 6, as known at /),
    },
  });
  const why = await run('why', 'a', '--as-of', 'slot:6');
  expect(why.stdout).toMatch(AXES);
  expect(why.stdout.match(/^a 6:\d|^a \d:\d/gm)).toEqual(['a 6:1', 'a 5:1']);
  const compared = await run('compare', 'slot:5', 'slot:6');
  expect(compared.stdout).toMatch(/^As of slot 5, .*\nAs of slot 6, [\s\S]*\naccounts +1 +2 +\+1\n/);
});

it('writes files that other programs read, whole or not at all', async () => {
  const dir = await fill();
  const folder = makeFolder();
  const csv = join(folder, 'accounts.csv');
  await show(dir, 'accounts', '--format', 'csv', '--bom', '--out', csv);
  const text = readFileSync(csv, 'utf8');
  expect(text.codePointAt(0)).toBe(0xfeff);
  expect(parse(text, { columns: true, bom: true })).toHaveLength(3);
  const parquet = join(folder, 'updates.parquet');
  await show(dir, 'updates', '--format', 'parquet', '--out', parquet);
  const { buffer, byteOffset, byteLength } = readFileSync(parquet);
  const file = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
  expect((await parquetReadObjects({ file })).map(({ tokens }) => tokens)).toEqual([
    2n ** 64n - 1n,
    7n,
    5n,
    3n,
  ]);
  const again = await runCli(['runs', '--out', csv, '--data-dir', dir]);
  expect(again).toMatchObject({ code: 2, stdout: '' });
  expect(again.stderr).toContain('is there already: it is not overwritten.');
  const nowhere = await runCli(['runs', '--out', join(folder, 'none', 'a.csv'), '--data-dir', dir]);
  expect(nowhere).toMatchObject({ code: 2 });
  expect(nowhere.stderr).toContain('cannot be written: ENOENT.');
  expect(readdirSync(folder).sort()).toEqual(['accounts.csv', 'updates.parquet']);
});

it('writes accounts as a folder for a test validator, says what it leaves out, and reads it again', async () => {
  const folder = makeFolder();
  const data = {
    lamports: 5,
    owner: ID,
    executable: false,
    rentEpoch: 0,
    space: 1,
    data: ['BQ==', 'base64'],
  };
  const dir = await fill([record({ id: ID, data }), record({ id: 'other' })]);
  const out = join(folder, 'accounts');
  const options = ['--format', 'account-dir', '--data-dir', dir];
  const written = await runCli(['accounts', '--as-of', 'last:1', ...options, '--out', out]);
  expect(written).toMatchObject({ code: 0, stdout: '' });
  expect(written.stderr).toContain('1 left out: 1 whose data is no account of the chain.');
  expect(readdirSync(out)).toEqual([`${ID}.json`]);
  expect(JSON.parse(readFileSync(join(out, `${ID}.json`), 'utf8'))).toEqual({ pubkey: ID, account: data });
  const again = makeFolder();
  const ingested = await runCli(['ingest', out, '--data-dir', again, '--arrival', 'none', '--no-wait']);
  expect(ingested).toMatchObject({ code: 0 });
  const [row] = (await show(again, 'accounts', '--format', 'json')).lines.slice(1);
  expect(JSON.parse(row ?? '')).toMatchObject({ id: ID, account_type: ID, tokens: '5', data });
  const archive = `${out}.tar.gz`;
  expect(await runCli(['accounts', ...options, '--out', archive])).toMatchObject({ code: 0 });
  expect(readFileSync(archive).subarray(0, 2)).toEqual(Buffer.from([0x1f, 0x8b]));
  const other = await runCli(['runs', ...options]);
  expect(other).toMatchObject({ code: 2 });
  expect(other.stderr).toContain('it must be one of table, csv, ndjson, json, parquet.');
});

it('prints columns with whole ids where nothing limits them', async () => {
  const { lines } = await show(await fill(), 'accounts');
  expect(lines[0]).toMatch(/^id {42} {2}type {4}tokens {2}version {2}callback {2}due +updated$/);
  expect(lines[1]).toMatch(new RegExp(`^${ID} {2}mint {9}3 {8}2 {2}`));
  expect(lines).toHaveLength(4);
});

it.runIf(HAS_TERMINALS)('cuts ids in their middle on a narrow terminal', async () => {
  const dir = await fill();
  const { stdout } = await startOnTerminal(['account', ID, '--data-dir', dir]).ended;
  const [note, ...table] = stdout.split('\r\n');
  expect(note).toContain('Some columns are left out');
  for (const line of table) expect(line.length).toBeLessThanOrEqual(80);
  const accounts = await startOnTerminal(['accounts', '--data-dir', dir]).ended;
  expect(accounts.stdout).toMatch(/GSvP\w*…\w*65 /);
});

it.each([
  [
    ['accounts', '--where', 'colour=red'],
    '--where: "colour=red" is no filter of accounts. There are id^=, id!=, type=,',
  ],
  [['accounts', '--sort', 'size'], '--sort: "size" is no order of accounts. There are id, accountType,'],
  [
    ['accounts', '--format', 'xml'],
    '--format is "xml": it must be one of table, csv, ndjson, json, parquet, account-dir, surfpool.',
  ],
  [['accounts', '--limit', '0'], '--limit is "0": it must be a whole number from 1.'],
  [['runs', '--where', 'a=b'], "unknown option '--where'"],
  [['compare', '1', 'now', '--show', 'leaders'], '--show is "leaders": it must be one of summary,'],
  [['compare', '1', 'now', '--format', 'csv'], '--format csv needs --show accounts or --show callbacks.'],
  [['compare', '1'], "missing required argument 'TO'"],
] as const)('refuses %j before it opens a database', async (args, message) => {
  const dir = join(makeFolder(), 'none');
  const { code, stderr } = await runCli([...args, '--data-dir', dir]);
  expect(stderr).toContain(message);
  expect(code).toBe(2);
  expect(existsSync(dir)).toBe(false);
});

it('compares two instants: as text, as JSON, and each table of what differs', async () => {
  const dir = await fill();
  const { stdout: text, stderr } = await show(dir, 'compare', 'last:0', 'now');
  expect(stderr).toMatch(NOW);
  expect(text).toMatch(/^ +last:0 +now +difference\naccounts +1 +3 +\+2\nindexed +1 +4 +\+3\n/);
  expect(text).toContain('accounts that differ: 3\n');
  expect(text).toContain('  pending → fired: 1\n');
  expect(text).toContain(`  mint: 18446744073709551615 (${ID}) → 5 (c)`);
  expect(text).toContain('  escrow: no account → 7 (b)');
  const summary = JSON.parse((await show(dir, 'compare', 'last:0', '1', '--format', 'json')).stdout);
  expect(summary).toMatchObject({ accounts: 3, from: { counts: { accounts: 1 } } });
  const rows = async (...args: string[]) =>
    (await show(dir, 'compare', 'last:0', 'now', ...args, '--format', 'ndjson')).lines.map((line) =>
      JSON.parse(line),
    );
  expect(await rows('--show', 'accounts')).toMatchObject([
    { id: ID, from_version: '1', to_version: '2', tokens_change: '-18446744073709551612' },
    { id: 'b', from_tokens: null, to_tokens: '7', to_account_type: 'escrow' },
    { id: 'c', to_data: { note: '=1+1' } },
  ]);
  expect(await rows('--show', 'callbacks', '--where', 'from=pending')).toMatchObject([
    { id: ID, version: '1', from_state: 'pending', from_how: null, to_state: 'fired', to_how: 'due' },
  ]);
  const csv = await show(dir, 'compare', 'now', 'last:0', '--show', 'callbacks', '--format', 'csv');
  expect(parse(csv.stdout, { columns: true })).toHaveLength(4);
});

it('says that there is no such account, or no run', async () => {
  const dir = await fill();
  const gone = await runCli(['account', 'zzz', '--data-dir', dir]);
  expect(gone.stderr).toContain('There is no account zzz.');
  expect(gone.code).not.toBe(0);
  const instant = await runCli(['accounts', '--as-of', '9:0', '--data-dir', dir]);
  expect(instant.code).not.toBe(0);
  const slot = await runCli(['accounts', '--as-of', 'slot:9', '--data-dir', dir]);
  expect(slot).toMatchObject({ code: 2, stderr: expect.stringContaining('Nothing here has a slot') });
});

it('shows the times of one clock, whichever is asked for', async () => {
  const dir = await fill();
  const arrived = async (times: string) => {
    const { stdout } = await show(dir, 'updates', '--limit', '1', '--times', times);
    return stdout.split('\n')[1]?.split(' ')[0];
  };
  expect(await arrived('run')).toMatch(/^1@00:\d\d\.\d{3}$/);
  expect(await arrived('wall')).toMatch(/^1@\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(await arrived('start')).toMatch(/^1@\+00:\d\d\.\d{3}$/);
  const why = await show(dir, 'why', `${ID}:2`, '--times', 'wall');
  expect(why.stdout).toMatch(/ at \d{4}-\d\d-\d\dT[\s\S]*\d\dZ {2}arrived/);
  const wrong = await runCli(['updates', '--times', 'moon', '--data-dir', dir]);
  expect([wrong.code, wrong.stderr]).toEqual([
    2,
    expect.stringContaining('it must be one of run, wall, start'),
  ]);
});
