import pg from 'pg';
import { IngotError } from '../../src-shared/errors';
import type { Queryable, Statement } from './database';
import { describeHolder, held, holderHere, holderSchema, type LockHolder, type LockOptions } from './lock';

/**
 * One process's exclusive right to a database on a server.
 *
 * A dedicated connection has an advisory lock while it lives. That is not enough: the server can end the connection without the
 * process noticing, and another process takes over. So a new holder raises the epoch in `ingot.holder`, and each writing
 * transaction checks the epoch first (`fence`). Until it ends, it shares a second lock, which a new holder needs exclusively to
 * raise the epoch: so no transaction that was checked before the takeover commits after it.
 */
export interface ServerHold {
  /**
   * Records the holder, if there is a table for it, and ends the remaining sessions of the previous one. The fence is active from
   * then on.
   */
  claim(): Promise<void>;
  /** SQL for the start of each writing transaction: fails with `TAKEN_OVER` once another process holds the database. */
  fence(): string | null;
  release(): Promise<void>;
}

export interface HoldOptions extends LockOptions {
  /** Called once the connection with the lock has ended, unless it was released. */
  readonly onEnd: () => void;
}

/** Arbitrary numbers. Advisory locks are per database, and each database has one schema "ingot". */
const HOLD_LOCK = 4972070216n;
const FENCE_LOCK = 4972070217n;

/** Our own SQLSTATE. */
export const TAKEN_OVER = 'IG001';

/** The server notices a killed process at once and a cut cable after half a minute, and then frees the lock. */
const KEEP_LOCK = `
  SET idle_session_timeout = 0; SET statement_timeout = 0;
  SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 4;`;

/** Waits for the lock up to a second: the server takes a moment to notice that a process was killed. */
const LOCK_TIMEOUT = '55P03';

/** A connection that was cut silently does not answer. */
const UNLOCK_WITHIN_MS = 5_000;

const HOLDER = `json_build_object('program', program, 'pid', pid, 'host', host,
  'since', to_char(since AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))::text`;

const HINT = 'Close that program first, or choose another database with --database.';

const who = (key: bigint) => `
  SELECT pid FROM pg_locks
  WHERE locktype = 'advisory' AND granted AND objsubid = 1
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND classid = ${key >> 32n} AND objid = ${key & 0xffffffffn}`;

const findHolderNow: Statement = {
  name: 'find_holder',
  deadline: 'read',
  text: `SELECT ${HOLDER} AS holder FROM ingot.holder WHERE backend_pid IN (${who(HOLD_LOCK)})`,
};

/** The holder of a database with an up-to-date schema; null if there is none. */
export async function readHolder(db: Queryable): Promise<LockHolder | null> {
  const { rows } = await db.query<{ holder: string }>(findHolderNow);
  return parseHolder(rows[0]?.holder ?? '');
}

/**
 * Takes the database for this process, on a connection that nothing else uses.
 *
 * @throws IngotError `database_unusable` with the holder; the driver's error if the connection breaks.
 */
export async function holdServer(
  client: pg.Client,
  location: string,
  options: HoldOptions,
): Promise<ServerHold> {
  let epoch: string | null = null;
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query(`${KEEP_LOCK}
      SET lock_timeout = '1s'; SELECT pg_advisory_lock(${HOLD_LOCK}); SET lock_timeout = '30s'`);
  } catch (error) {
    const isHeld = error instanceof pg.DatabaseError && error.code === LOCK_TIMEOUT;
    const holder = isHeld ? await findHolder(client) : null;
    await client.end();
    throw isHeld ? held(`The database ${location}`, HINT, holder) : error;
  }
  let isReleased = false;
  client.on('end', () => {
    if (!isReleased) options.onEnd();
  });

  return {
    async claim() {
      const { program, pid, host, since } = holderHere(options);
      if (!(await hasTable(client))) return;
      await client.query('BEGIN');
      await client.query(
        `SELECT pg_terminate_backend(pid) FROM (${who(FENCE_LOCK)}) AS left_over JOIN pg_stat_activity USING (pid)
        WHERE usename = current_user`,
      );
      await client.query(`SELECT pg_advisory_xact_lock(${FENCE_LOCK})`);
      const { rows } = await client.query<{ epoch: string }>(
        `INSERT INTO ingot.holder AS before (epoch, program, pid, host, since, backend_pid)
        VALUES (1, $1::text, $2::int4, $3::text, $4::timestamptz, pg_backend_pid())
        ON CONFLICT (is_only) DO UPDATE SET epoch = before.epoch + 1, program = excluded.program, pid = excluded.pid,
          host = excluded.host, since = excluded.since, backend_pid = excluded.backend_pid
        RETURNING epoch::text`,
        [program, pid, host, since],
      );
      await client.query('COMMIT');
      epoch = rows[0]?.epoch ?? null;
    },
    fence: () =>
      epoch &&
      `DO $$ BEGIN
        PERFORM pg_advisory_xact_lock_shared(${FENCE_LOCK});
        IF (SELECT epoch FROM ingot.holder) IS DISTINCT FROM ${epoch} THEN
          RAISE EXCEPTION USING ERRCODE = '${TAKEN_OVER}', MESSAGE = coalesce((SELECT ${HOLDER} FROM ingot.holder), '');
        END IF;
      END $$`,
    async release() {
      isReleased = true;
      // The end of the connection frees it too, but a moment later.
      const text = `SELECT pg_advisory_unlock(${HOLD_LOCK})`;
      await client.query({ text, query_timeout: UNLOCK_WITHIN_MS } as pg.QueryConfig).catch(() => {});
      await client.end();
    },
  };
}

/** The error for a process that lost its database to another; `message` is the fence's error. */
export function takenOver(location: string, message: string): IngotError {
  const holder = parseHolder(message);
  const who = holder ? `: ${describeHolder(holder)}` : '';
  return new IngotError(
    'database_unavailable',
    `Another Ingot has taken over the database ${location}${who}. Nothing more was written from here.`,
    { hint: HINT, trouble: 'held', ...(holder && { pid: holder.pid }) },
  );
}

/** Null if the holder has not written its name yet: the table then still names the previous one. */
async function findHolder(client: pg.Client): Promise<LockHolder | null> {
  try {
    if (!(await hasTable(client))) return null;
    const { rows } = await client.query<{ holder: string }>(findHolderNow.text);
    return parseHolder(rows[0]?.holder ?? '');
  } catch {
    return null;
  }
}

async function hasTable(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>(
    `SELECT to_regclass('ingot.holder') IS NOT NULL AS found`,
  );
  return rows[0]?.found === true;
}

function parseHolder(json: string): LockHolder | null {
  try {
    return holderSchema.parse(JSON.parse(json));
  } catch {
    return null;
  }
}
