import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createTestDataDir, createTestFolder } from '../database/testing/each-database';
import { openDatabase } from '../storage/open-database';
import { createVirtualClock } from '../time/testing/virtual-clock';
import { createBackups } from './backups';
import { recordingLogger } from './testing/recording-logger';

test('a backup removes drafts of killed ones, where no other process can be writing', async () => {
  const database = await openDatabase(
    { kind: 'data-dir', dataDir: createTestDataDir() },
    { program: 'Ingot', nowMs: 0 },
  );
  onTestFinished(() => database.close());
  const folder = createTestFolder();
  const draft = 'ingot-20261122T200000000Z-0a1b2c.ndjson.gz.0a1b2c3d.partial';
  const others = ['notes.txt', 'mine.ndjson.gz.0a1b2c3d.partial'];
  for (const name of [draft, ...others]) writeFileSync(join(folder, name), '');
  const backups = createBackups(folder, createVirtualClock(), recordingLogger().logger);

  const { highWater, ...shared } = database;
  expect(highWater).toBeDefined();
  const first = await backups.make(shared, 'asked');
  expect(readdirSync(folder).sort()).toEqual([first.name, draft, ...others].sort());

  const second = await backups.make(database, 'asked');
  expect(readdirSync(folder).sort()).toEqual([first.name, second.name, ...others].sort());
});

test('backups that cannot be listed are an error, not an empty list', async () => {
  const folder = createTestFolder();
  const list = (directory: string) =>
    createBackups(directory, createVirtualClock(), recordingLogger().logger).list();
  await expect(list(join(folder, 'not made yet'))).resolves.toEqual([]);
  writeFileSync(join(folder, 'a file'), '');
  await expect(list(join(folder, 'a file'))).rejects.toMatchObject({ code: 'source_unreadable' });
});
