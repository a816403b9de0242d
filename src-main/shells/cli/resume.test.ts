import { appendFileSync, rmSync } from 'node:fs';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createTestDataDir } from '../../database/testing/each-database';
import { openTestHost } from '../../host/testing/open-test-host';
import { makeFile, record, runCli, startCli, toNdjson } from './testing/run-cli';

/**
 * Updates of ten accounts, now and then one that is stale, known already, in conflict or not valid. Their lines are more
 * than a pipe holds, so a program that is killed is not at its end.
 */
const RECORDS = Array.from({ length: 3_000 }, (_, index) => {
  const version = Math.floor(index / 10);
  if (index % 50 === 49) return record({ id: `id-${index % 10}`, version: 0, callbackTimeMs: 0 });
  if (index % 70 === 69) return record({ id: `id-${index % 10}`, version: 0, tokens: 7 });
  if (index % 90 === 89) return { id: 'no version' };
  return record({ id: `id-${index % 10}`, version, callbackTimeMs: index % 3 });
});
const SIMULATED = ['--simulate', '--delay', '0-3', '--json'];

const summaryOf = (lines: readonly string[]) => JSON.parse(lines.at(-1) ?? '');

/** Begins a run and kills the program as soon as it has told of that record. */
async function killAt(recordIndex: number, file: string, dataDir: string, options: readonly string[]) {
  const program = startCli(['ingest', file, '--data-dir', dataDir, ...options]);
  await program.untilLine(`"record":${recordIndex},`);
  program.child.kill('SIGKILL');
  const { lines } = await program.ended;
  expect(lines.some((line) => line.includes('"summary"'))).toBe(false);
}

describe('resuming a run', () => {
  it('goes on after a kill, and ends with the summary of a run that was never cut off', async () => {
    const file = makeFile(gzipSync(toNdjson(RECORDS)), 'updates.ndjson.gz');
    const dataDir = createTestDataDir();
    await killAt(150, file, dataDir, SIMULATED);
    const [whole, resumed] = await Promise.all([
      runCli(['ingest', file, '--data-dir', createTestDataDir(), ...SIMULATED]),
      runCli(['resume', '--data-dir', dataDir, '--json']),
    ]);
    expect(resumed.stderr).toBe('');
    expect(summaryOf(resumed.lines)).toEqual(summaryOf(whole.lines));
    expect(summaryOf(whole.lines)).toMatchObject({ records: RECORDS.length, pending: 0 });
    expect(resumed.lines.at(-2)).toBe(whole.lines.at(-2));
    expect(resumed.lines.some((line) => line.includes('"record":0,'))).toBe(false);
    expect(resumed.code).toBe(0);

    const again = await runCli(['resume', '--data-dir', dataDir]);
    expect(again.stderr).toContain('No run is unfinished');
    expect(again.code).toBe(1);
    const asked = await runCli(['resume', '1', '--data-dir', dataDir]);
    expect(asked.stderr).toContain('Run 1 cannot be resumed. It is complete.');
  });

  it('fails as well when every record of the whole run was rejected', async () => {
    // Three seconds, so that the kill comes before its end on a slow machine too.
    const file = makeFile(toNdjson(Array.from({ length: 300 }, () => ({ id: 'no version' }))));
    const dataDir = createTestDataDir();
    await killAt(5, file, dataDir, ['--delay', '20', '--json']);
    const { lines, stderr, code } = await runCli(['resume', '--data-dir', dataDir, '--json']);
    expect(summaryOf(lines)).toMatchObject({ records: 300, rejected: 300 });
    expect(stderr).toContain('Every record was rejected');
    expect(code).toBe(1);
  });

  it('is offered to whoever runs something else after a kill', async () => {
    const file = makeFile(toNdjson(RECORDS));
    const dataDir = createTestDataDir();
    await killAt(0, file, dataDir, SIMULATED);
    const other = makeFile(toNdjson([record({ id: 'other', callbackTimeMs: 0 })]));
    const { stderr } = await runCli(['ingest', other, '--data-dir', dataDir, '--arrival', 'none', '--json']);
    expect(stderr).toBe(
      `A run was cut off when its process ended. To go on with it: ingot resume --data-dir ${dataDir}\n`,
    );
  });

  it('refuses a file that has grown, is gone, or came from a pipe, and says so in its list', async ({
    skip,
  }) => {
    skip(process.platform === 'win32', 'a signal ends a program at once on Windows');
    const dataDir = createTestDataDir();
    const file = makeFile(toNdjson(RECORDS));
    const piped = startCli([
      'ingest',
      '-',
      '--data-dir',
      dataDir,
      '--arrival',
      'none',
      '--no-wait',
      '--json',
    ]);
    piped.write(toNdjson([record()]));
    await piped.untilLine('"id":"a"');
    piped.signal('SIGINT');
    expect((await piped.ended).stderr).not.toContain('ingot resume');

    const refused = await runCli(['resume', '--data-dir', dataDir]);
    expect(refused.stderr).toContain(
      'Run 1 cannot be resumed. It came from a pipe, which cannot be read twice.',
    );
    expect(refused.code).toBe(1);

    const stopped = startCli(['ingest', file, '--data-dir', dataDir, '--delay', '50', '--json']);
    await stopped.untilLine('"record":1,');
    stopped.signal('SIGINT');
    expect((await stopped.ended).stderr).toContain(
      `To go on from there: ingot resume 2 --data-dir ${dataDir}`,
    );

    appendFileSync(file, toNdjson([record({ version: 9 })]));
    const grown = await runCli(['resume', '2', '--data-dir', dataDir]);
    expect(grown.stderr).toMatch(
      /updates\.json is not the file that it was: it has grown from \d+ to \d+ bytes\. Run its source again/,
    );
    expect(grown.code).toBe(1);

    rmSync(file);
    const list = await runCli(['resume', '--list', '--json', '--data-dir', dataDir]);
    expect(list.lines.map((line) => JSON.parse(line))).toMatchObject([
      { runId: '2', state: 'stopped', resumable: false, notResumable: 'Its file is not there any more.' },
      { runId: '1', state: 'stopped', resumable: false, notResumable: expect.stringContaining('pipe') },
    ]);
    const table = await runCli(['resume', '--list', '--data-dir', dataDir]);
    expect(table.stdout).toMatch(/2 .*stopped .*updates\.json .*Its file is not there any more\./);
  });

  it('goes on with a run of a file that was sent to the window', async () => {
    const dataDir = createTestDataDir();
    const sent = RECORDS.slice(0, 6);
    const { host, close } = await openTestHost({ target: { kind: 'data-dir', dataDir } });
    const { uploadId } = await host.uploads.store('sent.ndjson', Readable.from([toNdjson(sent)]));
    // Long enough that it is paused before its end on a slow machine too.
    const delay = { fromMs: 500, toMs: 500 };
    const source = { kind: 'upload', uploadId };
    await host.dispatch('run.start', { source, settings: { arrival: 'sequential', delay } });
    await host.dispatch('run.pause', {});
    await host.dispatch('run.stop', {});
    await close();

    const list = await runCli(['resume', '--list', '--json', '--data-dir', dataDir]);
    expect(list.lines.map((line) => JSON.parse(line))).toMatchObject([
      { runId: '1', source: 'sent.ndjson', resumable: true, notResumable: null },
    ]);
    const resumed = await runCli(['resume', '--data-dir', dataDir, '--json']);
    expect(resumed.stderr).toBe('');
    expect(summaryOf(resumed.lines)).toMatchObject({ records: sent.length });
  });

  it('makes no database where there is none', async () => {
    const { stderr, code } = await runCli(['resume']);
    expect(stderr).toMatch(/There is no database in .* yet\./);
    expect(code).toBe(2);
  });
});
