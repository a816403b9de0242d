import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeFile, makeFolder, record, runCli, startCli, toNdjson } from './testing/run-cli';

const MOST = '18446744073709551615';

async function fill(): Promise<string> {
  const dir = makeFolder();
  const file = makeFile(
    toNdjson([record({ id: 'a', tokens: MOST }), record({ id: 'b', accountType: '=1+1' })]),
  );
  const args = ['ingest', file, '--data-dir', dir, '--arrival', 'none', '--no-wait'];
  expect((await runCli(args)).code).toBe(0);
  return dir;
}

it('prints the rows of a query in each format, and says how many there were and of when', async () => {
  const dir = await fill();
  const ask = (text: string, ...more: string[]) => runCli(['sql', text, '--data-dir', dir, ...more]);
  const query = 'SELECT id, tokens, length(id) AS n, tokens > 9 AS many, NULL AS id FROM accounts ORDER BY 1';
  const table = await ask(query);
  expect(table.stderr).toMatch(/^2 rows\. Copy of the database as of seq 2, \d\d:\d\d:\d\d UTC\.\n$/);
  expect(table.lines).toEqual([
    'id                tokens  n  many  id',
    `a   ${MOST}  1  t`,
    'b                      5  1  f',
  ]);
  expect(JSON.parse((await ask(query, '--format', 'json')).stdout)).toEqual([
    { id: 'a', tokens: MOST, n: 1, many: true, id_2: null },
    { id: 'b', tokens: '5', n: 1, many: false, id_2: null },
  ]);
  const cut = await ask(
    'SELECT account_type AS "a,b", 1 AS n FROM accounts ORDER BY id DESC',
    '--limit',
    '1',
    '--format',
    'csv',
  );
  expect(cut.lines).toEqual(['"a,b",n', "'=1+1,1"]);
  expect(cut.stderr).toMatch(/^1 row of more: --limit reads more\./);
  const out = join(dir, 'result.ndjson');
  const piped = startCli(['sql', '-', '--data-dir', dir, '--format', 'ndjson', '--out', out]);
  piped.write('TABLE schema_migrations\nLIMIT 1');
  piped.endInput();
  expect((await piped.ended).code).toBe(0);
  expect(JSON.parse(readFileSync(out, 'utf8'))).toMatchObject({ version: 1 });
});

it('marks the place where a query is wrong, ends one that takes too long, and changes nothing', async () => {
  const dir = await fill();
  const ask = (text: string, ...more: string[]) => runCli(['sql', text, '--data-dir', dir, ...more]);
  const wrong = await ask('SELECT id,\n  a. nothing\nFROM accounts AS a');
  expect(wrong.code).toBe(1);
  expect(wrong.stderr).toBe('ingot: Column a.nothing does not exist.\nline 2: a. nothing\n        ^\n');
  // A blank before the place stays one.
  expect((await ask('SELECT type FROM accounts')).stderr).toContain('\nline 1: SELECT type FROM');
  const writes = await ask('DELETE FROM accounts');
  expect(writes).toMatchObject({ code: 1, stdout: '' });
  expect(writes.stderr).toMatch(/A query is one SELECT.*\nline 1: DELETE FROM accounts\n +\^\n$/);
  expect((await ask('EXPLAIN SELECT count(*) FROM accounts')).stdout).toMatch(/\n {2}-> {2}/);
  const endless = await ask('SELECT count(*) FROM generate_series(1, 1000000000000)', '--timeout', '1');
  expect(endless).toMatchObject({ code: 1, stdout: '' });
  expect(endless.stderr).toContain('The query was ended after 1 s.');
  expect((await ask('SELECT count(*) FROM accounts', '--format', 'csv')).lines).toEqual(['count', '2']);
  for (const bad of [
    ['--limit', '0'],
    ['--timeout', '601'],
    ['--format', 'xml'],
  ])
    expect((await ask('SELECT 1', ...bad)).code).toBe(2);
});
