import { createHash } from 'node:crypto';
import type { Queryable } from '../../database/database';
import type { Clock } from '../../engine/clock';
import { type Binder, countOf, createBinder, type Place, type RawRow, type RowSet, textOf } from './row-set';
import { sampleClause, type Totals } from './totals';
import { whereOf } from './window-sql';

/** A place in the order, and which fraction of all rows lies before it. */
export interface Anchor extends Place {
  readonly fraction: number;
}

export interface AnchorsDeps {
  readonly database: Queryable;
  readonly clock: Clock;
  readonly generation: () => number;
  readonly totals: Totals;
}

export interface Anchors {
  /** The last anchor at or before `fraction` (0 to 1) of the rows; null if no row matches. */
  near<Row>(rows: RowSet<Row>, fraction: number): Promise<Anchor | null>;
}

/** Up to this size on disk all rows are sorted for anchors (some 6,000, 10 ms); of larger tables a sample. */
const WHOLE_BYTES = 1024 * 1024;
const SAMPLE_BYTES = 1024 * 1024;
/** While rows change, anchors hold this long: a dragged scroll bar asks many times a second. */
const HOLD_MS = 2_000;
const KEPT_ORDERS = 16;
const LEAST_ANCHORS = 50;

/**
 * Where a dragged scroll bar lands in an order whose keys say nothing of positions: up to 500 anchors
 * spread evenly over a random sample of the rows (over all, if they are few), kept while nothing changes.
 */
export function createAnchors({ database, clock, generation, totals }: AnchorsDeps): Anchors {
  const kept = new Map<string, { anchors: readonly Anchor[]; generation: number; until: number }>();

  const sampled = async <Row>(
    rows: RowSet<Row>,
    percent: number,
    isFiltered: boolean,
  ): Promise<readonly Anchor[]> => {
    const binder = createBinder();
    const text = anchorsText(rows, binder, percent, isFiltered);
    const result = await database.query<RawRow>(
      { name: `${rows.name}_anchors`, deadline: 'read', text },
      binder.values,
    );
    return result.rows.map((raw) => ({
      fraction: (countOf(raw, 'place') - 1) / countOf(raw, 'size'),
      part: countOf(raw, 'part'),
      keys: rows.keys.map((_, index) => textOf(raw, `key_${index}`)),
    }));
  };

  const anchorsOf = async <Row>(rows: RowSet<Row>): Promise<readonly Anchor[]> => {
    const key = keyOf(rows);
    const known = kept.get(key);
    if (known && (known.generation === generation() || clock.monotonicMs() < known.until)) {
      return known.anchors;
    }
    const made = generation();
    const percent = await totals.samplePercent(rows.all, WHOLE_BYTES, SAMPLE_BYTES);
    let anchors = await sampled(rows, percent, true);
    // A filter lets too little of a sample through: then by the places of all rows, and the search goes on from there.
    if (percent < 100 && anchors.length < LEAST_ANCHORS) anchors = await sampled(rows, percent, false);
    kept.delete(key);
    kept.set(key, { anchors, generation: made, until: clock.monotonicMs() + HOLD_MS });
    const oldest = kept.keys().next();
    if (kept.size > KEPT_ORDERS && !oldest.done) kept.delete(oldest.value);
    return anchors;
  };

  return {
    async near(rows, fraction) {
      const anchors = await anchorsOf(rows);
      return anchors.findLast((anchor) => anchor.fraction <= fraction) ?? anchors[0] ?? null;
    },
  };
}

function keyOf<Row>(rows: RowSet<Row>): string {
  const binder = createBinder();
  const text = anchorsText(rows, binder, 100, true);
  return createHash('sha256').update(text).update(JSON.stringify(binder.values)).digest('base64');
}

function anchorsText<Row>(
  { keys: sortKeys, all }: RowSet<Row>,
  { bind }: Binder,
  percent: number,
  isFiltered: boolean,
): string {
  const keys = sortKeys.map((key, index) => `${key.expression} AS key_${index}`).join(', ');
  const orderBy = sortKeys.map((key, index) => `key_${index} ${key.direction}`).join(', ');
  const texts = sortKeys.map((_, index) => `key_${index}::text`).join(', ');
  return `
    WITH sample AS MATERIALIZED (
      SELECT ${keys}, ${all.part ?? '0'} AS part
      FROM ${all.from(bind, sampleClause(percent))}
      ${isFiltered ? whereOf(all.where(bind)) : ''}
    ), placed AS (
      SELECT *, row_number() OVER (ORDER BY part ${sortKeys[0]?.direction}, ${orderBy}) AS place, count(*) OVER () AS size
      FROM sample
    )
    SELECT part, ${texts}, place, size
    FROM placed
    WHERE (place - 1) % greatest(size / 500, 1) = 0
    ORDER BY place`;
}
