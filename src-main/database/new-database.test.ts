import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Statement } from './database';
import { openDatabaseThread } from './database-thread';
import { openPglite } from './pglite';
import { createTestFolder } from './testing/each-database';

const findOrigin: Statement = {
  name: 'find_origin',
  deadline: 'read',
  text: 'SELECT system_identifier::text AS origin FROM pg_control_system()',
};

async function originOfNew(dataDir: string): Promise<unknown> {
  const db = await openPglite({ dataDir });
  onTestFinished(() => db.abandon());
  return (await db.query<{ origin: string }>(findOrigin)).rows[0]?.origin;
}

test('new databases are unpacked from one that was made before', async () => {
  const [inMemory, onDisk] = [await originOfNew('memory'), await originOfNew(createTestFolder())];
  expect(onDisk).toBe(inMemory);
});

test('a new database comes without the templates, which nothing is ever made from', async () => {
  const dataDir = createTestFolder();
  const db = await openPglite({ dataDir });
  onTestFinished(() => db.abandon());
  const { rows } = await db.query({
    name: 'list_databases',
    deadline: 'read',
    text: 'SELECT datname FROM pg_database',
  });
  expect(rows).toEqual([{ datname: 'postgres' }]);
  expect(await readdir(join(dataDir, 'pg/base'))).toHaveLength(1);
});

test('without it a new database is made by initdb', async () => {
  const prepared = await originOfNew('memory');
  const thread = await openDatabaseThread({
    directory: null,
    undoFolder: null,
    newDatabase: join(createTestFolder(), 'not-there.tar.gz'),
    location: 'memory',
    onLost: () => {},
  });
  onTestFinished(() => thread.close());
  const { rows } = await thread.query(findOrigin, []);
  expect(rows).toEqual([[expect.stringMatching(/^\d+$/)]]);
  expect(rows).not.toEqual([[prepared]]);
});
