import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { HighWaterMark, Queryable, Statement } from '../database/database';
import { syncNames } from '../database/sync-directory';

/** What a database holds, in as few numbers as tell whether some of it is gone. */
export interface Content {
  /** When its schema was made, or a backup was put into it: epoch microseconds. A reset begins anew. */
  readonly bornAtUs: string;
  readonly runs: number;
  /** Rows of the history, a decimal: each run counts its own in the transaction that adds them. */
  readonly updates: string;
}

const markSchema = z.object({
  bornAtUs: z.string().regex(/^\d+$/),
  runs: z.number().int().nonnegative(),
  updates: z.string().regex(/^\d+$/),
  acknowledgedAtMs: z.number().int(),
});
/** The content that was acknowledged, and when: whole milliseconds since 1970. */
export type Mark = z.infer<typeof markSchema>;

/** Beside Postgres' files, not among them: it has to stay when they are damaged or put back. */
export const MARK_FILE = 'ingot.high-water.json';

const findContent: Statement = {
  name: 'find_content',
  deadline: 'read',
  text: `
    SELECT
      (SELECT (extract(epoch FROM min(applied_at)) * 1000000)::int8 FROM schema_migrations) AS "bornAtUs",
      count(*)::int4 AS runs,
      coalesce(sum(
        coalesce((counts ->> 'indexed')::int8, 0) + coalesce((counts ->> 'stale')::int8, 0)
      ), 0)::text AS updates
    FROM runs`,
};

/**
 * Makes the content of the database a new one, which owes nothing to what was acknowledged before: for a
 * transaction that puts a backup in its place.
 */
export const beginAnew: Statement = {
  name: 'begin_content_anew',
  deadline: 'write',
  text: 'UPDATE schema_migrations SET applied_at = clock_timestamp()',
};

/** 1 ms for some hundred runs. */
async function readContent(db: Queryable): Promise<Content> {
  const { rows } = await db.query<Content>(findContent);
  return rows[0] ?? { bornAtUs: '0', runs: 0, updates: '0' };
}

const countHistory: Statement = {
  name: 'count_history',
  deadline: 'maintenance',
  text: 'SELECT count(*)::text AS updates FROM account_updates',
};

/** Counting takes some 90 ms for a million rows, at every start: a longer history is taken at its word. */
const MAX_COUNTED_UPDATES = 1_000_000n;

/**
 * As `readContent`, with the rows of the history counted where there are few enough: a damaged file of
 * transactions makes rows invisible that the runs still count.
 */
export async function countContent(db: Queryable): Promise<Content> {
  const content = await readContent(db);
  if (BigInt(content.updates) > MAX_COUNTED_UPDATES) return content;
  const { rows } = await db.query<{ updates: string }>(countHistory);
  const counted = BigInt(rows[0]?.updates ?? 0);
  return counted < BigInt(content.updates) ? { ...content, updates: String(counted) } : content;
}

/** Null if there is none, or none that can be read: then there is nothing to compare with. */
export async function readMark(dataDir: string): Promise<Mark | null> {
  try {
    return markSchema.parse(JSON.parse(await readFile(join(dataDir, MARK_FILE), 'utf8')));
  } catch {
    return null;
  }
}

/**
 * Keeps the mark of a data directory, from what the database holds now. What is noted was committed before,
 * so the mark never says more than the disk has.
 */
export async function openHighWaterMark(
  db: Queryable,
  dataDir: string,
  nowMs: number,
): Promise<HighWaterMark> {
  let noted: Content | null = null;
  let lastMs = nowMs;
  const write = async (atMs: number) => {
    lastMs = atMs;
    const content = await readContent(db);
    if (isDeepStrictEqual(noted, content)) return;
    await replaceFile(dataDir, { ...content, acknowledgedAtMs: atMs });
    noted = content;
  };
  let last = Promise.resolve();
  const note = (atMs = lastMs): Promise<void> => {
    // A mark that cannot be written stays as it was: it tells too little, never too much. What keeps it from
    // being written, a full disk or a lost database, is told where it does harm.
    last = last.then(() => write(atMs)).catch(() => {});
    return last;
  };
  await note();
  return { note };
}

/** In one step that survives a power cut: the old mark or the new one. */
async function replaceFile(dataDir: string, mark: Mark): Promise<void> {
  const staged = join(dataDir, `${MARK_FILE}.new`);
  const file = await open(staged, 'w');
  try {
    await file.writeFile(`${JSON.stringify(mark)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(staged, join(dataDir, MARK_FILE));
  await syncNames(dataDir);
}
