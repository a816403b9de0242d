import type { ChainCut } from '../../../src-shared/chain-place';
import { IngotError } from '../../../src-shared/errors';
import {
  formatAsOf,
  type Instant,
  NOW_SEQ,
  parseInstant,
  type ResolvedInstant,
} from '../../../src-shared/instant';
import { type ClockRecord, clockAt, wallOf } from '../../../src-shared/run-clock';
import type { RunStretch } from '../../../src-shared/table-filters';
import { type EpochMs, type U64Text, UPDATE_LIMITS } from '../../../src-shared/update';
import type { NeighbourQuery, RangeQuery } from '../../../src-shared/views';
import type { Queryable, Statement } from '../../database/database';
import { epochMsFromText } from '../../database/epoch-ms';
import { epochMsOf } from '../../database/time-sql';
import { readRetention } from '../../storage/retention';
import { type Attempts, attemptsFrom, clockFrom } from '../../storage/run-on-record';

const LOWEST = String(-(2n ** 63n));

/** In the order in which things were stored. */
type Known = Omit<ResolvedInstant, 'asOf' | 'cut'>;

/** What `now` and `last` stand for in one answer, however many instants it asks for and whatever comes meanwhile. */
export interface Present {
  readonly db: Queryable;
  /** The number of the last thing that has happened. */
  known(): Promise<Known>;
  run(name: string): Promise<RunSpan>;
}

export function createPresent(db: Queryable, nowMs: EpochMs): Present {
  let last: Promise<Known> | undefined;
  const runs = new Map<string, Promise<RunSpan>>();
  return {
    db,
    known() {
      last ??= lastKnown(db, nowMs);
      return last;
    },
    run(name) {
      const found = runs.get(name) ?? findRun(db, name);
      runs.set(name, found);
      return found;
    },
  };
}

/**
 * The number of the last thing that had happened at an instant, and its place on the chain if it names one.
 * @throws IngotError `invalid_input` for a text that is no instant, or for a place on the chain where nothing has one; `not_found` if
 * there is no such run or transaction.
 */
export async function resolveInstant(present: Present, text: string): Promise<ResolvedInstant> {
  const instant = parseInstant(text);
  const known = await resolveKnown(present, instant.kind === 'chain' ? instant.known : instant);
  if (instant.kind !== 'chain') return { ...known, asOf: known.seq, cut: null };
  const cut = await findCut(present.db, instant.place, known.seq);
  return { ...known, asOf: formatAsOf(known.seq, cut), cut };
}

const findLast: Statement = {
  name: 'find_last_number',
  deadline: 'read',
  text: `
    SELECT greatest(
      (SELECT seq FROM account_updates ORDER BY seq DESC LIMIT 1),
      (SELECT seq FROM settled_callbacks ORDER BY seq DESC LIMIT 1),
      (SELECT seq FROM retractions ORDER BY seq DESC LIMIT 1),
      (SELECT seq FROM dead_slots ORDER BY seq DESC LIMIT 1)) AS seq`,
};

async function lastKnown(db: Queryable, nowMs: EpochMs): Promise<Known> {
  const { rows } = await db.query<{ seq: string | null }>(findLast);
  return { seq: rows[0]?.seq ?? LOWEST, runId: null, at: null, wallMs: nowMs };
}

type ChainPlace = Extract<Instant, { kind: 'chain' }>['place'];

async function findCut(db: Queryable, place: ChainPlace, seq: string): Promise<ChainCut> {
  if ('slot' in place) {
    if (await hasSlots(db)) return { slot: place.slot, writeVersion: null, transaction: null };
    throw new IngotError('invalid_input', 'Nothing here has a slot, so there is no state as of one.', {
      hint: 'Its sources have no slots. Name an instant: RUN:N, RUN@12.5s or a date and time.',
    });
  }
  const [side, signature] =
    'after' in place ? (['after', place.after] as const) : (['before', place.before] as const);
  return cutBeside(await findWritten(db, side, signature, seq), side, signature);
}

/** Slots of the latest states are sorted; slot 0 stands for none. */
const findSlot: Statement = {
  name: 'find_any_slot',
  deadline: 'read',
  text: `SELECT EXISTS (SELECT FROM accounts WHERE (slot, version) > (0, ${UPDATE_LIMITS.maxU64}))
    OR EXISTS (SELECT FROM dead_slots) AS found`,
};

async function hasSlots(db: Queryable): Promise<boolean> {
  const { rows } = await db.query<{ found: boolean }>(findSlot);
  return rows[0]?.found === true;
}

interface Written {
  readonly slot: U64Text;
  readonly version: U64Text;
  /** Its source has write versions. */
  readonly is_exact: boolean;
  /** Stored by then, in a living slot. */
  readonly counts: boolean;
}

/** A transaction writes to far fewer accounts. */
const MOST_WRITTEN = 2_000;
/** Of the updates that a transaction wrote, the highest or the lowest that counts, along an index of their signatures. */
const findWrittenBy = (name: string, direction: 'ASC' | 'DESC'): Statement => ({
  name,
  deadline: 'read',
  text: `
    SELECT u.slot::text, u.version::text, u.data -> 'writeVersion' IS DISTINCT FROM 'null'::jsonb AS is_exact, c.counts
    FROM (
      SELECT seq, slot, version, data FROM account_updates
      WHERE left(data ->> 'signature', 88) = $1::text AND data ->> 'signature' IS NOT NULL
      ORDER BY slot ${direction}, version ${direction} LIMIT ${MOST_WRITTEN}
    ) AS u
    CROSS JOIN LATERAL (
      SELECT u.seq <= $2::int8
        AND NOT EXISTS (SELECT FROM dead_slots AS d WHERE d.slot = u.slot AND d.seq <= $2::int8) AS counts
    ) AS c
    ORDER BY c.counts DESC, u.slot ${direction}, u.version ${direction} LIMIT 1`,
});
const FIND_WRITTEN = {
  after: findWrittenBy('find_last_written', 'DESC'),
  before: findWrittenBy('find_first_written', 'ASC'),
} as const;

async function findWritten(
  db: Queryable,
  side: 'after' | 'before',
  signature: string,
  seq: string,
): Promise<Written> {
  const { rows } = await db.query<Written>(FIND_WRITTEN[side], [signature, seq]);
  const [found] = rows;
  if (found?.counts) return found;
  throw found
    ? new IngotError('not_found', `Transaction ${signature} was not known then, or its slot was dead.`)
    : new IngotError('not_found', `No update here was written by transaction ${signature}.`, {
        hint: 'Only sources that name the transaction of an update, such as Geyser plugins, are searched.',
      });
}

/**
 * Write versions of a validator are in one order over all accounts, so one of them tells what came before it. Where the source has none,
 * only whole slots are told apart.
 */
function cutBeside(
  { slot, version, is_exact: isExact }: Written,
  side: 'after' | 'before',
  signature: string,
): ChainCut {
  if (slot === '0' && !isExact) {
    throw new IngotError(
      'invalid_input',
      `The source of transaction ${signature} has neither slots nor write versions.`,
    );
  }
  const transaction = { side, signature, isExact };
  if (side === 'after') return { slot, writeVersion: isExact ? version : null, transaction };
  if (isExact && version !== '0') return { slot, writeVersion: String(BigInt(version) - 1n), transaction };
  if (slot !== '0') return { slot: String(BigInt(slot) - 1n), writeVersion: null, transaction };
  throw new IngotError('not_found', `Nothing here comes before transaction ${signature}.`);
}

/** Never beyond what has happened: the end of a run that is under way is where it has got to. */
async function resolveKnown(present: Present, instant: Exclude<Instant, { kind: 'chain' }>): Promise<Known> {
  const last = await present.known();
  if (instant.kind === 'now') return last;
  const known = await findKnown(present, instant);
  return BigInt(known.seq) > BigInt(last.seq) ? { ...known, seq: last.seq } : known;
}

async function findKnown(
  { db, run: runOf }: Present,
  instant: Exclude<Instant, { kind: 'chain' | 'now' }>,
): Promise<Known> {
  if (instant.kind === 'wall') return resolveWall(db, instant.wallMs);
  const run = await runOf(instant.run);
  if (instant.kind === 'runTime') return describe(run, await seqAt(db, run, instant.at), instant.at);
  const found = await lastUpdate(db, run, 'position', instant.position);
  return describe(run, found?.seq ?? (await seqBefore(db, run)), found ? epochMsFromText(found.at_ms) : 0);
}

const describe = ({ runId, clock }: RunSpan, seq: string, at: number): Known => ({
  seq,
  runId,
  at,
  wallMs: wallOf(clock, at),
});

/** The latest number that any run had reached. A virtual run happened when it was started. */
async function resolveWall(db: Queryable, wallMs: EpochMs): Promise<Known> {
  let latest: Known = { seq: LOWEST, runId: null, at: null, wallMs };
  const { rows } = await db.query<RunRow>(listRuns, [wallMs, MOST_RUNS]);
  for (const run of rows.map(toSpan)) {
    const at = shownAt(run.clock, wallMs);
    if (at === null) continue;
    const seq = await seqAt(db, run, at);
    if (BigInt(seq) > BigInt(latest.seq)) latest = { seq, runId: run.runId, at, wallMs };
  }
  return latest;
}

/** What a clock showed; null: it had not started. */
function shownAt(clock: ClockRecord, wallMs: EpochMs): number | null {
  if (clock.kind === 'virtual') return clock.atMs;
  const segments = clock.segments.filter((segment) => segment.wallMs <= wallMs);
  return segments.length === 0 ? null : clockAt({ kind: 'real', segments }, wallMs);
}

interface RunSpan {
  readonly runId: string;
  readonly clock: ClockRecord;
  readonly attempts: Attempts;
}

interface RunRow {
  readonly id: string;
  readonly clock: string;
  readonly attempts: string;
}

const SELECT = 'SELECT id, clock, attempts FROM runs';
const findOne: Statement = {
  name: 'find_run_span',
  deadline: 'read',
  text: `${SELECT} WHERE $1::int8 IS NULL OR id = $1::int8 ORDER BY id DESC LIMIT 1`,
};
/** Callbacks of runs further back are not looked for. */
const MOST_RUNS = 64;
const listRuns: Statement = {
  name: 'list_run_spans',
  deadline: 'read',
  text: `${SELECT} WHERE ${epochMsOf('started_at')} <= $1::int8 ORDER BY id DESC LIMIT $2::int4`,
};

const listEarlier: Statement = {
  name: 'list_run_spans_by_then',
  deadline: 'read',
  text: `${SELECT}
    WHERE ${epochMsOf('started_at')} <= $1::int8 AND (clock ->> 'kind' = 'real' OR ${epochMsOf('ended_at')} <= $1::int8)
    ORDER BY id DESC LIMIT $2::int4`,
};

/**
 * The number of the last update that was stored by `wallMs`; null if there is none. A virtual run counts once it has ended: it may go
 * on, and its clock does not tell when. A callback does not count: a person may fire it while its clock stands still.
 */
export async function lastUpdateBy(db: Queryable, wallMs: EpochMs): Promise<bigint | null> {
  let latest: bigint | null = null;
  const { rows } = await db.query<RunRow>(listEarlier, [wallMs, MOST_RUNS]);
  for (const run of rows.map(toSpan)) {
    const at = shownAt(run.clock, wallMs);
    const found = at === null ? undefined : await lastUpdate(db, run, 'at_ms', at);
    if (found && (latest === null || BigInt(found.seq) > latest)) latest = BigInt(found.seq);
  }
  return latest;
}

const toSpan = ({ id, clock, attempts }: RunRow): RunSpan => ({
  runId: id,
  clock: clockFrom(clock),
  attempts: attemptsFrom(attempts),
});

/** Undefined if there is none. */
async function lookForRun(db: Queryable, run: string): Promise<RunSpan | undefined> {
  const { rows } = await db.query<RunRow>(findOne, [run === 'last' ? null : run]);
  return rows.map(toSpan)[0];
}

async function findRun(db: Queryable, run: string): Promise<RunSpan> {
  const found = await lookForRun(db, run);
  if (found) return found;
  throw new IngotError('not_found', run === 'last' ? 'There is no run yet.' : `There is no run ${run}.`);
}

const findNextRun: Statement = {
  name: 'find_next_run_span',
  deadline: 'read',
  text: `SELECT min((attempts -> 0 ->> 0)::int8) AS seq FROM runs WHERE id >= $1::int8`,
};

/** Before the first number of the run; one that has stored nothing has none, so before those of the next. */
async function seqBefore(db: Queryable, { runId }: RunSpan): Promise<string> {
  const { rows } = await db.query<{ seq: string | null }>(findNextRun, [runId]);
  const seq = rows[0]?.seq ?? null;
  return seq === null ? NOW_SEQ : String(BigInt(seq) - 1n);
}

interface Found {
  readonly seq: string;
  readonly at_ms: string;
}

/**
 * By halves, along the index of numbers: within an attempt, positions and times grow with the numbers. Each step reads one row of
 * the run.
 */
const halve = (
  name: string,
  relation: 'account_updates' | 'settled_callbacks' | 'retractions',
  key: string,
): Statement => ({
  name,
  deadline: 'read',
  text: `
    WITH RECURSIVE search (low, high, seq, at_ms) AS (
      SELECT greatest($2::int8, (SELECT seq FROM ${relation} WHERE seq >= $2::int8 ORDER BY seq LIMIT 1)),
        least($3::int8, (SELECT seq FROM ${relation} WHERE seq <= $3::int8 ORDER BY seq DESC LIMIT 1)), NULL::int8, NULL::int8
      UNION ALL
      SELECT CASE WHEN probe.fits THEN probe.seq + 1 ELSE s.low END, CASE WHEN probe.fits THEN s.high ELSE s.middle - 1 END,
        CASE WHEN probe.fits THEN probe.seq ELSE s.seq END, CASE WHEN probe.fits THEN probe.at_ms ELSE s.at_ms END
      FROM (SELECT *, low + (high - low) / 2 AS middle FROM search WHERE low <= high) AS s
      LEFT JOIN LATERAL (
        SELECT u.seq, u.at_ms, u.${key} <= $4::int8 AS fits FROM ${relation} AS u
        WHERE u.seq >= s.middle AND u.seq <= s.high AND u.run_id = $1::int8
        ORDER BY u.seq LIMIT 1
      ) AS probe ON true
    )
    SELECT seq, at_ms FROM search WHERE seq IS NOT NULL ORDER BY seq DESC LIMIT 1`,
});
const SEARCHES = {
  position: halve('find_update_by_position', 'account_updates', 'position'),
  at_ms: halve('find_update_by_time', 'account_updates', 'at_ms'),
  settled: halve('find_settled_by_time', 'settled_callbacks', 'at_ms'),
  retracted: halve('find_retraction_by_time', 'retractions', 'at_ms'),
} as const;

/** The run's last update whose position or time is at most `most`. */
async function lastUpdate(
  db: Queryable,
  { runId, attempts }: RunSpan,
  by: 'position' | 'at_ms',
  most: string | number,
): Promise<Found | undefined> {
  for (const [from, to] of attempts.toReversed()) {
    const { rows } = await db.query<Found>(SEARCHES[by], [runId, from, to, most]);
    if (rows[0]) return rows[0];
  }
  return undefined;
}

/** The run's updates in a stretch of its clock are those of its updates whose numbers are above `after` and at most `upTo`. */
export async function spanOf(
  db: Queryable,
  { runId, fromMs, toMs }: RunStretch,
): Promise<{ readonly after: string; readonly upTo: string }> {
  const run = await lookForRun(db, runId);
  const last = async (at: number) => (run && (await lastUpdate(db, run, 'at_ms', at)))?.seq ?? LOWEST;
  return { after: fromMs === 0 ? LOWEST : await last(fromMs - 1), upTo: await last(toMs) };
}

const nextOfRun: Statement = {
  name: 'find_next_update',
  deadline: 'read',
  text: `
    SELECT seq FROM account_updates
    WHERE seq > $2::int8 AND seq >= $3::int8 AND seq <= $4::int8 AND run_id = $1::int8 ORDER BY seq LIMIT 1`,
};

/** The number of the run's last event by a time of its clock. */
async function seqAt(db: Queryable, run: RunSpan, at: number): Promise<string> {
  return (await lastEvent(db, run, at))?.seq ?? seqBefore(db, run);
}

/** The run's last update by a time of its clock, or what settled or was retracted after that and by then. */
async function lastEvent(db: Queryable, run: RunSpan, at: number): Promise<Found | undefined> {
  // The greatest time that can be written stands for the end: a delay of 2^53-1 fires after it.
  const most = at >= Number.MAX_SAFE_INTEGER ? NOW_SEQ : at;
  const before = await lastUpdate(db, run, 'at_ms', most);
  if (before === undefined) return undefined;
  let next: string | undefined;
  for (const [from, to] of run.attempts) {
    next ??= (await db.query<{ seq: string }>(nextOfRun, [run.runId, before.seq, from, to])).rows[0]?.seq;
  }
  const until = next === undefined ? NOW_SEQ : String(BigInt(next) - 1n);
  let last = before;
  for (const search of [SEARCHES.settled, SEARCHES.retracted]) {
    const { rows } = await db.query<Found>(search, [run.runId, String(BigInt(last.seq) + 1n), until, most]);
    last = rows[0] ?? last;
  }
  return last;
}

/** Of what happened in a part of a run's time: the number before the first, and the last. Other runs may have some in between. */
export async function numbersBetween(
  db: Queryable,
  { runId, from, to }: RangeQuery,
): Promise<readonly [after: string, until: string]> {
  const run = await findRun(db, runId);
  return [await seqAt(db, run, from - 1), await seqAt(db, run, to - 1)];
}

/** How many rows after an instant are searched for the next event of the run: other runs may have gone on in between. */
const NEIGHBOUR_ROWS = 1_000;
const nextEvent: Statement = {
  name: 'find_next_event',
  deadline: 'read',
  text: `
    SELECT min(at_ms) AS at_ms FROM (
      (SELECT run_id, at_ms FROM account_updates WHERE seq > $2::int8 ORDER BY seq LIMIT ${NEIGHBOUR_ROWS})
      UNION ALL
      (SELECT run_id, at_ms FROM settled_callbacks WHERE seq > $2::int8 ORDER BY seq LIMIT ${NEIGHBOUR_ROWS})
    ) AS e WHERE run_id = $1::int8 AND at_ms > $3::int8`,
};

/** When the nearest event of a run happened that is not at `at` itself; null if there is none. */
export async function findNeighbour(
  db: Queryable,
  { runId, at, direction }: NeighbourQuery,
): Promise<number | null> {
  const run = await findRun(db, runId);
  if (direction === 'previous') {
    const event = at === 0 ? undefined : await lastEvent(db, run, at - 1);
    const { floor } = await readRetention(db);
    const isThere = event !== undefined && (floor === null || BigInt(event.seq) >= BigInt(floor.seq));
    return isThere ? epochMsFromText(event.at_ms) : null;
  }
  const { rows } = await db.query<{ at_ms: string | null }>(nextEvent, [runId, await seqAt(db, run, at), at]);
  const found = rows[0]?.at_ms ?? null;
  return found === null ? null : epochMsFromText(found);
}
