import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { IngotError } from '../../src-shared/errors';
import type { HighWaterMark, Queryable, Statement } from '../database/database';
import { replaceFile } from '../database/durable-files';
import { sumRemoved } from './retention';

/** A few numbers that tell whether some content is missing. */
export interface Content {
  /** When its schema was created, or a backup restored, in epoch microseconds. A reset changes it. */
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
/** The acknowledged content, and when: whole milliseconds since 1970. */
export type Mark = z.infer<typeof markSchema>;

/** Outside Postgres' files, so that it survives if they are damaged or replaced. */
export const MARK_FILE = 'ingot.high-water.json';

const findContent: Statement = {
  name: 'find_content',
  deadline: 'read',
  text: `
    SELECT
      (SELECT (extract(epoch FROM min(applied_at)) * 1000000)::int8 FROM ingot.schema_migrations) AS "bornAtUs",
      count(*)::int4 AS runs,
      coalesce(sum(
        coalesce((counts ->> 'indexed')::int8, 0) + coalesce((counts ->> 'stale')::int8, 0)
      ), 0)::text AS updates
    FROM ingot.runs`,
};

/** Makes the content count as new, independent of earlier acknowledgements: for the transaction that restores a backup. */
export const beginAnew: Statement = {
  name: 'begin_content_anew',
  deadline: 'write',
  text: 'UPDATE schema_migrations SET applied_at = clock_timestamp()',
};

/** 1 ms for some hundred runs. Of the main schema, whichever space is open. */
async function readContent(db: Queryable): Promise<Content> {
  const { rows } = await db.query<Content>(findContent);
  return rows[0] ?? { bornAtUs: '0', runs: 0, updates: '0' };
}

const countHistory: Statement = {
  name: 'count_history',
  deadline: 'maintenance',
  text: 'SELECT count(*)::text AS updates FROM account_updates',
};

/** Counting a million rows takes some 90 ms at every start, so a longer history is not counted. */
const MAX_COUNTED_UPDATES = 1_000_000n;

/**
 * As `readContent`, but counts the history's rows if there are few enough: a damaged transaction file hides rows that the runs
 * still count.
 */
export async function countContent(db: Queryable): Promise<Content> {
  const content = await readContent(db);
  if (BigInt(content.updates) > MAX_COUNTED_UPDATES) return content;
  const { rows } = await db.query<{ updates: string }>(countHistory);
  const { indexed, stale } = await sumRemoved(db);
  const counted = BigInt(rows[0]?.updates ?? 0) + BigInt(indexed + stale);
  return counted < BigInt(content.updates) ? { ...content, updates: String(counted) } : content;
}

/** Null if there is none, or none that can be read. */
export async function readMark(dataDir: string): Promise<Mark | null> {
  try {
    return markSchema.parse(JSON.parse(await readFile(join(dataDir, MARK_FILE), 'utf8')));
  } catch {
    return null;
  }
}

/**
 * Never create a new database in place of one that somebody moved or deleted.
 *
 * @throws IngotError `database_unusable`.
 */
export async function refuseIfGone(dataDir: string): Promise<void> {
  const mark = await readMark(dataDir);
  if (mark === null || (mark.updates === '0' && mark.runs === 0)) return;
  const { updates, runs } = mark;
  throw new IngotError(
    'database_unusable',
    `The database in ${dataDir} is gone: ${join(dataDir, 'pg')} is empty, but held ${updates} updates of ${runs} ${runs === 1 ? 'run' : 'runs'}.`,
    {
      hint: `Put that folder back, or remove ${join(dataDir, MARK_FILE)} to begin with an empty database.`,
      trouble: 'damaged',
    },
  );
}

/**
 * Maintains the mark of a data directory from the database's present content. That is committed, so the mark never claims more
 * than the disk has.
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
    const mark: Mark = { ...content, acknowledgedAtMs: atMs };
    await replaceFile(join(dataDir, MARK_FILE), `${JSON.stringify(mark)}\n`);
    noted = content;
  };
  let last = Promise.resolve();
  const note = (atMs = lastMs): Promise<void> => {
    // A mark that cannot be written stays as it was: it claims too little, never too much. A full disk or a lost database is
    // reported elsewhere.
    last = last.then(() => write(atMs)).catch(() => {});
    return last;
  };
  await note();
  return { note };
}
