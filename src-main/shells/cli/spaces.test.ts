import { expect, it } from 'vitest';
import { makeFile, makeFolder, record, runCli, toNdjson } from './testing/run-cli';

it('plays the same file at two paces in two spaces, and lists the callbacks whose fate differs', async () => {
  const dir = makeFolder();
  const file = makeFile(
    toNdjson([
      record({ id: 'a', version: 1, callbackTimeMs: 100 }),
      record({ id: 'b', version: 1, callbackTimeMs: 100 }),
      record({ id: 'a', version: 2, callbackTimeMs: 100 }),
    ]),
    'updates.ndjson',
  );
  const run = async (...args: string[]) => {
    const result = await runCli([...args, '--data-dir', dir]);
    expect(result.stderr).not.toContain('ingot:');
    expect(result.code).toBe(0);
    return result;
  };
  const ingest = (space: string, delay: string) =>
    run('ingest', file, '--simulate', '--delay', delay, '--space', space, '--json');
  // In the slow one the callback of a fires before its next version; in the fast one it is cancelled.
  await ingest('slow', '1000');
  const { stdout } = await ingest('fast', '10');
  expect(stdout).toContain('"duplicate":0');
  expect(JSON.parse((await run('report', '--space', 'fast', '--json')).stdout)).toMatchObject({
    leaders: [{ id: 'a' }, { id: 'b' }],
  });

  const count = async (...args: string[]) =>
    (await run('sql', 'SELECT count(*) FROM account_updates', '--format', 'csv', ...args)).lines.at(-1);
  expect([await count('--space', 'fast'), await count()]).toEqual(['3', '0']);

  const differing = await run(
    ...['compare', 'slow/last', 'fast/1', '--show', 'callbacks', '--format', 'ndjson'],
    ...['--where', 'from=fired,to=cancelled'],
  );
  expect(differing.lines.map((line) => JSON.parse(line))).toMatchObject([
    {
      id: 'a',
      version: '1',
      from_state: 'fired',
      from_settled_run_ms: 1100,
      to_state: 'cancelled',
      to_settled_run_ms: 30,
      to_superseded_by_version: '2',
    },
  ]);
  expect((await run('compare', 'slow/last', 'fast/last')).stdout).toContain('  fired → cancelled: 1\n');
  expect((await run('runs', '--format', 'ndjson')).stdout).toBe('');

  expect((await run('spaces')).lines.map((line) => line.split(/ {2,}/).slice(0, 3))).toEqual([
    ['Space', 'Runs', 'Updates'],
    ['fast', '1', '3'],
    ['slow', '1', '3'],
  ]);
  expect((await runCli(['spaces', 'delete', 'fast', '--data-dir', dir])).stderr).toContain('add --yes');
  await run('spaces', 'delete', 'fast', '--yes');
  const gone = await runCli(['compare', 'slow/last', 'fast/last', '--data-dir', dir]);
  expect(gone.stderr).toContain('There is no space fast.');
  expect((await run('spaces', '--json')).lines.map((line) => JSON.parse(line).name)).toEqual(['slow']);
  expect((await runCli(['report', '--space', 'fast', '--data-dir', dir])).stderr).toContain('no space fast');
  expect((await runCli(['ingest', file, '--space', 'Main', '--data-dir', dir])).code).toBe(2);
});
