import { z } from 'zod';
import type { Queryable, Statement } from '../../database/database';
import { epochMsFromText } from '../../database/epoch-ms';
import { LOWEST_SEQ, StateColumns } from './state-columns';

/**
 * The columns, kept up with the database: rows are read in slices of the one order, when an instant is asked for that lies
 * beyond what was read.
 */
export interface StateIndex {
  /** The columns, which contain at least all that has a number of at most `asOf`. */
  upTo(asOf: bigint): Promise<StateColumns>;
}

/** Numbers in one slice: some 10 ms of the database. */
const SLICE = 4_000n;
/** A callback that fires beside a batch may be committed after the batch with the greater numbers. */
const OVERLAP = 20_000n;

export function createStateIndex(database: Queryable): StateIndex {
  const columns = new StateColumns();
  let reading: Promise<void> = Promise.resolve();

  const readUpTo = async (asOf: bigint): Promise<void> => {
    if (asOf <= columns.watermark) return;
    const { first, last } = await readSpan(database, columns.watermark);
    if (last === null || first === null) return;
    const until = asOf < last ? asOf : last;
    let from = columns.watermark > first ? columns.watermark : first - 1n;
    for (const { seq, updateSeq, isFired } of await readSettled(
      database,
      from - OVERLAP < LOWEST_SEQ ? LOWEST_SEQ : from - OVERLAP,
      from,
    )) {
      columns.settle(updateSeq, seq, isFired);
    }
    while (from < until) {
      const to = from + SLICE < until ? from + SLICE : until;
      const [updates, settled] = await Promise.all([
        readUpdates(database, from, to),
        readSettled(database, from, to),
      ]);
      for (const update of updates) {
        if (update.dueMs === null) columns.addStale(update.seq);
        else columns.add({ ...update, dueMs: update.dueMs });
      }
      for (const { seq, updateSeq, isFired } of settled) columns.settle(updateSeq, seq, isFired);
      columns.watermark = to;
      from = to;
      // Numbers may have a gap as wide as what a reset or a restored backup left out.
      if (updates.length + settled.length === 0) {
        const next = await readSpan(database, to);
        if (next.first === null) break;
        from = next.first - 1n < until ? next.first - 1n : until;
        columns.watermark = from;
      }
    }
  };

  return {
    async upTo(asOf) {
      // One reader at a time; a failure concerns only its caller.
      const read = reading.then(() => readUpTo(asOf));
      reading = read.catch(() => undefined);
      await read;
      return columns;
    },
  };
}

const span: Statement = {
  name: 'read_span_of_order',
  deadline: 'read',
  text: `
    SELECT
      least(
        (SELECT seq FROM account_updates WHERE seq > $1::int8 ORDER BY seq LIMIT 1),
        (SELECT seq FROM settled_callbacks WHERE seq > $1::int8 ORDER BY seq LIMIT 1)) AS first,
      greatest(
        (SELECT seq FROM account_updates ORDER BY seq DESC LIMIT 1),
        (SELECT seq FROM settled_callbacks ORDER BY seq DESC LIMIT 1)) AS last`,
};

/** The first number after `after`, and the last of all; null if there is none. */
async function readSpan(
  db: Queryable,
  after: bigint,
): Promise<{ first: bigint | null; last: bigint | null }> {
  const { rows } = await db.query<{ first: string | null; last: string | null }>(span, [String(after)]);
  const { first = null, last = null } = rows[0] ?? {};
  return { first: first === null ? null : BigInt(first), last: last === null ? null : BigInt(last) };
}

/** As one text: PGlite decodes each field of each row separately. */
const updates: Statement = {
  name: 'read_state_changes',
  deadline: 'read',
  text: `
    SELECT json_agg(json_build_array(seq::text, account_id, account_type, tokens::text, slot::text, version::text, run_id::text,
      due_ms::text) ORDER BY seq)::text AS rows
    FROM account_updates WHERE seq > $1::int8 AND seq <= $2::int8`,
};

const text = z.string();
const updatesSchema = z.array(z.tuple([text, text, text, text, text, text, text, text.nullable()]));

/** Stale ones have no due time. */
async function readUpdates(db: Queryable, after: bigint, until: bigint) {
  const { rows } = await db.query<{ rows: string | null }>(updates, [String(after), String(until)]);
  return updatesSchema
    .parse(JSON.parse(rows[0]?.rows ?? '[]'))
    .map(([seq, id, accountType, tokens, slot, version, runId, dueMs]) => ({
      seq: BigInt(seq),
      id,
      accountType,
      tokens: BigInt(tokens),
      slot: BigInt(slot),
      version: BigInt(version),
      runId,
      dueMs: dueMs === null ? null : epochMsFromText(dueMs),
    }));
}

const settlements: Statement = {
  name: 'read_settlements',
  deadline: 'read',
  text: `
    SELECT json_agg(json_build_array(seq::text, update_seq::text, how))::text AS rows
    FROM settled_callbacks WHERE seq > $1::int8 AND seq <= $2::int8`,
};

const settlementsSchema = z.array(z.tuple([z.string(), z.string(), z.string()]));

async function readSettled(db: Queryable, after: bigint, until: bigint) {
  const { rows } = await db.query<{ rows: string | null }>(settlements, [String(after), String(until)]);
  return settlementsSchema.parse(JSON.parse(rows[0]?.rows ?? '[]')).map(([seq, updateSeq, how]) => ({
    seq: BigInt(seq),
    updateSeq: BigInt(updateSeq),
    isFired: how === 'due' || how === 'fired by hand',
  }));
}
