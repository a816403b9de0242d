import {
  type TargetSettings,
  targetSettingsSchema,
  type UnreadableSettings,
} from '../../../src-shared/deliveries';
import type { Queryable, Statement } from '../../database/database';
import { epochMsFromText } from '../../database/epoch-ms';
import { epochMsOf } from '../../database/time-sql';

export interface StoredTarget {
  /** A UUID; also the source of its events. */
  readonly id: string;
  readonly name: string;
  readonly settings: TargetSettings | UnreadableSettings;
  readonly armed: boolean;
  readonly disarmedBecause: string | null;
  readonly cursorSeq: bigint;
  readonly delivered: number;
  readonly lastError: string | null;
}

interface Row {
  readonly id: string;
  readonly name: string;
  readonly settings: string;
  readonly armed: boolean;
  readonly disarmed_because: string | null;
  readonly cursor_seq: string;
  readonly delivered: string;
  readonly last_error: string | null;
}

/** Each fired callback of a page is looked up at each of them. */
export const MOST_TARGETS = 20;

const list: Statement = {
  name: 'list_targets',
  deadline: 'read',
  text: `
    SELECT id::text, name, settings, armed, disarmed_because, cursor_seq, delivered, last_error
    FROM targets ORDER BY name LIMIT ${MOST_TARGETS}`,
};

/** By name. */
export async function listTargets(db: Queryable): Promise<readonly StoredTarget[]> {
  const { rows } = await db.query<Row>(list);
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    settings: settingsFrom(row.settings),
    armed: row.armed,
    disarmedBecause: row.disarmed_because,
    cursorSeq: BigInt(row.cursor_seq),
    delivered: Number(row.delivered),
    lastError: row.last_error,
  }));
}

/** They may be those of another version, which must not keep the database from opening. */
function settingsFrom(text: string): StoredTarget['settings'] {
  const { data, error } = targetSettingsSchema.safeParse(JSON.parse(text));
  if (data) return data;
  const [issue] = error.issues;
  return { kind: 'unreadable', reason: `${issue?.path.join('.') || 'settings'}: ${issue?.message}` };
}

const insert: Statement = {
  name: 'insert_target',
  deadline: 'write',
  text: `
    INSERT INTO targets (id, name, settings, cursor_seq)
    SELECT $1::uuid, $2::text, $3::jsonb, 0 WHERE (SELECT count(*) FROM targets) < ${MOST_TARGETS}
    ON CONFLICT (name) DO NOTHING`,
};

/** False if there is one of this name, or there are too many. */
export async function insertTarget(
  db: Queryable,
  { id, name, settings }: Pick<StoredTarget, 'id' | 'name'> & { readonly settings: TargetSettings },
): Promise<boolean> {
  const { affectedRows } = await db.query(insert, [id, name, JSON.stringify(settings)]);
  return affectedRows === 1;
}

const update: Statement = {
  name: 'update_target',
  deadline: 'write',
  text: 'UPDATE targets SET settings = $2::jsonb WHERE id = $1::uuid',
};

export async function updateTarget(db: Queryable, id: string, settings: TargetSettings): Promise<void> {
  await db.query(update, [id, JSON.stringify(settings)]);
}

const remove: Statement = {
  name: 'delete_target',
  deadline: 'maintenance',
  text: `
    WITH deleted AS (DELETE FROM deliveries WHERE target_id = $1::uuid)
    DELETE FROM targets WHERE id = $1::uuid`,
};

/** With all that is known of its deliveries. */
export async function deleteTarget(db: Queryable, id: string): Promise<void> {
  await db.query(remove, [id]);
}

const arm: Statement = {
  name: 'arm_target',
  deadline: 'maintenance',
  text: `
    WITH given_up AS (
      UPDATE deliveries SET state = 'dead', next_at = NULL, error = 'It waited when its target was disarmed.'
      WHERE target_id = $1::uuid AND state = 'waiting' AND $3::boolean
    )
    UPDATE targets
    SET armed = true, disarmed_because = NULL, last_error = NULL, armed_in = $2::text,
      cursor_seq = CASE WHEN $3::boolean THEN $4::int8 ELSE cursor_seq END
    WHERE id = $1::uuid`,
};

/**
 * @param place the database, as `findPlace` names it.
 * @param afterSeq only callbacks that settle later are delivered; null: what settled since it was disarmed is delivered too.
 */
export async function armTarget(
  db: Queryable,
  id: string,
  place: string,
  afterSeq: bigint | null,
): Promise<void> {
  await db.query(arm, [id, place, afterSeq !== null, String(afterSeq ?? 0)]);
}

const disarm: Statement = {
  name: 'disarm_target',
  deadline: 'write',
  text: 'UPDATE targets SET armed = false, disarmed_because = $2::text WHERE id = $1::uuid',
};

/** @param because a sentence; null: a person wants it so. */
export async function disarmTarget(db: Queryable, id: string, because: string | null): Promise<void> {
  await db.query(disarm, [id, because]);
}

const disarmCopied: Statement = {
  name: 'disarm_targets_elsewhere',
  deadline: 'write',
  text: `
    UPDATE targets SET armed = false, disarmed_because = $2::text
    WHERE armed AND armed_in IS DISTINCT FROM $1::text RETURNING name`,
};

/** Disarms those that were armed in another database than `place`; returns their names. */
export async function disarmElsewhere(
  db: Queryable,
  place: string,
  because: string,
): Promise<readonly string[]> {
  const { rows } = await db.query<{ name: string }>(disarmCopied, [place, because]);
  return rows.map(({ name }) => name);
}

const setDelivers: Statement = {
  name: 'set_run_delivers',
  deadline: 'write',
  text: 'UPDATE runs SET delivers_from = $2::int8 WHERE id = $1::int8',
};

/** @param afterSeq callbacks of the run that settle later are delivered; null: none is. False if there is no such run. */
export async function setRunDelivers(
  db: Queryable,
  runId: string,
  afterSeq: bigint | null,
): Promise<boolean> {
  const { affectedRows } = await db.query(setDelivers, [runId, afterSeq === null ? null : String(afterSeq)]);
  return affectedRows === 1;
}

const figures: Statement = {
  name: 'count_deliveries',
  deadline: 'read',
  text: `
    SELECT t.id::text,
      (SELECT count(*)::int4 FROM deliveries AS d WHERE d.target_id = t.id AND d.state = 'waiting') AS waiting,
      (SELECT count(*)::int4 FROM deliveries AS d WHERE d.target_id = t.id AND d.state = 'dead') AS dead,
      (SELECT ${epochMsOf('min(d.first_at)')} FROM deliveries AS d WHERE d.target_id = t.id AND d.state = 'waiting') AS oldest_ms
    FROM targets AS t`,
};

export interface DeliveryFigures {
  readonly waiting: number;
  readonly dead: number;
  readonly oldestWaitingMs: number | null;
}

/** By the target's id. */
export async function countDeliveries(db: Queryable): Promise<ReadonlyMap<string, DeliveryFigures>> {
  const { rows } = await db.query<{ id: string; waiting: number; dead: number; oldest_ms: string | null }>(
    figures,
  );
  return new Map(
    rows.map(({ id, waiting, dead, oldest_ms: oldest }) => [
      id,
      { waiting, dead, oldestWaitingMs: oldest === null ? null : epochMsFromText(oldest) },
    ]),
  );
}
