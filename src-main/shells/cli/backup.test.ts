import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  createTestDatabase,
  createTestDataDir,
  createTestFolder,
} from '../../database/testing/each-database';
import { eventsOf, makeFile, makeFolder, record, runCli, toNdjson } from './testing/run-cli';

const AN_HOUR_MS = 3_600_000;
const RECORDS = [
  record({ id: 'a', version: 1 }),
  record({ id: 'a', version: 3, tokens: '18446744073709551615' }),
  record({ id: 'a', version: 2 }),
  record({ id: 'b', callbackTimeMs: AN_HOUR_MS }),
  record({ version: undefined }),
];
const COUNTS = '2 accounts, 4 updates, 1 run and 1 rejected record';

const ingest = (...place: string[]) =>
  runCli(['ingest', makeFile(toNdjson(RECORDS)), ...place, '--arrival', 'none', '--no-wait', '--json']);
const backupsIn = (dataDir: string) =>
  existsSync(join(dataDir, 'backups')) ? readdirSync(join(dataDir, 'backups')) : [];

/** What a database says when the same records come again: all of them are known, and what waits still does. */
async function ingestAgain(...place: string[]) {
  const { lines } = await ingest(...place);
  return eventsOf(lines, 'summary')[0];
}
const ALL_KNOWN = { records: 5, indexed: 0, stale: 0, duplicate: 4, rejected: 1 };

describe('a database with something in it', () => {
  const dataDir = createTestDataDir();
  const file = join(createTestFolder(), 'backup.ndjson.gz');

  it('is backed up where the window looks for it, and the path is printed', async () => {
    await ingest('--data-dir', dataDir);
    const { code, stdout, stderr } = await runCli(['backup', '--data-dir', dataDir]);
    const [name = ''] = backupsIn(dataDir);
    expect(stdout).toBe(`${join(dataDir, 'backups', name)}\n`);
    expect(stderr).toContain(`Backed up ${dataDir}: ${COUNTS}, 0.0 MB. Read back and found whole.`);
    expect(code).toBe(0);
  });

  it('is backed up to a file, which is never overwritten', async () => {
    expect(await runCli(['backup', '--data-dir', dataDir, '--out', file])).toMatchObject({ code: 0 });
    const before = readFileSync(file);
    const { code, stderr } = await runCli(['backup', '--data-dir', dataDir, '--out', file]);
    expect(stderr).toContain('is there already: it is not overwritten.');
    expect(code).toBe(2);
    expect(readFileSync(file)).toEqual(before);
    const taken = await runCli(['ingest', file, '--memory', '--json']);
    expect(taken.stderr).toContain('is a backup of Ingot, not a source. Restore it: ingot restore FILE');
    expect(taken.code).toBe(2);
  });

  it('comes back in another directory, and on a server', async () => {
    const elsewhere = createTestDataDir();
    const restored = await runCli(['restore', file, '--yes', '--data-dir', elsewhere]);
    expect(restored.stderr).toContain(`${elsewhere} is empty.`);
    expect(restored.stderr).toContain(
      `Done: ${COUNTS}. Pending callbacks (2) wait until you resume their runs.`,
    );
    expect(restored.code).toBe(0);
    // An empty database is no reason for a backup.
    expect(backupsIn(elsewhere)).toEqual([]);
    expect(await ingestAgain('--data-dir', elsewhere)).toMatchObject(ALL_KNOWN);

    const server = await createTestDatabase();
    const home = makeFolder();
    const onServer = await runCli(['restore', file, '--yes', '--database', server], { env: { HOME: home } });
    expect(onServer.code).toBe(0);
    expect(await ingestAgain('--database', server)).toMatchObject(ALL_KNOWN);
    const again = await runCli(['backup', '--database', server, '--out', `${home}/`]);
    const back = await runCli(['restore', again.stdout.trim(), '--yes', '--data-dir', createTestDataDir()]);
    expect(back.stderr).toContain('2 accounts, 4 updates, 2 runs and 2 rejected records');
    expect(back.code).toBe(0);
  });

  it('is backed up before it is replaced or emptied', async () => {
    const other = createTestDataDir();
    await ingest('--data-dir', other);
    const restored = await runCli(['restore', file, '--yes', '--data-dir', other]);
    expect(restored.stderr).toContain(`It replaces what is in ${other}: ${COUNTS}.`);
    expect(backupsIn(other)).toHaveLength(1);
    const emptied = await runCli(['reset', '--yes', '--data-dir', other]);
    const kept = /What is there now is kept in (.*)\n/.exec(emptied.stderr)?.[1] ?? '';
    expect(backupsIn(other)).toHaveLength(2);
    await runCli(['restore', kept, '--yes', '--data-dir', other]);
    expect(await ingestAgain('--data-dir', other)).toMatchObject(ALL_KNOWN);
    await runCli(['reset', '--yes', '--no-backup', '--data-dir', other]);
    expect(backupsIn(other)).toHaveLength(2);
  });

  it('is not touched by a backup that is cut off', async () => {
    const cut = join(makeFolder(), 'cut.ndjson.gz');
    writeFileSync(cut, readFileSync(file).subarray(0, -20));
    const kept = backupsIn(dataDir);
    const { code, stderr } = await runCli(['restore', cut, '--yes', '--data-dir', dataDir]);
    expect(stderr).toBe(
      'ingot: The backup cut.ndjson.gz cannot be used: it is incomplete or damaged. Nothing was changed. Choose another backup.\n',
    );
    expect(code).toBe(1);
    expect(backupsIn(dataDir)).toEqual(kept);
    expect(await ingestAgain('--data-dir', dataDir)).toMatchObject(ALL_KNOWN);
  });
});

describe('wrong usage', () => {
  it.each([
    [['backup', '--data-dir', 'not-there'], /^ingot: There is no database in .*not-there yet\./],
    [['restore'], /^ingot: missing required argument 'FILE'/],
    [['restore', 'x.gz', '--data-dir', 'd'], /^ingot: There is no terminal to ask on\. To restore .* --yes/],
    [['restore', 'x.gz', '--yes', '--data-dir', 'd'], /^ingot: x\.gz is not there\./],
    [['backup', '--help'], /^$/],
    [['restore', '--help'], /^$/],
  ])('%j', async (args, message) => {
    const folder = makeFolder();
    const { code, stderr } = await runCli(args, { cwd: folder });
    expect(stderr).toMatch(message);
    expect(code).toBe(stderr === '' ? 0 : 2);
    expect(readdirSync(folder)).toEqual([]);
  });
});
