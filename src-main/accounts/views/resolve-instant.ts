import { IngotError } from '../../../src-shared/errors';
import { NOW_SEQ, parseInstant, type ResolvedInstant } from '../../../src-shared/instant';
import { type ClockRecord, clockAt, wallOf } from '../../../src-shared/run-clock';
import type { RunStretch } from '../../../src-shared/table-filters';
import type { EpochMs } from '../../../src-shared/update';
import type { NeighbourQuery, RangeQuery } from '../../../src-shared/views';
import type { Queryable, Statement } from '../../database/database';
import { epochMsFromText } from '../../database/epoch-ms';
import { epochMsOf } from '../../database/time-sql';
import { type Attempts, attemptsFrom, clockFrom } from '../../storage/run-on-record';

const LOWEST = String(-(2n ** 63n));

/**
 * The number of the last thing that had happened at an instant.
 * @throws IngotError `invalid_input` for a text that is no instant, `not_found` if there is no such run.
 */
export async function resolveInstant(db: Queryable, text: string): Promise<ResolvedInstant> {
  const instant = parseInstant(text);
  if (instant.kind === 'now') return { seq: NOW_SEQ, runId: null, at: null, wallMs: null };
  if (instant.kind === 'wall') return resolveWall(db, instant.wallMs);
  const run = await findRun(db, instant.run);
  if (instant.kind === 'runTime') return describe(run, await seqAt(db, run, instant.at), instant.at);
  const found = await lastUpdate(db, run, 'position', instant.position);
  return describe(run, found?.seq ?? (await seqBefore(db, run)), found ? epochMsFromText(found.at_ms) : 0);
}

const describe = ({ runId, clock }: RunSpan, seq: string, at: number): ResolvedInstant => ({
  seq,
  runId,
  at,
  wallMs: wallOf(clock, at),
});

/** The latest number that any run had reached. A virtual run happened when it was started. */
async function resolveWall(db: Queryable, wallMs: EpochMs): Promise<ResolvedInstant> {
  let latest: ResolvedInstant = { seq: LOWEST, runId: null, at: null, wallMs };
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
    return event === undefined ? null : epochMsFromText(event.at_ms);
  }
  const { rows } = await db.query<{ at_ms: string | null }>(nextEvent, [runId, await seqAt(db, run, at), at]);
  const found = rows[0]?.at_ms ?? null;
  return found === null ? null : epochMsFromText(found);
}
