import { z } from 'zod';
import type { Removed } from '../../../src-shared/retention';
import { settledStateOf } from '../../callbacks/sql/callback-state';
import type { Queryable, Statement } from '../../database/database';
import { epochMsFromText } from '../../database/epoch-ms';
import { sumRemoved } from '../../storage/retention';
import type { ColumnsRetraction, ColumnsUpdate } from './column-parts';
import { LOWEST_SEQ, StateColumns } from './state-columns';

/**
 * The columns, kept up with the database: rows are read in slices of the one order, when an instant is asked for that lies
 * beyond what was read.
 */
export interface StateIndex {
  /** The columns, which contain at least all that has a number of at most `asOf`. */
  upTo(asOf: bigint): Promise<StateColumns>;
}

/** Numbers in one slice: some 10 ms of the database, and less of this thread. */
const SLICE = 4_000n;
/** A callback that fires beside a batch may be committed after the batch with the greater numbers. */
const OVERLAP = 20_000n;

interface Waiting {
  readonly asOf: bigint;
  readonly resolve: (columns: StateColumns) => void;
  readonly reject: (error: unknown) => void;
}

export function createStateIndex(database: Queryable): StateIndex {
  let columns = new StateColumns();
  /** History was removed while the first of it was read: what was read is right, but not how much was removed before. */
  let isCountUnsure = false;
  let waiting: readonly Waiting[] = [];
  let isReading = false;

  const answer = (isDone: (one: Waiting) => boolean) => {
    const done = waiting.filter(isDone);
    waiting = waiting.filter((one) => !done.includes(one));
    for (const { resolve } of done) resolve(columns);
  };
  const isWanted = () => waiting.some(({ asOf }) => asOf > columns.watermark);

  /** Up to what is asked for, or to the end of what is stored now. */
  const readOn = async (): Promise<void> => {
    const { first, last } = await readSpan(database, columns.watermark);
    if (last === null || first === null) return;
    const isFirst = columns.watermark === LOWEST_SEQ;
    if (isFirst) columns.removed = await sumRemoved(database);
    const from = columns.watermark > first ? columns.watermark : first - 1n;
    const since = from - OVERLAP < LOWEST_SEQ ? LOWEST_SEQ : from - OVERLAP;
    settle(await readSettled(database, since, from));
    columns.watermark = from;
    await readDeaths(database, columns.watermark, (slot, seq) => columns.cuts.die(slot, seq));
    let ahead = readSlice(database, from, last);
    while (columns.watermark < last && isWanted()) {
      const { to, updates, settled, retracted } = await ahead;
      // The database reads the next slice while this thread takes this one in.
      ahead = readSlice(database, to, last);
      ahead.catch(() => undefined);
      let at = 0;
      for (const update of updates) {
        for (let one = retracted[at]; one && one.seq < update.seq; one = retracted[++at])
          columns.retract(one);
        if (update.isStale) columns.addStale(update);
        else columns.add(update);
      }
      for (const one of retracted.slice(at)) columns.retract(one);
      settle(settled);
      columns.watermark = to;
      answer(({ asOf }) => asOf <= to);
    }
    if (isFirst) isCountUnsure = updatesOf(await sumRemoved(database)) !== updatesOf(columns.removed);
  };
  const settle = (settled: readonly Settled[]) => {
    for (const { seq, updateSeq, isFired } of settled) columns.settle(updateSeq, seq, isFired);
  };

  const read = async (): Promise<void> => {
    isReading = true;
    try {
      while (waiting.length > 0) {
        if (isCountUnsure || (await isMostlyRemoved(database, columns))) {
          columns = new StateColumns();
          isCountUnsure = false;
        }
        const early = waiting;
        await readOn();
        answer((one) => early.includes(one));
      }
    } catch (error) {
      const failed = waiting;
      waiting = [];
      for (const { reject } of failed) reject(error);
    } finally {
      isReading = false;
    }
  };

  return {
    async upTo(asOf) {
      if (asOf <= columns.watermark) return columns;
      return new Promise((resolve, reject) => {
        waiting = [...waiting, { asOf, resolve, reject }];
        if (!isReading) void read();
      });
    },
  };
}

const updatesOf = ({ indexed, stale }: Removed) => indexed + stale;

/** More than half of what the columns hold is not in the history any more. */
async function isMostlyRemoved(db: Queryable, columns: StateColumns): Promise<boolean> {
  if (columns.count === 0) return false;
  return 2 * (updatesOf(await sumRemoved(db)) - updatesOf(columns.removed)) > columns.count;
}

interface Slice {
  readonly to: bigint;
  readonly updates: readonly Update[];
  readonly settled: readonly Settled[];
  readonly retracted: readonly ColumnsRetraction[];
}

/** What has a number above `from`, up to `to`, which is at most `last`. */
async function readSlice(db: Queryable, from: bigint, last: bigint): Promise<Slice> {
  const to = from + SLICE < last ? from + SLICE : last;
  const [updates, settled, retracted] = await Promise.all([
    readUpdates(db, from, to),
    readSettled(db, from, to),
    readRetracted(db, from, to),
  ]);
  if (updates.length + settled.length + retracted.length > 0) return { to, updates, settled, retracted };
  // Numbers may have a gap as wide as what a reset or a restored backup left out.
  const { first } = await readSpan(db, to);
  return { to: first === null || first > last ? last : first - 1n, updates, settled, retracted };
}

const span: Statement = {
  name: 'read_span_of_order',
  deadline: 'read',
  text: `
    SELECT
      least(
        (SELECT seq FROM account_updates WHERE seq > $1::int8 ORDER BY seq LIMIT 1),
        (SELECT seq FROM settled_callbacks WHERE seq > $1::int8 ORDER BY seq LIMIT 1),
        (SELECT seq FROM retractions WHERE seq > $1::int8 ORDER BY seq LIMIT 1),
        (SELECT seq FROM dead_slots WHERE seq > $1::int8 ORDER BY seq LIMIT 1)) AS first,
      greatest(
        (SELECT seq FROM account_updates ORDER BY seq DESC LIMIT 1),
        (SELECT seq FROM settled_callbacks ORDER BY seq DESC LIMIT 1),
        (SELECT seq FROM retractions ORDER BY seq DESC LIMIT 1),
        (SELECT seq FROM dead_slots ORDER BY seq DESC LIMIT 1)) AS last`,
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

interface Update extends ColumnsUpdate {
  /** It has no due time. */
  readonly isStale: boolean;
}

/** A column as one text: PGlite decodes each field of each row separately. */
const listOf = (expression: string) => `string_agg((${expression})::text, ',')`;

/** Dead slots in one answer. */
const MOST_DEATHS = 10_000;
const deaths: Statement = {
  name: 'read_deaths',
  deadline: 'read',
  text: `
    SELECT ${listOf('slot')} AS slots, ${listOf('seq')} AS seqs
    FROM (SELECT slot, seq FROM dead_slots WHERE seq > $1::int8 ORDER BY seq LIMIT ${MOST_DEATHS}) AS d`,
};

/** All with a number above `after`. */
async function readDeaths(
  db: Queryable,
  after: bigint,
  die: (slot: bigint, seq: bigint) => void,
): Promise<void> {
  for (let from = after, count = MOST_DEATHS; count === MOST_DEATHS; ) {
    const { rows } = await db.query<Readonly<Record<string, string | null>>>(deaths, [String(from)]);
    const [slots = [], seqs = []] = ['slots', 'seqs'].map((name) => rows[0]?.[name]?.split(',') ?? []);
    count = slots.length;
    for (const [at, slot] of slots.entries()) {
      from = BigInt(seqs[at] ?? 0);
      die(BigInt(slot), from);
    }
  }
}

const updates: Statement = {
  name: 'read_state_changes',
  deadline: 'read',
  text: `
    SELECT ${listOf('seq')} AS seqs, json_agg(account_id)::text AS ids, json_agg(account_type)::text AS types,
      ${listOf('tokens')} AS tokens, ${listOf('slot')} AS slots, ${listOf('version')} AS versions,
      ${listOf('run_id')} AS runs, ${listOf("coalesce(due_ms::text, '')")} AS dues
    FROM (
      SELECT seq, account_id, account_type, tokens, slot, version, run_id, due_ms FROM account_updates
      WHERE seq > $1::int8 AND seq <= $2::int8 ORDER BY seq
    ) AS u`,
};
const textsSchema = z.array(z.string());

async function readUpdates(db: Queryable, after: bigint, until: bigint): Promise<readonly Update[]> {
  const values = [String(after), String(until)];
  const { rows } = await db.query<Readonly<Record<string, string | null>>>(updates, values);
  const column = (name: string) => rows[0]?.[name]?.split(',') ?? [];
  const texts = (name: string) => textsSchema.parse(JSON.parse(rows[0]?.[name] ?? '[]'));
  const types = texts('types');
  const [seqs, runs, dues] = [column('seqs'), column('runs'), column('dues')];
  const [tokens, slots, versions] = [column('tokens'), column('slots'), column('versions')].map(bigints);
  return texts('ids').map((id, at) => ({
    seq: BigInt(seqs[at] ?? 0),
    id,
    accountType: types[at] ?? '',
    tokens: tokens?.[at] ?? 0n,
    slot: slots?.[at] ?? 0n,
    version: versions?.[at] ?? 0n,
    runId: runs[at] ?? '',
    dueMs: epochMsFromText(dues[at] || '0'),
    isStale: dues[at] === '',
  }));
}

/** Neighbours are often the same. */
function bigints(texts: readonly string[]): readonly bigint[] {
  let last = '0';
  let value = 0n;
  return texts.map((text) => {
    if (text !== last) value = BigInt(text);
    last = text;
    return value;
  });
}

interface Settled {
  readonly seq: bigint;
  readonly updateSeq: bigint;
  readonly isFired: boolean;
}

const settlements: Statement = {
  name: 'read_settlements',
  deadline: 'read',
  text: `
    SELECT ${listOf('seq')} AS seqs, ${listOf('update_seq')} AS updates, ${listOf(`${settledStateOf('s')} = 'fired'`)} AS fired
    FROM settled_callbacks AS s WHERE seq > $1::int8 AND seq <= $2::int8`,
};

async function readSettled(db: Queryable, after: bigint, until: bigint): Promise<readonly Settled[]> {
  const values = [String(after), String(until)];
  const { rows } = await db.query<Readonly<Record<string, string | null>>>(settlements, values);
  const column = (name: string) => rows[0]?.[name]?.split(',') ?? [];
  const [of, fired] = [column('updates'), column('fired')];
  return column('seqs').map((seq, at) => ({
    seq: BigInt(seq),
    updateSeq: BigInt(of[at] ?? 0),
    isFired: fired[at] === 'true',
  }));
}

const retractions: Statement = {
  name: 'read_retractions',
  deadline: 'read',
  text: `
    SELECT ${listOf('seq')} AS seqs, ${listOf('run_id')} AS runs, json_agg(account_id)::text AS ids,
      ${listOf("coalesce(back_seq::text, '')")} AS backs
    FROM (
      SELECT seq, run_id, account_id, back_seq FROM retractions WHERE seq > $1::int8 AND seq <= $2::int8 ORDER BY seq
    ) AS r`,
};

async function readRetracted(
  db: Queryable,
  after: bigint,
  until: bigint,
): Promise<readonly ColumnsRetraction[]> {
  const values = [String(after), String(until)];
  const { rows } = await db.query<Readonly<Record<string, string | null>>>(retractions, values);
  const column = (name: string) => rows[0]?.[name]?.split(',') ?? [];
  const [seqs, runs, backs] = [column('seqs'), column('runs'), column('backs')];
  return textsSchema.parse(JSON.parse(rows[0]?.ids ?? '[]')).map((id, at) => ({
    seq: BigInt(seqs[at] ?? 0),
    id,
    runId: runs[at] ?? '',
    backSeq: backs[at] ? BigInt(backs[at]) : null,
  }));
}
