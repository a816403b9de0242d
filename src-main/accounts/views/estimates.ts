import type { RowWindow } from '../../../src-shared/views';
import type { Queryable, SqlValue, Statement } from '../../database/database';
import type { PacedReads } from './paced-reads';
import { type AllRows, countOf, type Place, type RawRow, type RowSet, textOf } from './row-set';
import { allOf, createBinder } from './sql-pieces';

/** Totals and positions over all rows of a set. For a large table they come from a random sample of its pages. */
export interface Estimates {
  /**
   * How many rows match. Exact where that is cheap: where it is known, on small tables, and on large ones soon after the last
   * change. Otherwise an estimate.
   */
  totalOf<Row>(rows: RowSet<Row>): Promise<Pick<RowWindow<Row>, 'total' | 'totalIs'>>;
  /**
   * A place near `fraction` (0 to 1) of the rows: where a dragged scroll bar lands if the order's keys do not tell positions.
   * Null if no row matches.
   */
  placeNear<Row>(rows: RowSet<Row>, fraction: number): Promise<Place | null>;
}

export interface EstimatesDeps {
  readonly database: Queryable;
  readonly reads: PacedReads;
  /** Since the last commit. */
  readonly idleMs: () => number;
}

/** Size of a sample: about 6,000 rows, read in 10 ms. A smaller table is read whole. */
const SAMPLE_BYTES = 1024 * 1024;
/** Smaller tables are counted at once, unless each row needs a look-up: some 50,000 rows, 5 ms. */
const COUNTED_BYTES = 8 * 1024 * 1024;
/** A large table is counted only after this long without a write: a batch would wait for the whole count. */
const IDLE_MS = 1_000;
/** How many places of an order are kept, evenly spread over its sample. */
const ANCHORS = 500;
/** If fewer rows of the sample match a filter, places ignore it, and a search finds the rows from there. */
const LEAST_ANCHORS = 50;

interface Anchor extends Place {
  /** The fraction of rows before it. */
  readonly fraction: number;
}

export function createEstimates({ database, reads, idleMs }: EstimatesDeps): Estimates {
  /** Percent of a table's pages in a sample; 100 up to a size of `wholeBytes`. */
  const percentOf = async (
    { relation, few = false, lookUps = 0 }: AllRows,
    wholeBytes: number,
  ): Promise<number> => {
    if (few) return 100;
    const { rows } = await database.query<RawRow>(relationBytes, [relation]);
    const bytes = countOf(rows[0] ?? {}, 'bytes');
    const sampleBytes = SAMPLE_BYTES / Math.max(lookUps, 1);
    return bytes <= (lookUps > 0 ? sampleBytes : wholeBytes) ? 100 : (100 * sampleBytes) / bytes;
  };

  const query = async ({ statement, values }: Asked): Promise<readonly RawRow[]> =>
    (await database.query<RawRow>(statement, values)).rows;

  const countRows = async <Row>(rows: RowSet<Row>, percent: number): Promise<number> => {
    const [row = {}] = await query(countOfRows(rows, percent));
    return Math.round((countOf(row, 'total') * 100) / percent);
  };

  const readAnchors = async <Row>(rows: RowSet<Row>): Promise<readonly Anchor[]> => {
    const percent = await percentOf(rows.all, SAMPLE_BYTES);
    let found = await query(anchorsOf(rows, percent, true));
    if (percent < 100 && found.length < LEAST_ANCHORS) found = await query(anchorsOf(rows, percent, false));
    return found.map((raw) => ({
      fraction: (countOf(raw, 'place') - 1) / countOf(raw, 'size'),
      part: countOf(raw, 'part'),
      keys: rows.keys.map((_, index) => textOf(raw, `key_${index}`)),
    }));
  };

  return {
    async totalOf(rows) {
      if (rows.total) return { total: await rows.total(), totalIs: 'exact' };
      // The number of matches does not depend on the order, so the key is the filter.
      const key = keyOf(countOfRows(rows, 100));
      const known = reads.known<number>(`count ${key}`);
      if (known !== undefined) return { total: known, totalIs: 'exact' };
      const count = () => reads.read(`count ${key}`, () => countRows(rows, 100), 0);
      const percent = await percentOf(rows.all, COUNTED_BYTES);
      const { standsFor = 1, lookUps = 0 } = rows.all;
      if (standsFor > 1) return { total: Math.round((await count()) * standsFor), totalIs: 'estimate' };
      if (percent === 100) return { total: await count(), totalIs: 'exact' };
      const total = await reads.recent(`estimate ${key}`, () => countRows(rows, percent));
      // If the count fails, the next request gets an estimate, or the error if it persists.
      if (lookUps === 0 && idleMs() >= IDLE_MS) count().catch(() => undefined);
      return { total, totalIs: 'estimate' };
    },
    async placeNear(rows, fraction) {
      const key = keyOf(anchorsOf(rows, 100, true));
      const anchors = await reads.recent(`anchors ${key}`, () => readAnchors(rows));
      return anchors.findLast((anchor) => anchor.fraction <= fraction) ?? anchors[0] ?? null;
    },
  };
}

interface Asked {
  readonly statement: Statement;
  readonly values: readonly SqlValue[];
}

const keyOf = ({ statement, values }: Asked) => JSON.stringify([statement.text, values]);

const relationBytes: Statement = {
  name: 'relation_bytes',
  deadline: 'read',
  text: 'SELECT pg_relation_size($1::regclass) AS bytes',
};

/** Repeatable, so that an estimate changes only with the rows. Not needed if all pages are read. */
const sampleClause = (percent: number) =>
  percent >= 100 ? '' : ` TABLESAMPLE SYSTEM (${percent.toFixed(6)}) REPEATABLE (1)`;

function countOfRows<Row>({ name, all, asOf }: RowSet<Row>, percent: number): Asked {
  const { put, values } = createBinder(asOf);
  const text = `SELECT count(*) AS total FROM ${put(all.from)}${sampleClause(percent)} WHERE ${put(allOf(all.where))}`;
  const kind = percent === 100 ? 'total' : 'estimate';
  return { statement: { name: `${name}_${kind}`, deadline: 'read', text }, values };
}

/** Every five hundredth row of the order, of a sample or of all. */
function anchorsOf<Row>({ name, keys, all, asOf }: RowSet<Row>, percent: number, isFiltered: boolean): Asked {
  const { put, values } = createBinder(asOf);
  const columns = keys.map(({ expression }, index) => `${expression} AS key_${index}`);
  const order = keys.map(({ direction }, index) => `key_${index} ${direction}`);
  const text = `
    WITH sample AS MATERIALIZED (
      SELECT ${columns.join(', ')}, ${all.part ?? '0'} AS part
      FROM ${put(all.from)}${sampleClause(percent)}
      WHERE ${isFiltered ? put(allOf(all.where)) : 'true'}
    ), placed AS (
      SELECT *, row_number() OVER (ORDER BY part ${keys[0]?.direction}, ${order.join(', ')}) AS place,
        count(*) OVER () AS size
      FROM sample
    )
    SELECT part, ${keys.map((_, index) => `key_${index}::text`).join(', ')}, place, size
    FROM placed
    WHERE (place - 1) % greatest(size / ${ANCHORS}, 1) = 0
    ORDER BY place`;
  return { statement: { name: `${name}_anchors`, deadline: 'read', text }, values };
}
