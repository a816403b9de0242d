import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  createTestDatabase,
  createTestDataDir,
  createTestFolder,
} from '../../database/testing/each-database';
import { landedMigrations } from '../../storage/landed-migrations';
import { type DatabaseTarget, openDatabase } from '../../storage/open-database';
import { describeLoss } from './maintain';
import { makeFile, makeFolder, record, runCli, toNdjson } from './testing/run-cli';

const RECORDS = [record(), record({ version: 2 }), record({ version: undefined })];
const CONTENT = '1 account, 2 updates, 1 run and 1 rejected record';

const ingest = (dataDir: string) =>
  runCli(['ingest', makeFile(toNdjson(RECORDS)), '--data-dir', dataDir, '--simulate', '--json']);

let used: Promise<string> | null = null;

/** A directory that a run has left its records in: a copy, since to make one starts a program. */
async function createUsedDataDir(): Promise<string> {
  used ??= (async () => {
    const first = createTestDataDir();
    expect(await ingest(first)).toMatchObject({ code: 0 });
    return first;
  })();
  const dataDir = createTestFolder();
  cpSync(await used, dataDir, { recursive: true });
  return dataDir;
}

/** Does what no program of ours does. */
async function tamperWith(target: DatabaseTarget, sql: string): Promise<void> {
  const db = await openDatabase(target, { program: 'a test', nowMs: 0, migrated: false });
  await db.executeScript('tamper', sql).finally(db.close);
}

const tamperWithDirectory = (dataDir: string, sql: string) => tamperWith({ kind: 'data-dir', dataDir }, sql);

describe('reset', () => {
  it('says what is lost, and leaves an empty database', async () => {
    const dataDir = createTestDataDir();
    const first = await ingest(dataDir);
    const { code, stderr } = await runCli(['reset', '--yes', '--data-dir', dataDir]);
    expect(stderr).toContain(`This empties ${dataDir}: ${CONTENT} will be lost.`);
    expect(code).toBe(0);
    expect((await ingest(dataDir)).lines).toEqual(first.lines);
  });

  it('of a schema that it does not know says that there is no backup of it, and why', async () => {
    const dataDir = await createUsedDataDir();
    const newer = landedMigrations.length + 1;
    await tamperWithDirectory(
      dataDir,
      `INSERT INTO schema_migrations VALUES (${newer}, '${newer}_later.sql', 'x'); ALTER TABLE accounts RENAME TO holders;`,
    );
    const { code, stderr } = await runCli(['reset', '--yes', '--data-dir', dataDir]);
    expect(stderr).toBe(
      `This empties ${dataDir}: everything that Ingot keeps there will be lost.\n` +
        `No backup can be made of it. The database ${dataDir} has schema version ${newer} (${newer}_later.sql); this program knows versions up to ${newer - 1}. ` +
        'The version of Ingot that made it can make one.\n' +
        'Done: the database is empty.\n',
    );
    expect(code).toBe(0);
  });

  it('says that no backup can be made in what it asks about, not after the answer', () => {
    const rows = { accounts: 1, accountUpdates: 2, runs: 1, rejects: 1 };
    expect(describeLoss('/state', rows, 'It is of another build.')).toBe(
      `This empties /state: ${CONTENT} will be lost.\n` +
        'No backup can be made of it. It is of another build. The version of Ingot that made it can make one.',
    );
    expect(describeLoss('/state', rows, null)).toBe(`This empties /state: ${CONTENT} will be lost.`);
  });

  it('says how to go on if the backup cannot be made, and then does without', async () => {
    const dataDir = await createUsedDataDir();
    await tamperWithDirectory(dataDir, 'DROP TABLE settled_callbacks');
    const refused = await runCli(['reset', '--yes', '--data-dir', dataDir]);
    expect(refused.stderr).toMatch(/\(SQLSTATE 42P01\)\. No backup .* add --no-backup\.\n$/);
    expect(refused.code).toBe(1);
    expect(await runCli(['reset', '--yes', '--no-backup', '--data-dir', dataDir])).toMatchObject({ code: 0 });
    expect(await ingest(dataDir)).toMatchObject({ code: 0 });
  });
});

describe('reset where there is nothing', () => {
  it('makes no database in a directory that has none', async () => {
    const folder = makeFolder();
    const { code, stderr } = await runCli(['reset', '--yes', '--data-dir', 'typo'], { cwd: folder });
    expect(stderr).toBe(`ingot: There is no database in ${join(folder, 'typo')} yet.\n`);
    expect(code).toBe(2);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('makes no schema on a server that has none', async () => {
    const url = await createTestDatabase();
    const args = ['reset', '--yes', '--database', url];
    for (const _ of ['once', 'and again']) {
      const { code, stderr } = await runCli(args);
      expect(stderr).toMatch(/^ingot: There is nothing of Ingot's in .* yet: nothing to empty\.\n$/);
      expect(code).toBe(2);
    }
  });

  it('leaves a schema of the same name to the program that has it', async () => {
    const url = await createTestDatabase();
    await tamperWith(
      { kind: 'server', url },
      'CREATE SCHEMA ingot; CREATE TABLE ingot.precious (n int); INSERT INTO ingot.precious VALUES (7);',
    );
    const { code, stderr } = await runCli(['reset', '--yes', '--database', url]);
    expect(stderr).toMatch(/^ingot: The schema "ingot" in .* is not Ingot's: .*rename that schema\.\n$/);
    expect(code).toBe(1);
    await tamperWith({ kind: 'server', url }, 'DROP TABLE ingot.precious');
  });
});

describe('reset of a directory that cannot be opened', () => {
  const asideIn = (dataDir: string) =>
    readdirSync(dataDir).filter((name) => /^pg\.aside-[\dTZ]+$/.test(name));
  const versionIn = (folder: string) => readFileSync(join(folder, 'PG_VERSION'), 'utf8');

  it('because another Postgres made it sets it aside, says where, and begins anew', async () => {
    const dataDir = await createUsedDataDir();
    writeFileSync(join(dataDir, 'pg', 'PG_VERSION'), '17\n');
    const { code, stderr } = await runCli(['reset', '--yes', '--data-dir', dataDir]);
    const [aside = ''] = asideIn(dataDir);
    expect(stderr).toBe(
      `The database in ${dataDir} was made by Postgres 17; this program reads Postgres 18 only. It was not changed.\n` +
        'No backup can be made of it. This sets it aside, whole, under another name beside it, and begins with an empty one.\n' +
        `What was there is kept in ${join(dataDir, aside)}\n` +
        'Done: the database is empty.\n',
    );
    expect(code).toBe(0);
    expect(versionIn(join(dataDir, aside))).toBe('17\n');
    expect(versionIn(join(dataDir, 'pg'))).toBe('18\n');
    expect((await ingest(dataDir)).stderr).toBe('');
  });

  it.each([
    ['Postgres cannot begin', (pg: string) => rmSync(join(pg, 'pg_xact'), { recursive: true })],
    ['its version is missing', (pg: string) => rmSync(join(pg, 'PG_VERSION'))],
  ])('because %s does as well', async (_, damage) => {
    const dataDir = await createUsedDataDir();
    damage(join(dataDir, 'pg'));
    expect((await ingest(dataDir)).stderr).toContain('"ingot reset" sets it aside');
    expect(await runCli(['reset', '--yes', '--data-dir', dataDir])).toMatchObject({ code: 0 });
    expect(asideIn(dataDir)).toHaveLength(1);
    expect((await ingest(dataDir)).stderr).toBe('');
  });

  it('because it has lost the record of its schema does as well', async () => {
    const dataDir = await createUsedDataDir();
    await tamperWithDirectory(dataDir, 'DROP TABLE schema_migrations');
    expect(await runCli(['reset', '--yes', '--data-dir', dataDir])).toMatchObject({ code: 0 });
    expect(asideIn(dataDir)).toHaveLength(1);
  });

  it('because its files are gone forgets what it held', async () => {
    const dataDir = await createUsedDataDir();
    renameSync(join(dataDir, 'pg'), join(createTestFolder(), 'elsewhere'));
    const { code, stderr } = await runCli(['reset', '--yes', '--data-dir', dataDir]);
    expect(stderr).toContain(`The database in ${dataDir} is gone`);
    expect(stderr).not.toContain('is kept in');
    expect(code).toBe(0);
    expect((await ingest(dataDir)).stderr).toBe('');
  });

  it('leaves one that Ingot never opened as it is, and names the folder to rename', async () => {
    const dataDir = createTestFolder();
    const pg = join(dataDir, 'pg');
    renameSync(join(createTestDataDir(), 'pg'), pg);
    writeFileSync(join(pg, 'PG_VERSION'), '17\n');
    const { code, stderr } = await runCli(['reset', '--yes', '--data-dir', dataDir]);
    expect(stderr).toMatch(`rename ${pg}`);
    expect(code).toBe(1);
    expect(versionIn(pg)).toBe('17\n');
  });

  it('leaves files that are no database where they are', async () => {
    const dataDir = await createUsedDataDir();
    rmSync(join(dataDir, 'pg'), { recursive: true });
    mkdirSync(join(dataDir, 'pg'));
    writeFileSync(join(dataDir, 'pg', 'holiday.jpg'), 'dear to someone');
    expect(await runCli(['reset', '--yes', '--data-dir', dataDir])).toMatchObject({ code: 1 });
    expect(existsSync(join(dataDir, 'pg', 'holiday.jpg'))).toBe(true);
  });
});
