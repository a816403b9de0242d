import { createReadStream, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHearing, hearLine } from '../drive/hearing';
import { copyProgram } from '../drive/program';

import { type Workload, writeWorkload } from '../drive/workload';
import { judge } from './verdict';

/** A program's real output of one run, and its database. */
interface Told {
  readonly workload: Workload;
  readonly lines: readonly string[];
  /** The lines of a backup. */
  readonly stored: readonly string[];
}

let folder: string;
let told: Told;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ingot-load-'));
  const program = copyProgram(join(import.meta.dirname, '../..'));
  try {
    const workload = await writeWorkload(join(folder, 'updates.ndjson'), 400, {
      accounts: 40,
      seed: 7,
      stale: 0.1,
      duplicate: 0.1,
      conflict: 0.1,
      invalid: 0.1,
      callbackTimeMs: { fromMs: 0, toMs: 40 },
    });
    const place = ['--data-dir', join(folder, 'data')];
    const input = createReadStream(workload.path);
    const { lines } = await program.run(['ingest', '-', '--arrival', 'none', '--json', ...place], { input });
    const path = join(folder, 'stored.ndjson.gz');
    await program.run(['backup', ...place, '--out', path]);
    const stored = gunzipSync(readFileSync(path)).toString().trimEnd().split('\n');
    told = { workload, lines, stored };
  } finally {
    program.remove();
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let cases = 0;

/** @param stored Null: the database was in memory. */
async function breachesOf(
  lines: readonly string[],
  stored: readonly string[] | null,
): Promise<readonly string[]> {
  const { workload } = told;
  const hearing = createHearing(workload, { complete: true });
  for (const line of lines) hearLine(hearing, line, 0);
  let backupPath: string | null = null;
  if (stored) {
    cases += 1;
    mkdirSync(join(folder, 'cases'), { recursive: true });
    backupPath = join(folder, 'cases', `${cases}.gz`);
    writeFileSync(backupPath, gzipSync(`${stored.join('\n')}\n`));
  }
  return (await judge({ workload, heard: hearing.read(), backupPath })).breaches;
}

/** Replaces the first line that begins with `start` by none, one or several. */
function change(
  lines: readonly string[],
  fits: (line: string) => boolean,
  into: (line: string) => readonly string[],
): readonly string[] {
  const at = lines.findIndex(fits);
  const line = lines[at];
  if (line === undefined) throw new Error('the run has no such line: the test would prove nothing');
  return [...lines.slice(0, at), ...into(line), ...lines.slice(at + 1)];
}

const of = (event: string) => (line: string) => line.startsWith(`{"event":"${event}"`);
const withFields = (changes: object) => (line: string) => [
  JSON.stringify({ ...JSON.parse(line), ...changes }),
];
const gone = () => [];
const doubled = (line: string) => [line, line];

it('has nothing against what really happened', async () => {
  expect(await breachesOf(told.lines, told.stored)).toEqual([]);
  expect(await breachesOf(told.lines, null)).toEqual([]);
});

describe.each([
  ['with its database', true],
  ['of a database that is gone', false],
])('a damaged transcript, %s', (_, hasStored) => {
  it.each<[string, (line: string) => boolean, (line: string) => readonly string[]]>([
    ['a lost outcome', of('stale'), gone],
    ['a lost update', of('indexed'), gone],
    ['a lost reject', of('rejected'), gone],
    ['a lost callback', of('fired'), gone],
    ['a lost cancellation', of('cancelled'), gone],
    ['a doubled outcome', of('duplicate'), doubled],
    ['a doubled callback', of('fired'), doubled],
    ['a wrong outcome', of('conflict'), withFields({ event: 'duplicate' })],
    ['a wrong outcome that is a callback more', of('stale'), withFields({ event: 'indexed' })],
    ['a callback before it is due', of('fired'), withFields({ at: -1_000 })],
    ['a callback of another version', of('fired'), withFields({ version: '999' })],
    ['a cancellation after the callback was due', of('cancelled'), withFields({ at: 1e9 })],
    ['a wrong count', of('summary'), withFields({ stale: 0 })],
    ['a summary that does not come', of('summary'), gone],
    ['a report without a leader', of('report'), withFields({ leaders: [] })],
  ])('fails on %s', async (_name, fits, into) => {
    const lines = change(told.lines, fits, into);
    expect(await breachesOf(lines, hasStored ? told.stored : null)).not.toEqual([]);
  });
});

describe('a damaged database', () => {
  /** The index of the line where a table's rows begin, and of a column in them. */
  const rowOf = (table: string, column: string, value: string | null | undefined) => {
    const head = told.stored.findIndex((line) => line.startsWith(`{"table":"${table}"`));
    const { columns }: { columns: string[] } = JSON.parse(told.stored[head] ?? '');
    const at = columns.indexOf(column);
    const end = told.stored.findIndex((line, index) => index > head && line.startsWith('{'));
    const rows = new Set(
      told.stored
        .slice(head + 1, end)
        .filter((line) => value === undefined || JSON.parse(line)[at] === value),
    );
    return { columns, fits: (line: string) => rows.has(line) };
  };
  const set = (columns: readonly string[], column: string, value: string | null) => (line: string) => {
    const row: (string | null)[] = JSON.parse(line);
    row[columns.indexOf(column)] = value;
    return [JSON.stringify(row)];
  };
  it.each<[string, string, string, string | null | undefined, string | null, string | null]>([
    ['a lost update', 'account_updates', 'run_id', '1', null, ''],
    ['an update that is not stale', 'account_updates', 'due_ms', null, 'due_ms', '0'],
    ['a stale one that was indexed', 'account_updates', 'cancels_slot', '0', 'due_ms', null],
    ['a callback that fired early', 'settled_callbacks', 'how', 'due', 'at_ms', '-1'],
    ['a callback due too early', 'account_updates', 'cancels_slot', '0', 'due_ms', '-1'],
    ['a callback that waits on', 'settled_callbacks', 'how', 'due', null, ''],
    ['a callback that was skipped', 'settled_callbacks', 'how', 'due', 'how', 'skipped'],
    ['a number taken twice', 'settled_callbacks', 'how', 'due', 'seq', '1'],
    [
      'a cancelled callback without the version that cancelled it',
      'account_updates',
      'cancels_slot',
      '0',
      'cancels_version',
      null,
    ],
    ['an account of an older version', 'accounts', 'id', undefined, 'version', '0'],
    ['a lost account', 'accounts', 'id', undefined, null, ''],
    ['a lost reject', 'rejects', 'run_id', undefined, null, ''],
    ['a run that did not end', 'runs', 'state', 'completed', 'state', 'interrupted'],
    ['a run that is gone', 'runs', 'state', 'completed', null, ''],
  ])('fails on %s', async (_name, table, column, value, changed, to) => {
    const { columns, fits } = rowOf(table, column, value);
    const stored = change(told.stored, fits, changed === null ? gone : set(columns, changed, to));
    expect(await breachesOf(told.lines, stored)).not.toEqual([]);
  });
});
