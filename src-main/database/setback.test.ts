import { cpSync, existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { update } from '../engine/testing/open-engine';
import { playRun } from '../engine/testing/play-run';
import { memorySource } from '../ingestion/testing/memory-source';
import { beginAnew, MARK_FILE, readMark } from './high-water';
import { recreateSchema } from './migrate';
import { type OpenedDatabase, openDatabase } from './open-database';
import { describeSetback, findSetback } from './setback';
import { createTestDataDir } from './testing/each-database';

const nowMs = Date.UTC(2026, 10, 22, 20, 0);

async function open(dataDir: string, migrated = true): Promise<OpenedDatabase> {
  const db = await openDatabase({ kind: 'data-dir', dataDir }, { program: 'Ingot', nowMs, migrated });
  onTestFinished(() => db.abandon());
  return db;
}

/** One more run of so many new updates, and one that is stale. */
async function ingest(db: OpenedDatabase, run: number, count: number): Promise<void> {
  const updates = Array.from({ length: count }, (_, n) => update(`account-${n}`, run * 10));
  await playRun(db, memorySource([...updates, update('account-0', run * 10 - 1)]));
}

/** A directory with one run of 3 + 1 updates, a copy of Postgres' files then, and a second run of 5 + 1 after. */
async function withAnOldCopy(): Promise<{ dataDir: string; putBack: () => void }> {
  const dataDir = createTestDataDir();
  const [pg, copy] = [join(dataDir, 'pg'), join(dataDir, 'copy')];
  const first = await open(dataDir);
  await ingest(first, 1, 3);
  await first.close();
  cpSync(pg, copy, { recursive: true });
  const second = await open(dataDir);
  expect(second.cameBackEarlier).toBeNull();
  await ingest(second, 2, 5);
  await second.close();
  return {
    dataDir,
    putBack() {
      rmSync(pg, { recursive: true });
      renameSync(copy, pg);
    },
  };
}

describe('a database that came back earlier', () => {
  test('is told with the exact count of what is missing, once', async () => {
    const { dataDir, putBack } = await withAnOldCopy();
    putBack();
    const db = await open(dataDir);
    expect(db.cameBackEarlier).toEqual({
      missingUpdates: '6',
      missingRuns: 1,
      acknowledgedAtMs: expect.any(Number),
    });
    await db.close();
    expect((await open(dataDir)).cameBackEarlier).toBeNull();
  });

  test('is not told of after a reset, also when the process ended before it was noted', async () => {
    const { dataDir } = await withAnOldCopy();
    const asItIs = await open(dataDir, false);
    await recreateSchema(asItIs);
    await asItIs.abandon();
    const db = await open(dataDir);
    expect(db.cameBackEarlier).toBeNull();
    expect(await readMark(dataDir)).toMatchObject({ updates: '0', runs: 0 });
  });

  test('is not told of after a backup was put in its place', async () => {
    const { dataDir } = await withAnOldCopy();
    const restored = await open(dataDir);
    await restored.transaction(async (tx) => {
      await tx.query({ name: 'clear', text: 'TRUNCATE runs, accounts, account_updates, rejects' });
      await tx.query(beginAnew);
    });
    await restored.abandon();
    expect((await open(dataDir)).cameBackEarlier).toBeNull();
  });

  test('from before a reset is told without a count', async () => {
    const { dataDir, putBack } = await withAnOldCopy();
    const reset = await open(dataDir, false);
    await recreateSchema(reset);
    await reset.close();
    await (await open(dataDir)).close();
    putBack();
    expect((await open(dataDir)).cameBackEarlier).toMatchObject({ missingUpdates: null });
  });

  test('is not begun anew when its files are gone', async () => {
    const { dataDir } = await withAnOldCopy();
    renameSync(join(dataDir, 'pg'), join(dataDir, 'elsewhere'));
    await expect(open(dataDir)).rejects.toMatchObject({
      code: 'database_unusable',
      message: expect.stringContaining('is empty, but held 10 updates of 2 runs.'),
      details: { trouble: 'damaged' },
    });
    expect(existsSync(join(dataDir, 'pg'))).toBe(false);
    expect(existsSync(join(dataDir, 'pg.unfinished'))).toBe(false);
    renameSync(join(dataDir, 'elsewhere'), join(dataDir, 'pg'));
    expect((await open(dataDir)).cameBackEarlier).toBeNull();
  });

  test('a mark that cannot be read says nothing', async () => {
    const { dataDir, putBack } = await withAnOldCopy();
    putBack();
    writeFileSync(join(dataDir, MARK_FILE), '{"updates":');
    expect((await open(dataDir)).cameBackEarlier).toBeNull();
  });
});

describe('what is missing', () => {
  const bornAtUs = '1800000000000000';

  test('is the difference, exact beyond 2^53, and nothing if the database has as much or more', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 63n), fc.bigInt(0n, 2n ** 63n), (before, now) => {
        const mark = { bornAtUs, runs: 1, updates: String(before), acknowledgedAtMs: nowMs };
        const setback = findSetback(mark, { bornAtUs, runs: 1, updates: String(now) });
        expect(setback?.missingUpdates).toBe(now < before ? String(before - now) : undefined);
      }),
    );
  });

  test.each([
    [{ missingUpdates: '6', missingRuns: 1 }, '6 updates and 1 run'],
    [{ missingUpdates: '1', missingRuns: 0 }, '1 update'],
    [{ missingUpdates: '0', missingRuns: 2 }, '2 runs'],
  ])('is said in one sentence: %o', (missing, words) => {
    expect(describeSetback({ ...missing, acknowledgedAtMs: nowMs })).toBe(
      `The database came back without ${words} that it still had at 2026-11-22T20:00:00.000Z.`,
    );
  });
});
