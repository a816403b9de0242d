import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Statement } from '../database/database';
import { describeOnEachDatabase, openEmptyDatabase } from '../database/testing/each-database';
import { landedMigrations } from './landed-migrations';
import { migrate, recreateSchema } from './migrate';
import { dumpSchema } from './testing/dump-schema';

const ledger: Statement = {
  name: 'ledger',
  deadline: 'read',
  text: 'SELECT version, name, sha256 FROM schema_migrations ORDER BY version',
};
const path = join(import.meta.dirname, '../../migrations/schema.sql');

describeOnEachDatabase('the schema in migrations/schema.sql', (_, kind) => {
  test('is what the migrations make, one after the other', async () => {
    const db = await openEmptyDatabase(kind);
    expect(await migrate(db, [...landedMigrations])).toBe(landedMigrations.length);
    const dump = await dumpSchema(db);
    if (process.env.UPDATE_SCHEMA_DUMP === '1') writeFileSync(path, dump);
    expect(dump).toBe(readFileSync(path, 'utf8').replaceAll('\r\n', '\n'));
  });

  test.each([
    ['a new database', migrate],
    ['one that starts afresh', recreateSchema],
  ])('is what %s gets, with every migration on record', async (_what, make) => {
    const [stepwise, atOnce] = [await openEmptyDatabase(kind), await openEmptyDatabase(kind)];
    await migrate(stepwise, [...landedMigrations]);
    expect(await make(atOnce)).toBe(landedMigrations.length);
    expect(await dumpSchema(atOnce)).toBe(await dumpSchema(stepwise));
    expect((await atOnce.query(ledger)).rows).toEqual((await stepwise.query(ledger)).rows);
  });
});
