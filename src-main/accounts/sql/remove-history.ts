import type { Queryable, Statement } from '../../database/database';

/** Limits of one step. */
export interface StepSize {
  /** The most updates that it examines. */
  readonly updates: number;
  /** The most neighbouring versions that it reads for each of them. Where more versions of dead slots lie between, a version may stay. */
  readonly beside: number;
}
const STEP: StepSize = { updates: 64, beside: 16 };

const isLiving = (update: string) => `NOT EXISTS (SELECT FROM dead_slots AS d WHERE d.slot = ${update}.slot)`;

const COLUMNS = 'o.ctid, o.seq, o.run_id, o.account_id, o.due_ms, o.cancels_slot, o.cancels_version';

/**
 * An update goes if a higher version that lives was there by the floor. Each update of the step finds those below it, and a stale one
 * looks for one above it too. A version of a dead slot proves nothing, so what an account fell back to stays. With an update goes the one
 * whose callback it cancelled, however far below: nothing else says that this was cancelled. Rows are removed by their place, so that
 * no plan reads a table.
 */
const removeStep = ({ updates, beside }: StepSize): Statement => ({
  name: 'remove_history',
  deadline: 'write',
  text: `
    WITH RECURSIVE step AS MATERIALIZED (
      SELECT ctid, seq, run_id, at_ms, record_index, position, account_id, slot, version, due_ms, cancels_slot, cancels_version
      FROM account_updates
      WHERE seq > $1::int8 AND seq <= $2::int8 ORDER BY seq LIMIT ${updates}
    ), edge AS MATERIALIZED (
      SELECT CASE WHEN count(*) = ${updates} THEN max(seq) ELSE $2::int8 END AS seq FROM step
    ), found AS MATERIALIZED (
      SELECT ${COLUMNS} FROM step AS s CROSS JOIN LATERAL (
        SELECT * FROM (
          SELECT ${COLUMNS} FROM account_updates AS o
          WHERE o.account_id = s.account_id AND (o.slot, o.version) < (s.slot, s.version)
          ORDER BY o.slot DESC, o.version DESC LIMIT ${beside}
        ) AS o WHERE o.seq <= (SELECT seq FROM edge)
      ) AS o
      WHERE ${isLiving('s')}
      UNION
      SELECT ${COLUMNS} FROM step AS o
      WHERE o.due_ms IS NULL AND EXISTS (
        SELECT FROM (
          SELECT h.seq, h.slot FROM account_updates AS h
          WHERE h.account_id = o.account_id AND (h.slot, h.version) > (o.slot, o.version)
          ORDER BY h.slot, h.version LIMIT ${beside}
        ) AS h WHERE h.seq <= (SELECT seq FROM edge) AND ${isLiving('h')}
      )
    ), whole AS (
      SELECT * FROM found
      UNION
      SELECT ${COLUMNS} FROM whole AS n CROSS JOIN LATERAL (
        SELECT ${COLUMNS} FROM account_updates AS o
        WHERE o.account_id = n.account_id AND o.slot = n.cancels_slot AND o.version = n.cancels_version LIMIT 1
      ) AS o
      WHERE o.seq < n.seq
    ), settled AS MATERIALIZED (
      SELECT o.seq AS update_seq, s.* FROM whole AS o CROSS JOIN LATERAL (
        SELECT s.ctid, s.seq, s.how IN ('due', 'fired by hand') AS fired FROM settled_callbacks AS s
        WHERE s.update_seq = o.seq AND s.account_id = o.account_id LIMIT 1
      ) AS s
    ), sent AS MATERIALIZED (
      SELECT s.update_seq, d.ctid, d.state FROM settled AS s CROSS JOIN targets AS t CROSS JOIN LATERAL (
        SELECT d.ctid, d.state FROM deliveries AS d WHERE d.target_id = t.id AND d.seq = s.seq LIMIT 1
      ) AS d
    ), removed AS MATERIALIZED (
      SELECT o.*, s.ctid AS settled_ctid, s.fired FROM whole AS o LEFT JOIN settled AS s ON s.update_seq = o.seq
      WHERE NOT EXISTS (SELECT FROM sent WHERE sent.update_seq = o.seq AND sent.state <> 'delivered')
        AND (SELECT true FROM accounts AS a WHERE a.id = o.account_id AND a.update_seq = o.seq LIMIT 1) IS NOT TRUE
    ), gone_updates AS (
      DELETE FROM account_updates WHERE ctid = ANY (ARRAY(SELECT ctid FROM removed))
    ), gone_settled AS (
      DELETE FROM settled_callbacks WHERE ctid = ANY (ARRAY(SELECT settled_ctid FROM removed WHERE settled_ctid IS NOT NULL))
    ), gone_deliveries AS (
      DELETE FROM deliveries WHERE ctid = ANY (ARRAY(
        SELECT sent.ctid FROM sent WHERE sent.update_seq IN (SELECT seq FROM removed)))
    ), gone_retractions AS (
      DELETE FROM retractions WHERE ctid = ANY (ARRAY(
        SELECT r.ctid FROM removed AS o CROSS JOIN LATERAL (
          SELECT r.ctid FROM retractions AS r WHERE r.account_id = o.account_id AND r.update_seq = o.seq LIMIT 1) AS r))
    ), counted AS (
      SELECT run_id, count(due_ms) AS indexed, count(*) - count(due_ms) AS stale, count(*) FILTER (WHERE fired) AS fired
      FROM removed GROUP BY run_id
    ), noted AS (
      UPDATE runs AS r SET removed = coalesce(r.removed, '{}') || jsonb_build_object(
        'indexed', coalesce((r.removed ->> 'indexed')::int8, 0) + c.indexed,
        'stale', coalesce((r.removed ->> 'stale')::int8, 0) + c.stale,
        'fired', coalesce((r.removed ->> 'fired')::int8, 0) + c.fired)
      FROM counted AS c WHERE r.id = c.run_id
    ), moved AS (
      UPDATE retention SET floor_seq = edge.seq, floor_run_id = coalesce(last.run_id, floor_run_id),
        floor_at_ms = coalesce(last.at_ms, floor_at_ms), floor_slot = top.slot, floor_version = top.version
      FROM edge LEFT JOIN (SELECT run_id, at_ms FROM step ORDER BY seq DESC LIMIT 1) AS last ON true
      LEFT JOIN (
        SELECT slot, version FROM (
          SELECT slot, version FROM step UNION ALL SELECT floor_slot, floor_version FROM retention WHERE floor_slot IS NOT NULL
        ) AS v ORDER BY slot DESC, version DESC LIMIT 1
      ) AS top ON true
    )
    SELECT (SELECT seq::text FROM edge) AS floor, (SELECT count(*)::int4 FROM removed) AS removed, (
        SELECT json_agg(json_build_array(run_id::text, record::text, position::text))::text
        FROM (SELECT run_id, max(record_index) AS record, max(position) AS position FROM step GROUP BY run_id) AS o
      ) AS reached`,
});

export interface RemovedStep {
  /** The history is whole from here on. */
  readonly floor: bigint;
  /** Updates. */
  readonly removed: number;
  /** How far each run got that has an update in this step. */
  readonly reached: readonly RunReached[];
}

/** The greatest numbers of a run's records, in its source and in order of arrival. */
interface RunReached {
  readonly runId: string;
  readonly record: string;
  readonly position: string;
}

/**
 * Moves the floor up by some hundred updates at most, to `upTo` in the end, and removes what is under it and was not the latest of its
 * account then. In one statement: nothing may be written meanwhile.
 */
export async function removeHistoryStep(
  db: Queryable,
  after: bigint,
  upTo: bigint,
  size = STEP,
): Promise<RemovedStep> {
  const { rows } = await db.query<{ floor: string; removed: number; reached: string | null }>(
    removeStep(size),
    [String(after), String(upTo)],
  );
  const { floor = String(upTo), removed = 0, reached = null } = rows[0] ?? {};
  const runs: readonly (readonly [string, string, string])[] = JSON.parse(reached ?? '[]');
  return {
    floor: BigInt(floor),
    removed,
    reached: runs.map(([runId, record, position]) => ({ runId, record, position })),
  };
}

const MOST_REJECTS = 2_000;

const removeRejects: Statement = {
  name: 'remove_rejects',
  deadline: 'write',
  text: `
    WITH found AS MATERIALIZED (
      SELECT ctid FROM rejects WHERE run_id = $1::int8 AND record_index <= $2::int8 AND position <= $3::int8
      ORDER BY record_index LIMIT ${MOST_REJECTS}
    ), gone AS (
      DELETE FROM rejects WHERE ctid = ANY (ARRAY(SELECT ctid FROM found))
    ), counted AS (
      SELECT count(*) AS rejects FROM found
    ), noted AS (
      UPDATE runs AS r SET removed = coalesce(r.removed, '{}') || jsonb_build_object(
        'rejects', coalesce((r.removed ->> 'rejects')::int8, 0) + c.rejects)
      FROM counted AS c WHERE r.id = $1::int8 AND c.rejects > 0
    )
    SELECT rejects::int4 FROM counted`,
};

/** Rejects of a run up to where it got. False: there may be more. */
export async function removeSomeRejects(
  db: Queryable,
  { runId, record, position }: RunReached,
): Promise<boolean> {
  const { rows } = await db.query<{ rejects: number }>(removeRejects, [runId, record, position]);
  return (rows[0]?.rejects ?? 0) < MOST_REJECTS;
}

const findHolds: Statement = {
  name: 'find_history_holds',
  deadline: 'read',
  text: `
    SELECT t.name, (
        SELECT s.seq::text FROM (
          SELECT seq, run_id, how FROM settled_callbacks WHERE seq > t.cursor_seq ORDER BY seq LIMIT 1000
        ) AS s JOIN runs AS r ON r.id = s.run_id
        WHERE s.how IN ('due', 'fired by hand') AND r.delivers_from < s.seq ORDER BY s.seq LIMIT 1
      ) AS seq
    FROM targets AS t WHERE t.armed OR t.cursor_seq > 0`,
};

/** The first callback that a target has still to be given, and its target. What was the latest before it fired is needed. */
export async function findHold(
  db: Queryable,
): Promise<{ readonly target: string; readonly seq: bigint } | null> {
  const { rows } = await db.query<{ name: string; seq: string | null }>(findHolds);
  let first: { target: string; seq: bigint } | null = null;
  for (const { name: target, seq } of rows) {
    if (seq !== null && (first === null || BigInt(seq) < first.seq)) first = { target, seq: BigInt(seq) };
  }
  return first;
}
