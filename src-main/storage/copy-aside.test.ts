import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { lockDirectory } from '../database/lock';
import { createTestDataDir, createTestFolder } from '../database/testing/each-database';
import { copyAside } from './copy-aside';
import { MARK_FILE } from './high-water';
import { openDatabase } from './open-database';

const nowMs = Date.UTC(2026, 10, 22, 20, 0);

function createDamaged(): string {
  const dataDir = createTestFolder();
  mkdirSync(join(dataDir, 'pg'));
  writeFileSync(join(dataDir, 'pg', 'PG_VERSION'), '17\n');
  writeFileSync(
    join(dataDir, MARK_FILE),
    JSON.stringify({ bornAtUs: '1', runs: 1, updates: '5', acknowledgedAtMs: nowMs }),
  );
  return dataDir;
}

test('a database set aside keeps every byte, and the directory begins anew', async () => {
  const dataDir = createDamaged();
  const aside = await copyAside(dataDir, nowMs);
  expect(aside).toBe(join(dataDir, 'pg.aside-20261122T200000Z'));
  expect(readFileSync(join(aside, 'PG_VERSION'), 'utf8')).toBe('17\n');
  const db = await openDatabase({ kind: 'data-dir', dataDir }, { program: 'Ingot', nowMs });
  onTestFinished(() => db.abandon());
  expect(db.cameBackEarlier).toBeNull();
});

test('a second one at the same second gets a name of its own', async () => {
  const dataDir = createDamaged();
  await copyAside(dataDir, nowMs);
  mkdirSync(join(dataDir, 'pg'));
  expect(await copyAside(dataDir, nowMs)).toBe(join(dataDir, 'pg.aside-20261122T200000Z-2'));
  expect(readdirSync(dataDir).filter((name) => name.startsWith('pg.aside')).length).toBe(3);
});

test('a database that is open stays where it is', async () => {
  const dataDir = createTestDataDir();
  const lock = await lockDirectory(dataDir, { program: 'Ingot', nowMs });
  onTestFinished(() => lock.release());
  await expect(copyAside(dataDir, nowMs)).rejects.toMatchObject({ details: { trouble: 'held' } });
  expect(existsSync(join(dataDir, 'pg'))).toBe(true);
});

test('where there is no database there is nothing to set aside', async () => {
  const dataDir = createTestFolder();
  await expect(copyAside(dataDir, nowMs)).rejects.toMatchObject({ code: 'not_found' });
  expect(readdirSync(dataDir)).toEqual([]);
});
