import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { migrate } from './migrate';
import { dumpSchema } from './testing/dump-schema';
import { describeOnEachDatabase, openEmptyDatabase } from './testing/each-database';

const path = join(import.meta.dirname, '../../migrations/schema.sql');

describeOnEachDatabase('migrating from nothing', (_, kind) => {
  test('gives the schema that is written down in migrations/schema.sql', async () => {
    const db = await openEmptyDatabase(kind);
    await migrate(db);
    const dump = await dumpSchema(db);
    if (process.env.UPDATE_SCHEMA_DUMP === '1') writeFileSync(path, dump);
    expect(dump).toBe(readFileSync(path, 'utf8').replaceAll('\r\n', '\n'));
  });
});
