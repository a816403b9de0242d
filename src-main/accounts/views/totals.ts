import { createHash } from 'node:crypto';
import type { Queryable, SqlValue, Statement } from '../../database/database';
import type { Clock } from '../../engine/clock';
import { type AllRows, countOf, createBinder, type RawRow, type RowSet } from './row-set';
import { whereOf } from './window-sql';

export interface Total {
  readonly total: number;
  readonly totalIs: 'exact' | 'estimate';
}

export interface TotalsDeps {
  readonly database: Queryable;
  readonly clock: Clock;
  /** Grows after every commit: what was counted under the same number still holds. */
  readonly generation: () => number;
  /** Milliseconds since the last commit. */
  readonly idleMs: () => number;
}

/** Below this size on disk everything is counted on the spot: some 50,000 rows, 5 ms. */
const SMALL_BYTES = 8 * 1024 * 1024;
/** The same where each row asks for a look-up, and what an estimate reads at most: as much as one statement of a search. */
const SAMPLE_BYTES = 1024 * 1024;
/** An estimate holds this many times what it took: at most 5 % of the database's time. */
const REST_FACTOR = 19;
/** A large table is counted when nothing was written for this long: a batch would wait for the whole count. */
const IDLE_MS = 1_000;
const KEPT_TOTALS = 64;

interface Entry {
  total: number;
  /** Under which it was counted; -1: estimated. */
  generation: number;
  /** A stopwatch reading: no estimate of this set before it. */
  notBefore: number;
  counting: boolean;
}

/**
 * How many rows match. Exact while that is cheap: where it is known, on small tables, and on large ones once
 * nothing changes any more. Else the last count, or an estimate out of a random sample of the table's pages; `totalIs`
 * says which.
 */
export interface Totals {
  totalOf<Row>(rows: RowSet<Row>): Promise<Total>;
  /** Percent of a relation's pages that a sample of `sampleBytes` takes; 100 up to a size of `wholeBytes`. */
  samplePercent(all: AllRows, wholeBytes: number, sampleBytes: number): Promise<number>;
}

export function createTotals({ database, clock, generation, idleMs }: TotalsDeps): Totals {
  const entries = new Map<string, Entry>();

  const samplePercent: Totals['samplePercent'] = async (
    { relation, few = false },
    wholeBytes,
    sampleBytes,
  ) => {
    if (few) return 100;
    const size = await relationBytes(database, relation);
    return size <= wholeBytes ? 100 : (100 * sampleBytes) / size;
  };

  const remember = (key: string, entry: Entry) => {
    entries.delete(key);
    entries.set(key, entry);
    const oldest = entries.keys().next();
    if (entries.size > KEPT_TOTALS && !oldest.done) entries.delete(oldest.value);
    return entry;
  };

  const count = async <Row>(rows: RowSet<Row>, entry: Entry) => {
    const counted = generation();
    entry.total = await countRows(database, rows);
    entry.generation = counted;
  };

  const countLater = async <Row>(rows: RowSet<Row>, entry: Entry) => {
    if (entry.counting || rows.all.dear || idleMs() < IDLE_MS) return;
    entry.counting = true;
    try {
      await count(rows, entry);
    } catch {
      // The next request gets an estimate, and the error if it is one that stays.
    } finally {
      entry.counting = false;
    }
  };

  return {
    samplePercent,
    async totalOf(rows) {
      if (rows.total) return rows.total(database);
      const key = keyOf(rows);
      const known = entries.get(key);
      const entry = remember(key, known ?? { total: 0, generation: -1, notBefore: 0, counting: false });
      if (entry.generation === generation()) return { total: entry.total, totalIs: 'exact' };
      const small = rows.all.dear ? SAMPLE_BYTES : SMALL_BYTES;
      const percent = await samplePercent(rows.all, small, SAMPLE_BYTES);
      if (percent === 100) {
        await count(rows, entry);
        return { total: entry.total, totalIs: 'exact' };
      }
      const before = clock.monotonicMs();
      if (before >= entry.notBefore) {
        entry.total = await estimateRows(database, rows, percent);
        const after = clock.monotonicMs();
        entry.notBefore = after + (after - before) * REST_FACTOR;
      }
      const { total } = entry;
      void countLater(rows, entry);
      return { total, totalIs: 'estimate' };
    },
  };
}

/** Rows match alike in every order: the key is the filter, whatever the sort. */
function keyOf<Row>(rows: RowSet<Row>): string {
  const { text, values } = countText(rows, '');
  return createHash('sha256').update(text).update(JSON.stringify(values)).digest('base64');
}

function countText<Row>(rows: RowSet<Row>, sample: string): { text: string; values: readonly SqlValue[] } {
  const binder = createBinder();
  const from = rows.all.from(binder.bind, sample);
  const text = `SELECT count(*) AS total FROM ${from} ${whereOf(rows.all.where(binder.bind))}`;
  return { text, values: binder.values };
}

async function countRows<Row>(db: Queryable, rows: RowSet<Row>): Promise<number> {
  const { text, values } = countText(rows, '');
  const result = await db.query<RawRow>({ name: `${rows.name}_total`, deadline: 'read', text }, values);
  return result.rows[0] ? countOf(result.rows[0], 'total') : 0;
}

async function estimateRows<Row>(db: Queryable, rows: RowSet<Row>, percent: number): Promise<number> {
  const { text, values } = countText(rows, sampleClause(percent));
  const result = await db.query<RawRow>({ name: `${rows.name}_estimate`, deadline: 'read', text }, values);
  const sampled = result.rows[0] ? countOf(result.rows[0], 'total') : 0;
  return Math.round((sampled * 100) / percent);
}

/** Repeatable, so that an estimate moves only when the rows do. Nothing to write if all pages are taken. */
export function sampleClause(percent: number): string {
  return percent >= 100 ? '' : ` TABLESAMPLE SYSTEM (${percent.toFixed(6)}) REPEATABLE (1)`;
}

async function relationBytes(db: Queryable, relation: AllRows['relation']): Promise<number> {
  const statement: Statement = {
    name: 'relation_bytes',
    deadline: 'read',
    text: 'SELECT pg_relation_size($1::regclass) AS bytes',
  };
  const result = await db.query<RawRow>(statement, [relation]);
  return result.rows[0] ? countOf(result.rows[0], 'bytes') : 0;
}
