import { cpSync, existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createTestDataDir, createTestFolder } from '../database/testing/each-database';
import { memorySource } from '../ingestion/testing/memory-source';
import { update } from '../runs/testing/open-engine';
import { playRun } from '../runs/testing/play-run';
import { beginAnew, MARK_FILE, readMark } from './high-water';
import { recreateSchema } from './migrate';
import { type OpenedDatabase, openDatabase } from './open-database';
import { describeSetback, findSetback } from './setback';

const nowMs = Date.UTC(2026, 10, 22, 20, 0);

async function open(dataDir: string, migrated = true): Promise<OpenedDatabase> {
  const db = await openDatabase({ kind: 'data-dir', dataDir }, { program: 'Ingot', nowMs, migrated });
  opened.push(db);
  return db;
}

const opened: OpenedDatabase[] = [];
afterEach(async () => {
  for (const db of opened.splice(0)) await db.abandon();
});

/** Another run with `count` new updates, and a stale one. */
async function ingest(db: OpenedDatabase, run: number, count: number): Promise<void> {
  const updates = Array.from({ length: count }, (_, n) => update(`account-${n}`, run * 10));
  await playRun(db, memorySource([...updates, update('account-0', run * 10 - 1)]));
}

/**
 * A directory with two runs, of 3 + 1 updates and of 5 + 1 after, and in `copy` Postgres' files from in between. Made once:
 * opening takes a second.
 */
let twoRuns: string;
beforeAll(async () => {
  twoRuns = createTestDataDir();
  const first = await open(twoRuns);
  await ingest(first, 1, 3);
  await first.close();
  cpSync(join(twoRuns, 'pg'), join(twoRuns, 'copy'), { recursive: true });
  const second = await open(twoRuns);
  expect(second.cameBackEarlier).toBeNull();
  await ingest(second, 2, 5);
  await second.close();
});

function withAnOldCopy(): { dataDir: string; putBack: () => void } {
  const dataDir = createTestFolder();
  cpSync(twoRuns, dataDir, { recursive: true });
  const pg = join(dataDir, 'pg');
  return {
    dataDir,
    putBack() {
      rmSync(pg, { recursive: true });
      renameSync(join(dataDir, 'copy'), pg);
    },
  };
}

describe('a database that came back earlier', () => {
  test('is told with the exact count of what is missing, once', async () => {
    const { dataDir, putBack } = withAnOldCopy();
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

  test('is told when rows have become invisible that its runs still count', async () => {
    const { dataDir } = withAnOldCopy();
    const damaged = await open(dataDir);
    await damaged.query({
      name: 'lose_rows',
      deadline: 'write',
      text: "DELETE FROM account_updates WHERE account_id = 'account-1'",
    });
    await damaged.close();
    expect((await open(dataDir)).cameBackEarlier).toMatchObject({ missingUpdates: '2', missingRuns: 0 });
  });

  test('is not told of after a reset, also when the process ended before it was noted', async () => {
    const { dataDir } = withAnOldCopy();
    const asItIs = await open(dataDir, false);
    await recreateSchema(asItIs);
    await asItIs.abandon();
    const db = await open(dataDir);
    expect(db.cameBackEarlier).toBeNull();
    expect(await readMark(dataDir)).toMatchObject({ updates: '0', runs: 0 });
  });

  test('is not told of after a backup was put in its place', async () => {
    const { dataDir } = withAnOldCopy();
    const restored = await open(dataDir);
    await restored.transaction(async (tx) => {
      await tx.query({
        name: 'clear',
        deadline: 'maintenance',
        text: 'TRUNCATE runs, accounts, account_updates, settled_callbacks, rejects',
      });
      await tx.query(beginAnew);
    });
    await restored.abandon();
    expect((await open(dataDir)).cameBackEarlier).toBeNull();
  });

  test('from before a reset is told without a count', async () => {
    const { dataDir, putBack } = withAnOldCopy();
    const reset = await open(dataDir, false);
    await recreateSchema(reset);
    await reset.close();
    await (await open(dataDir)).close();
    putBack();
    expect((await open(dataDir)).cameBackEarlier).toMatchObject({ missingUpdates: null });
  });

  test('is not begun anew when its files are gone', async () => {
    const { dataDir } = withAnOldCopy();
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
    const { dataDir, putBack } = withAnOldCopy();
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
